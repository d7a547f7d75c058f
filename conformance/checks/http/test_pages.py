"""What caches and impatient clients need of pages: HEAD, ETag, freshness."""

from __future__ import annotations

import re
from functools import partial
from itertools import combinations, pairwise
from typing import TYPE_CHECKING

from conformance.checks.http.cache_control import freshness_of
from conformance.checks.http.page_readings import (
    MOST_CHANGES,
    accept_of,
    again,
    fields_of_304,
    length_of_304,
    opaque,
    readings,
    steady,
)
from conformance.checks.http.samples import IDENTITY
from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.properties import strategies
from conformance.verdicts import NotApplicable, Untestable
from reference_server.distributions import sdist

if TYPE_CHECKING:
    from conformance.checks.http.page_changes import Change
    from conformance.checks.http.samples import Sample
    from conformance.kit.fixtures import Examples, Index
    from conformance.kit.http import Answer

HOUR = 60 * 60
SERIAL = "X-PyPI-Last-Serial"
ORIGIN = "Access-Control-Allow-Origin"


@check("http.head")
def test_head(index: Index, sample: Sample, head_of_file: Answer, absent_pages: list[Answer]) -> None:
    """Of a page also without its final slash, redirect or not, and of an absent one."""
    pages = [reading.answer for reading in readings(index)]
    slashless = [
        index.registry.request("GET", page.url.removesuffix("/"), headers={"Accept": accept_of(page)})
        for page in pages[:1]
    ]
    pairs = [(sample.answer, head_of_file)]
    pairs += [(page, _head(index, page)) for page in (*pages, *slashless, *absent_pages[:1])]
    expect.rule(
        "HEAD to be answered with the status of GET",
        broken_by=[
            f"status {head.status} of {head}, and GET {got.status}"
            for got, head in pairs
            if head.status != got.status
        ],
        where=head_of_file,
    )


@check("http.head.fields")
def test_head_fields(index: Index, sample: Sample, head_of_file: Answer) -> None:
    pages = [
        steady(
            index,
            reading.answer,
            partial(_head, index),
            right=lambda page, head: not _differences(page, head),
        )
        for reading in readings(index)
    ]
    wrong = _differences(sample.answer, head_of_file)
    for got, head in pages:
        if (different := _differences(got, head)) and again(index, got).content == got.content:
            wrong += different  # of a page that does not change from request to request
    expect.rule(
        "HEAD to be answered with the header fields of GET",
        broken_by=wrong,
        where=head_of_file,
    )


def _head(index: Index, page: Answer) -> Answer:
    return index.registry.request("HEAD", page.url, headers={"Accept": accept_of(page)})


def _differences(got: Answer, head: Answer) -> list[str]:
    """Return what HEAD says that GET does not. Source: RFC 9110, section 9.3.2.

    A proxy that compresses what GET gets makes its ETag a weak one, and its length unknown.
    """
    if head.status != got.status:
        return []
    return [
        f"{name} of {head}: {head.headers[name]}, with GET {got.headers[name]}"
        for name in ("Content-Type", "Content-Length", "ETag")
        if name in got.headers
        and name in head.headers
        and opaque(got.headers[name]) != opaque(head.headers[name])
    ]


@check("http.pages.etag")
def test_etag(index: Index) -> None:
    expect.each(
        readings(index),
        "to have an ETag",
        lambda reading: "ETag" in reading.answer.headers,
        of="page",
        where=index.registry.project_url(index.project),
    )


@check("http.pages.304")
def test_304(index: Index, examples: Examples) -> None:
    first = _tagged(index)
    tag = _opaque(first)

    def asked(example: tuple[str, bool]) -> None:
        header, is_current = example

        def conditional(now: Answer) -> Answer:
            return _unless(index, first, header.replace(tag, _opaque(now)))

        status = 304 if is_current else 200
        page, answer = steady(index, first, conditional, right=lambda _, answered: answered.status == status)
        expect.status(answer, status)
        if is_current:
            fields_of_304(answer, page)
            expect.equal(answer.content, b"", of="the body of the 304", where=answer)
            length_of_304(answer, page)

    examples.each(
        strategies.entity_tag_lists(first.headers["ETag"]),
        asked,
        named=lambda example: f"If-None-Match: {example[0]}",
        independent=True,
    )


