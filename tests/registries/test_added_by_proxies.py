"""Header fields that proxies add to what a registry answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from conformance.verdicts import Verdict
from conformance.verdicts.options import RunOptions
from reference_server import ReferenceServer
from reference_server.faults import Fault
from reference_server.serving.create_app import RegistryApplication

from .one_row import judged, result_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIEnvironment

    from werkzeug import Response

    from reference_server.http.request import Request

pytestmark = pytest.mark.usefixtures("own_folder")

PAGE_HEADERS = "gitlab.rest.page-headers"


class LinkAdded(Fault):
    """Adds a relation to Link, as a proxy does for early hints."""

    def __init__(self, link: str) -> None:
        self._link = link

    def respond(self, request: Request, response: Response) -> Response:
        del request
        response.headers.add("Link", self._link)
        return response


def test_a_proxy_may_add_a_relation_to_link() -> None:
    for link in ("<https://cdn.example.com>; rel=preconnect", '</style.css>; rel="preload"; as=style'):
        found = judged(PAGE_HEADERS, LinkAdded(link))
        assert found.verdict is Verdict.PASSED, found.message


class LinksWritten(Fault):
    """Writes the URLs in Link in another way."""

    def __init__(self, read: str, written: str) -> None:
        self._read, self._written = read, written

    def respond(self, request: Request, response: Response) -> Response:
        del request
        if link := response.headers.get("Link"):
            response.headers["Link"] = link.replace(self._read, self._written)
        return response


@pytest.mark.parametrize("project", ["conformance%2Fregistry", "conformance%2fregistry"])
def test_links_may_escape_the_path_in_another_way(project: str) -> None:
    written = "conformance%2fregistry" if "%2F" in project else "conformance%2Fregistry"
    with ReferenceServer(faults=[LinksWritten(project, written)]) as server:
        table = server.target()
        table["url"] = table["url"].replace("/projects/1/", f"/projects/{project}/")
        found = result_of(PAGE_HEADERS, table, RunOptions(examples=1))
    assert found.verdict is Verdict.PASSED, found.message


def test_links_may_lead_around_the_folder_of_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    serve = RegistryApplication.__call__

    def below_folder(
        app: RegistryApplication, environ: WSGIEnvironment, start: StartResponse
    ) -> Iterable[bytes]:
        path = environ["PATH_INFO"].removeprefix("/gitlab")
        return serve(app, {**environ, "SCRIPT_NAME": "/gitlab", "PATH_INFO": path}, start)

    monkeypatch.setattr(RegistryApplication, "__call__", below_folder)
    with ReferenceServer(faults=[LinksWritten("/gitlab/api/v4/", "/api/v4/")]) as server:
        table = server.target()
        table["url"] = table["url"].replace("/api/v4/", "/gitlab/api/v4/")
        found = result_of(PAGE_HEADERS, table, RunOptions(examples=1))
    assert found.verdict is Verdict.PASSED, found.message


@pytest.mark.parametrize("other", ["/projects/2/", "/groups/1/", "/x/"])
def test_links_to_another_list_are_found(other: str) -> None:
    found = judged(PAGE_HEADERS, LinksWritten("/projects/1/", other))
    assert (found.verdict, "pages of the same list" in found.expected) == (Verdict.FAILED, True)


def test_a_page_that_is_not_next_is_found() -> None:
    found = judged(PAGE_HEADERS, LinkAdded('<https://registry.example.com/?page=7>; rel="next"'))
    assert found.verdict is Verdict.FAILED
