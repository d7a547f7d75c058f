"""Where the list of projects links their pages, and what a URL without its final slash may be answered with."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from werkzeug import Response

from conformance.verdicts import Verdict
from reference_server.faults import Fault

from .one_row import judged

if TYPE_CHECKING:
    from reference_server.http.request import Request
    from reference_server.rendering.pages import RootPage

pytestmark = pytest.mark.usefixtures("own_folder")

ROW = "simple.url.trailing-slash"
HTML = "text/html; charset=utf-8"


class RootLinks(Fault):
    """Links pages by another URL, at which a document or a redirect to the page is."""

    def __init__(self, ending: str, *, redirects: bool = False) -> None:
        self._ending = ending
        self._redirects = redirects

    def root_page(self, page: RootPage) -> RootPage:
        return page.each(lambda link: replace(link, url=link.url.removesuffix("/") + self._ending))

    def handle(self, request: Request) -> Response | None:
        path, _, query = self._ending.partition("?")
        if (
            not self._ending
            or not request.path.endswith(path)
            or (query and request.query_string.decode() != query)
        ):
            return None
        if path.endswith("/") or "/simple/" not in request.path or request.path.endswith("/simple"):
            return None
        if self._redirects:
            below = "./" if path.startswith("/") else f"{request.path.rpartition('/')[2]}/"
            return Response(status=301, headers={"Location": below})
        return Response("<!DOCTYPE html><html><body></body></html>", headers={"Content-Type": HTML})


@pytest.mark.parametrize("ending", ["/index.html", "/index.html?page=1", "?page=1", "/index"])
def test_pages_linked_by_a_url_without_a_slash(ending: str) -> None:
    found = judged(ROW, RootLinks(ending))
    assert found.verdict is Verdict.FAILED
    assert ending in found.found


@pytest.mark.parametrize(
    "fault",
    [
        RootLinks("/"),
        RootLinks("/?page=1"),
        RootLinks("/index.html", redirects=True),
        RootLinks("?page=1", redirects=True),
        RootLinks(""),  # the server redirects to the slash
    ],
    ids=["slash", "slash and query", "redirect from a document", "redirect from a query", "redirect"],
)
def test_pages_whose_links_lead_to_a_slash(fault: Fault) -> None:
    assert judged(ROW, fault).verdict is Verdict.PASSED