@check("http.pages.304.any")
def test_304_any(index: Index) -> None:
    expect.status(_unless(index, _tagged(index), "*"), 304)


def _tagged(index: Index) -> Answer:
    """Return a page with an ETag. Raises NotApplicable where there is none."""
    tagged = [reading.answer for reading in readings(index) if "ETag" in reading.answer.headers]
    if not tagged:
        raise NotApplicable("pages come without an ETag")
    return tagged[0]


def _unless(index: Index, page: Answer, tags: str) -> Answer:
    """Ask for a page unless its ETag is among these."""
    headers = {"Accept": accept_of(page), "If-None-Match": tags}
    return index.registry.request("GET", page.url, headers=headers)


def _opaque(page: Answer) -> str:
    """Return the entity tag of a page without the mark of a weak one; empty where it has none."""
    return opaque(page.headers.get("ETag", ""))


@check("http.pages.etag-changes", alone=True)  # other checks read the same project
def test_etag_changes(
    index: Index, change: Change, marked_pages: list[Answer], exchanged: list[Answer]
) -> None:
    """Of a version that is new, of marks, of another file of the same version, and of one in its place."""
    last = [*change.after.values()][-1]
    pages = [last, *marked_pages]
    more = sdist(change.added.name, change.added.version)
    if index.registry.upload(more).is_success:
        index.registry.accepted(more)
        pages.append(again(index, last))
    pairs = [*change.pairs(), *pairwise(pages), *pairwise(exchanged)]
    stale = {
        f"{after}: {after.headers['ETag']}": after.url
        for before, after in pairs
        if before.content != after.content
        and "ETag" in after.headers
        and after.headers["ETag"] == before.headers.get("ETag")
    }
    expect.rule(
        "every changed page to have a new ETag",
        broken_by=stale,
        where=next(iter(stale.values()), last.url),
    )


@check("http.pages.etag-per-type")
def test_etag_per_type(index: Index) -> None:
    """Of one state of the page: each upload to a registry may change its validators."""
    pages = representations(index)
    strong = [page for page in pages if page.headers.get("ETag", "W/").startswith('"')]
    pairs = [
        (one, other)
        for one, other in combinations(strong, 2)
        if one.headers["ETag"] == other.headers["ETag"] and _representation(one) != _representation(other)
    ]
    expect.rule(
        "a strong ETag to stand for one representation",
        broken_by=[
            f"{one.headers['ETag']} for {_representation(one)}, and for {_representation(other)}"
            for one, other in pairs
        ],
        where=expect.requests(dict.fromkeys(page for pair in pairs for page in pair)),
    )


def representations(index: Index) -> list[Answer]:
    """Return the page in each form, and each coding, read one after the other while it stayed the same.

    Raises Untestable for a page that changes all the time.
    """
    accepts = [accept_of(reading.answer) for reading in readings(index)]
    ways = [{"Accept": accept, **coding} for accept in accepts for coding in ({}, IDENTITY)]
    url = index.registry.project_url(index.project)
    for _ in range(MOST_CHANGES):
        *pages, last = [index.registry.request("GET", url, headers=way) for way in (*ways, ways[0])]
        if pages[0].headers.get("ETag") == last.headers.get("ETag"):
            return pages
    raise Untestable(f"the ETag of {url} changed between any two requests, so that no two could be compared")


def _representation(page: Answer) -> str:
    return f"{page.content_type} ({page.headers.get('Content-Encoding', 'identity')})"


