"""What caches and impatient clients need of pages: HEAD, ETag, freshness, compression."""

from __future__ import annotations

import re
from itertools import combinations, pairwise
from typing import TYPE_CHECKING

from conformance.checks.http.cache_control import max_ages
from conformance.checks.http.page_readings import accept_of, readings
from conformance.kit import expect, strategies
from conformance.kit.check import check
from conformance.pages import TEXT_HTML
from conformance.verdicts import Deviation, NotApplicable

if TYPE_CHECKING:
    from conformance.checks.http.page_changes import Change
    from conformance.checks.http.samples import Sample
    from conformance.kit.fixtures import Examples, Index
    from conformance.kit.http import Answer

HOUR = 60 * 60
SERIAL = "X-PyPI-Last-Serial"
ORIGIN = "Access-Control-Allow-Origin"
SAME_IN_304 = ("ETag", "Vary", "Cache-Control")


@check("http.head")
def test_head(index: Index, sample: Sample, head_of_file: Answer) -> None:
    pairs = [(sample.answer, head_of_file)]
    for reading in readings(index):
        got = reading.answer
        head = index.registry.request("HEAD", got.url, headers={"Accept": accept_of(got)})
        pairs.append((got, head))
    wrong = [difference for got, head in pairs for difference in _differences(got, head)]
    expect.nothing(of=wrong, is_="different for HEAD", where=head_of_file)


def _differences(got: Answer, head: Answer) -> list[str]:
    """Return what HEAD says that GET does not. Source: RFC 9110, section 9.3.2."""
    if head.status != got.status:
        return [f"status {head.status} of {head}"]
    return [
        f"{name} of {head}: {head.headers[name]}, with GET {got.headers[name]}"
        for name in ("Content-Type", "Content-Length", "ETag")
        if name in got.headers and name in head.headers and got.headers[name] != head.headers[name]
    ]


@check("http.pages.etag")
def test_etag(index: Index) -> None:
    without = [str(reading) for reading in readings(index) if "ETag" not in reading.answer.headers]
    expect.nothing(of=without, is_="without an ETag", where=index.registry.project_url(index.project))


@check("http.pages.304")
def test_304(index: Index, examples: Examples) -> None:
    tagged = [reading.answer for reading in readings(index) if "ETag" in reading.answer.headers]
    if not tagged:
        raise NotApplicable("pages come without an ETag")
    page = tagged[0]

    def asked(example: tuple[str, bool]) -> None:
        header, is_current = example
        answer = index.registry.request(
            "GET", page.url, headers={"Accept": accept_of(page), "If-None-Match": header}
        )
        expect.status(answer, 304 if is_current else 200)
        if is_current:
            told = {name: answer.headers.get(name) for name in SAME_IN_304 if name in page.headers}
            expect.equal(told, {name: page.headers[name] for name in told}, of="304 with", where=answer)
            expect.equal(answer.content, b"", of="304 with the body", where=answer)

    examples.each(strategies.entity_tag_lists(page.headers["ETag"]), asked)


@check("http.pages.etag-changes")
def test_etag_changes(change: Change, marked_pages: list[Answer]) -> None:
    last = [*change.after.values()][-1]
    pairs = [*change.pairs(), *pairwise([last, *marked_pages])]
    stale = [
        f"{after}: {after.headers['ETag']}"
        for before, after in pairs
        if before.content != after.content
        and "ETag" in after.headers
        and after.headers["ETag"] == before.headers.get("ETag")
    ]
    expect.nothing(of=stale, is_="changed under its old ETag", where=last.url)


@check("http.pages.etag-per-type")
def test_etag_per_type(index: Index, unpacked_page: Answer) -> None:
    pages = [*(reading.answer for reading in readings(index)), unpacked_page]
    strong = [page for page in pages if page.headers.get("ETag", "W/").startswith('"')]
    shared = [
        f"{one.headers['ETag']} for {_representation(one)} and {_representation(other)}"
        for one, other in combinations(strong, 2)
        if one.headers["ETag"] == other.headers["ETag"] and _representation(one) != _representation(other)
    ]
    expect.nothing(of=shared, is_="a strong ETag of several representations", where=unpacked_page.url)


def _representation(page: Answer) -> tuple[str, str]:
    return page.content_type, page.headers.get("Content-Encoding", "identity")


