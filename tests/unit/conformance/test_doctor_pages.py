"""What the doctor makes of a page with links, a redirect of an index without uploads, and a form refused with 405."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from werkzeug import Request, Response

from conformance.target import target_from_table
from conformance.target.doctor import examine
from conformance.verdicts.options import RunOptions

if TYPE_CHECKING:
    from pytest_httpserver import HTTPServer

WEBSITE = "<!DOCTYPE html><a href='/'>Home</a> <a href='/about'>About</a> <a href='/search?q=x'>Search</a>"
PLAIN_INDEX = "<!DOCTYPE html><a href='../'>../</a> <a href='Alpha.Tools/'>Alpha.Tools/</a>"


def problems(httpserver: HTTPServer, path: str = "/simple", **table: Any) -> dict[str, str]:
    """Return the remedies that the doctor names, by subject."""
    target = target_from_table({"url": httpserver.url_for(path), **table})
    options = RunOptions(read_only=table["profile"] == "index", timeout=60)
    return {each.about: each.change for each in examine(target, options) if each.wrong}


def serve_html(httpserver: HTTPServer, path: str, page: str) -> None:
    httpserver.expect_request(path).respond_with_data(page, content_type="text/html")


def serve_nothing_else(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/", method="POST").respond_with_data("", status=404)
    httpserver.no_handler_status_code = 404


@pytest.mark.parametrize("page", [WEBSITE, "<a href='/simple/'></a> <a href='/simple/about'>About</a>"])
def test_a_website_is_no_index(httpserver: HTTPServer, page: str) -> None:
    """The links of the second one are as those of an index, but for the one without a text."""
    serve_html(httpserver, "/simple/", page)
    serve_html(httpserver, "/about", WEBSITE)
    httpserver.expect_request("/simple/about/").respond_with_data("", 307, headers={"Location": "/about"})
    serve_nothing_else(httpserver)
    assert "check the URL" in problems(httpserver, profile="index")["path"]


@pytest.mark.parametrize("name", ["alpha-tools", "Alpha.Tools"])
def test_a_folder_is_an_index_where_a_project_has_a_page(httpserver: HTTPServer, name: str) -> None:
    """Some registries have the page under the name as it is listed alone: a run finds that, and judges the rest."""
    serve_html(httpserver, "/simple/", PLAIN_INDEX)
    serve_html(httpserver, f"/simple/{name}/", "<a href='a-1.0.tar.gz'>a-1.0.tar.gz</a>")
    serve_nothing_else(httpserver)
    assert problems(httpserver, profile="index") == {}


def test_a_redirect_of_an_index_without_uploads_names_none(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/simple/").respond_with_data("", status=302, headers={"Location": "/x/"})
    serve_nothing_else(httpserver)
    assert "uploads" not in problems(httpserver, profile="index")["slash or path"]


def refused_with_405(httpserver: HTTPServer, allowed: str, options: str) -> dict[str, str]:
    """Examine a registry that refuses forms with 405, with these methods in Allow; empty where it has none."""

    def answer(request: Request) -> Response:
        allow = options if request.method == "OPTIONS" else allowed
        return Response("no file", status=405, headers={"Allow": allow} if allow else {})

    serve_html(httpserver, "/simple/", PLAIN_INDEX)
    serve_html(httpserver, "/simple/alpha-tools/", "<a href='a-1.0.tar.gz'>a-1.0.tar.gz</a>")
    httpserver.expect_request("/").respond_with_handler(answer)
    serve_nothing_else(httpserver)
    return problems(httpserver, "", profile="pep503-upload")


@pytest.mark.parametrize(("allowed", "options"), [("GET, POST", ""), ("", "GET, HEAD, OPTIONS, POST")])
def test_405_is_about_the_form_where_post_is_allowed(
    httpserver: HTTPServer, allowed: str, options: str
) -> None:
    assert refused_with_405(httpserver, allowed, options) == {}


@pytest.mark.parametrize(("allowed", "options"), [("GET, HEAD", ""), ("", "GET, HEAD, OPTIONS"), ("", "")])
def test_405_is_about_the_address_elsewhere(httpserver: HTTPServer, allowed: str, options: str) -> None:
    assert "uploads do not go here" in refused_with_405(httpserver, allowed, options)["uploads"]
