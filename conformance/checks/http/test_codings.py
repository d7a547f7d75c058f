"""The content codings of pages, which clients choose with Accept-Encoding."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from conformance.checks.http.page_readings import accept_of, content_of, readings
from conformance.checks.http.samples import IDENTITY
from conformance.kit import expect
from conformance.kit.check import check
from conformance.verdicts import Deviation, Untestable

if TYPE_CHECKING:
    from conformance.kit.fixtures import Index
    from conformance.kit.http import Answer

GZIP = frozenset({"gzip", "x-gzip"})
"""The names of one coding. Source: RFC 9110, 8.4.1.3."""

ALONE = ("gzip", "deflate")
"""Codings that a client may accept alone, and that the suite can undo."""


@check("http.pages.gzip")
def test_gzip(index: Index, unpacked_page: Answer) -> None:
    packed = readings(index)[0].answer
    if unpacked_page.status != 200:
        raise Untestable(f"a page is not sent as it is: {unpacked_page}; see http.pages.identity")

    def asked(codings: str) -> Answer:
        headers = {"Accept": accept_of(packed), "Accept-Encoding": codings}
        return index.registry.request("GET", unpacked_page.url, headers=headers)

    is_steady = asked(IDENTITY["Accept-Encoding"]).content == unpacked_page.content
    alone = [asked(coding) for coding in ALONE]
    for page in (packed, *(page for page in alone if page.status == 200)):
        if is_steady:
            expect.equal(page.text, unpacked_page.text, of="the page after decompression", where=page)
        else:  # it is written anew each time, with its links in another order
            expect.equal(
                content_of(page),
                content_of(unpacked_page),
                of="what the page says, decompressed,",
                where=page,
            )
    for page in (packed, unpacked_page):
        vary = re.split(r"[,\s]+", page.headers.get("Vary", "").lower())
        if "accept-encoding" not in vary and "*" not in vary:
            raise Deviation(
                expected="Vary to name Accept-Encoding",
                found=f"Vary: {page.headers['Vary']}" if "Vary" in page.headers else "no Vary",
                where=f"{page}, Content-Encoding {page.headers.get('Content-Encoding', 'none')}",
            )


@check("http.pages.identity")
def test_identity(index: Index) -> None:
    answers = _each_page(index, IDENTITY)
    refused = [each for each in answers if each.status != 200]
    expect.rule(
        "a page that is requested as it is to be sent (200)",
        broken_by=map(str, refused),
        where=expect.requests(refused or answers[:1]),
    )
    coded = [each for each in answers if _is_coded(each)]
    _not_coded(answers, coded, "a page that is requested as it is to come without a content coding")


@check("http.pages.gzip-q0")
def test_gzip_q0(index: Index) -> None:
    """The twin of each request asks for the page as it is."""
    if coded := [each for each in _each_page(index, IDENTITY) if _is_coded(each)]:
        raise Untestable(
            f"a page comes with a content coding in any case: {coded[0]}; see http.pages.identity"
        )
    answers = _each_page(index, {"Accept-Encoding": "gzip;q=0"})
    if unread := [each for each in answers if each.status != 200]:
        raise Untestable(f"a page is not answered to `gzip;q=0`: {unread[0]}; see http.pages.identity-q0")
    zipped = [each for each in answers if each.headers.get("Content-Encoding", "").lower() in GZIP]
    _not_coded(answers, zipped, "a page that is requested with `gzip;q=0` to come without gzip")


def _each_page(index: Index, accepting: dict[str, str]) -> list[Answer]:
    """Ask for a project's page and the list of projects, in each form."""
    pages = [answer for answer, _ in [*index.answered_pages(), *index.answered_roots()]]
    return [
        index.registry.request("GET", page.url, headers={"Accept": accept_of(page), **accepting})
        for page in pages
    ]


def _not_coded(answers: list[Answer], coded: list[Answer], rule: str) -> None:
    expect.rule(
        rule,
        broken_by=[f"Content-Encoding: {each.headers['Content-Encoding']}" for each in coded],
        where=expect.requests(coded or answers[:1]),
    )


def _is_coded(answer: Answer) -> bool:
    return answer.headers.get("Content-Encoding", "identity") != "identity"


@check("http.pages.identity-q0")
def test_identity_q0(index: Index) -> None:
    url = index.registry.project_url(index.project)
    answers = [
        index.registry.request("GET", url, headers={"Accept": index.media_type, "Accept-Encoding": codings})
        for codings in ("identity;q=0, *;q=0", "sdch, x-coding-of-tomorrow")
    ]
    expect.rule(
        "a status below 500 for content codings that are not offered",
        broken_by=[str(answer) for answer in answers if answer.is_server_error],
        where=url,
    )