@check("http.pages.last-modified")
def test_last_modified(index: Index, change_if_any: Change | None) -> None:
    dated = [reading.answer for reading in readings(index) if "Last-Modified" in reading.answer.headers]
    if not dated:
        raise NotApplicable("pages come without Last-Modified")
    expect.status(index.registry.request("GET", dated[0].url, headers=_since(dated[0])), 304)
    for before, after in change_if_any.pairs() if change_if_any else ():
        if "ETag" in before.headers:
            headers = {**_since(after), "If-None-Match": before.headers["ETag"]}
            expect.status(index.registry.request("GET", after.url, headers=headers), 200)


def _since(page: Answer) -> dict[str, str]:
    return {"Accept": accept_of(page), "If-Modified-Since": page.headers.get("Last-Modified", "")}


@check("http.pages.cache-control")
def test_cache_control(index: Index, change_if_any: Change | None) -> None:
    wrong = []
    for reading in readings(index):
        stated = reading.answer.headers.get("Cache-Control", "")
        if not stated or max(max_ages(stated), default=0) > HOUR:
            wrong.append(f"{reading}: {stated or 'no Cache-Control'}")
    expect.nothing(
        of=wrong, is_="fresh for more than an hour, or for as long as a cache likes", where=index.project
    )
    old = change_if_any.outdated() if change_if_any else ()
    expect.nothing(of=old, is_="an old page in spite of max-age=0", where="the page after an upload")


@check("http.pages.gzip")
def test_gzip(index: Index, unpacked_page: Answer) -> None:
    packed = index.html().answer
    expect.equal(
        packed.text,
        unpacked_page.text,
        of="what is compressed is the page without compression,",
        where=packed,
    )
    for page in (packed, unpacked_page):
        vary = re.split(r"[,\s]+", page.headers.get("Vary", "").lower())
        if "accept-encoding" not in vary and "*" not in vary:
            raise Deviation(
                expected="Vary with Accept-Encoding",
                found=page.headers.get("Vary", "no Vary"),
                where=f"{page}, Content-Encoding {page.headers.get('Content-Encoding', 'none')}",
            )


@check("http.pages.identity-q0")
def test_identity_q0(index: Index) -> None:
    url = index.registry.project_url(index.project)
    answers = [
        index.registry.request("GET", url, headers={"Accept": TEXT_HTML, "Accept-Encoding": codings})
        for codings in ("identity;q=0, *;q=0", "sdch, x-coding-of-tomorrow")
    ]
    expect.nothing(
        of=[str(answer) for answer in answers if answer.is_server_error], is_="an error", where=url
    )


@check("http.serial-header")
def test_serial_header(index: Index, change_if_any: Change | None) -> None:
    pages = [reading.answer for reading in readings(index)]
    serials = {page.headers.get(SERIAL, "none") for page in pages}
    if serials == {"none"}:
        raise NotApplicable(f"pages come without {SERIAL}")
    if index.offer.has("json"):
        serials.add(str(index.json().document.meta.get("_last-serial")))
    where = index.registry.project_url(index.project)
    expect.nothing(of=[each for each in serials if not each.isdecimal()], is_="no serial", where=where)
    expect.equal(len(serials), 1, of=f"the number of different serials in {sorted(serials)} is", where=where)
    stuck = [
        f"{before.headers.get(SERIAL)}, and {after.headers.get(SERIAL)} after an upload"
        for before, after in (change_if_any.pairs() if change_if_any else ())
        if not int(after.headers.get(SERIAL, 0)) > int(before.headers.get(SERIAL, 0))
    ]
    expect.nothing(of=stuck, is_="a serial that does not grow", where=where)


@check("http.cors")
def test_cors(index: Index, absent_pages: list[Answer]) -> None:
    pages = [*(reading.answer for reading in readings(index)), *absent_pages]
    wanted = pages[0].headers.get(ORIGIN)
    other = [f"{page}: {page.headers.get(ORIGIN)}" for page in pages if page.headers.get(ORIGIN) != wanted]
    expect.nothing(of=other, is_=f"without {ORIGIN}: {wanted}", where=pages[0])
    hidden = [str(page) for page in pages if SERIAL in page.headers and SERIAL.lower() not in _exposed(page)]
    expect.nothing(of=hidden, is_=f"keeping {SERIAL} to itself", where=pages[0])


def _exposed(page: Answer) -> list[str]:
    return re.split(r"[,\s]+", page.headers.get("Access-Control-Expose-Headers", "").lower())