@check("http.pages.last-modified")
def test_last_modified(index: Index, change_if_any: Change | None) -> None:
    dated = [reading.answer for reading in readings(index) if "Last-Modified" in reading.answer.headers]
    if not dated:
        raise NotApplicable("pages come without Last-Modified")

    def since(now: Answer) -> Answer:
        return index.registry.request("GET", now.url, headers=_since(now))

    _, answer = steady(index, dated[0], since, right=lambda _, answered: answered.status == 304)
    expect.status(answer, 304)
    for before, after in change_if_any.pairs() if change_if_any else ():
        if "ETag" in before.headers:
            headers = {**_since(after), "If-None-Match": before.headers["ETag"]}
            expect.status(index.registry.request("GET", after.url, headers=headers), 200)


def _since(page: Answer) -> dict[str, str]:
    return {"Accept": accept_of(page), "If-Modified-Since": page.headers.get("Last-Modified", "")}


@check("http.absent.conditional")
def test_absent_conditional(index: Index, absent_pages: list[Answer]) -> None:
    absent = [each for each in absent_pages if each.status in {404, 410}]
    if not absent:
        raise NotApplicable("a project that does not exist is not answered with 404 or 410")
    for page in absent:
        headers = {"Accept": accept_of(page), "If-None-Match": "*"}
        answer = index.registry.request("GET", page.url, headers=headers)
        expect.rule(
            f"status {page.status}, as without `If-None-Match: *`",
            broken_by=[f"status {answer.status}"] if answer.is_success or answer.status in {304, 412} else [],
            where=answer,
        )
        if answer.status not in {404, 410}:
            raise Untestable(f"`If-None-Match: *` is answered for another reason: {answer}")


@check("http.pages.cache-control")
def test_cache_control(index: Index, change_if_any: Change | None, absent_pages: list[Answer]) -> None:
    """An absent project may be published at any time: caches keep its 404 as long as it states.

    A redirect to another index is neither a page nor a 404.
    """
    absent = [each for each in absent_pages if each.status in {200, 404, 410}]
    pages = [*(reading.answer for reading in readings(index)), *absent]
    expect.rule(
        "every page, and every 404 for one, to stay fresh for an hour at most",
        broken_by=[
            f"{page}: {freshness.stated}"
            for page in pages
            if (freshness := freshness_of(page.headers)).seconds > HOUR
        ],
        where=index.project,
    )
    old = change_if_any.outdated() if change_if_any else ()
    expect.rule(
        "a request with max-age=0 to be answered with the page after the upload",
        broken_by=old,
        where="the page after an upload",
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
    expect.rule(
        f"every {SERIAL} to be a number",
        broken_by=[each for each in serials if not each.isdecimal()],
        where=where,
    )
    expect.rule(
        "every page to have the same serial",
        broken_by=sorted(serials) if len(serials) > 1 else (),
        where=where,
    )
    stuck = [
        f"{before.headers.get(SERIAL)}, and {after.headers.get(SERIAL)} after an upload"
        for before, after in (change_if_any.pairs() if change_if_any else ())
        if not int(after.headers.get(SERIAL, 0)) > int(before.headers.get(SERIAL, 0))
    ]
    expect.rule(f"{SERIAL} to grow with an upload", broken_by=stuck, where=where)


@check("http.cors")
def test_cors(index: Index, absent_pages: list[Answer]) -> None:
    pages = [*(reading.answer for reading in readings(index)), *absent_pages]
    wanted = pages[0].headers.get(ORIGIN)
    other = [f"{page}: {page.headers.get(ORIGIN)}" for page in pages if page.headers.get(ORIGIN) != wanted]
    expect.rule(f"every page to have {ORIGIN}: {wanted or 'none'}", broken_by=other, where=pages[0])
    hidden = [str(page) for page in pages if SERIAL in page.headers and SERIAL.lower() not in _exposed(page)]
    expect.rule(
        f"{SERIAL} to be exposed to scripts, in Access-Control-Expose-Headers",
        broken_by=hidden,
        where=pages[0],
    )


def _exposed(page: Answer) -> list[str]:
    return re.split(r"[,\s]+", page.headers.get("Access-Control-Expose-Headers", "").lower())
