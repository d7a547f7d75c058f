"""Each seam is really called, and composing keeps the order."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from werkzeug import Response

from reference_server.faults import Fault
from reference_server.rendering.pages import ProjectLink

if TYPE_CHECKING:
    from reference_server.registry import Registry
    from reference_server.rendering.pages import ProjectPage, RootPage
    from reference_server.request import Request
    from reference_server.rules import Rules

SIMPLE = "/projects/1/packages/pypi/simple/"


class AnyVersion(Fault):
    """Takes every version.

    Further words.
    """

    breaks = ("version.invalid-rejected",)

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, valid_version=lambda _version: True, filename_agrees=lambda *_said: True)


class NoHashes(Fault):
    """Leaves hashes out."""

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return page.each(lambda file: replace(file, hashes={}, attributes={"data-x": '"'}))


class Ghost(Fault):
    """Lists a project that is not there."""

    def root_page(self, page: RootPage) -> RootPage:
        return page.plus(ProjectLink(name="ghost", url="ghost/"))


class Shout(Fault):
    """Upper case."""

    def rendered(self, body: bytes) -> bytes:
        return body.upper()


class Teapot(Fault):
    """Answers uploads with 418, and downloads never."""

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "upload":
            response.status_code = 418
        return response

    def handle(self, request: Request) -> Response | None:
        return Response(status=599) if request.endpoint == "file" else None


def test_a_fault_describes_itself() -> None:
    fault = AnyVersion()
    assert (fault.name, fault.summary) == ("any-version", "Takes every version.")
    assert fault.breaks == ("version.invalid-rejected",)


def test_rules_hold_for_http_only(api_with: Any, registry: Registry) -> None:
    assert api_with(AnyVersion()).upload(fields={"version": "latest"}).status_code == 201
    assert not registry.rules.valid_version("latest")


def test_pages_and_bytes(api_with: Any, registry: Registry) -> None:
    registry.publish("demo-1.0.tar.gz", b"")
    api = api_with(NoHashes(), Ghost(), Shout())
    assert "SHA256=" not in api.get(f"{SIMPLE}demo/").text
    assert 'DATA-X="&#34;"' in api.get(f"{SIMPLE}demo/").text
    assert ">GHOST</A>" in api.get(SIMPLE).text


def test_answers(api_with: Any) -> None:
    api = api_with(Teapot())
    assert api.upload().status_code == 418
    assert api.get("/projects/99/packages/pypi/files/0/x").status_code == 599
    assert api.get(SIMPLE).status_code == 200
