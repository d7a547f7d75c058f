"""The driver that deletes by one request: what it sends, what it takes for an answer, and which settings it refuses."""

from __future__ import annotations

import json
import tomllib
from base64 import b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from werkzeug import Request, Response

from conformance.target import BadTarget, target_from_table
from conformance.target.driver import driven_features, target_driver
from conformance.target.drivers import CannotDo, NotThere
from conformance.target.registry_toml_text import registry_toml
from conformance.verdicts.options import TrafficLimits
from conformance.wire import Redactor, Session, Transcript

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_httpserver import HTTPServer

    from conformance.target.driver import TargetDriver

CREDENTIAL = {"username": "jane", "password": "s3cret-word"}
BASE = "https://registry.example.com/"
BASIC = "Basic " + b64encode(b"jane:s3cret-word").decode()


@dataclass(frozen=True)
class Wheel:
    """A file, as a ledger knows it."""

    name: str = "Conformance.ab_Main"
    version: str = "1!1.0+a"
    filename: str = "conformance_ab_main-1!1.0+a-py3-none-any.whl"
    sha256: str = ""


class Registry:
    """A registry that answers a search with `found`, and DELETE with `status`; it keeps what was asked."""

    def __init__(self, server: HTTPServer) -> None:
        self.url = server.url_for("/")
        self.found: Any = []
        self.status = 204
        self.asked: list[str] = []
        self.sessions: list[Session] = []
        server.expect_request(_AnyPath()).respond_with_handler(self._answer)

    def _answer(self, request: Request) -> Response:
        assert request.headers["Authorization"] == BASIC
        self.asked.append(f"{request.method} {request.environ['RAW_URI']}")
        if request.method == "GET":
            return Response(json.dumps(self.found), content_type="application/json")
        return Response(status=self.status)

    def driver(self, **settings: str) -> TargetDriver:
        """Return the driver with these settings; their URLs begin at the registry."""
        urls = {key.replace("_", "-"): self.url + path for key, path in settings.items()}
        table = {
            "url": self.url.rstrip("/"),
            "profile": "pep503-upload",
            "credentials": {"default": CREDENTIAL},
        }
        target = target_from_table({**table, "management": {"driver": "http", **urls}})
        session = Session(transcript=Transcript(), redact=Redactor(target.secrets), limits=TrafficLimits())
        self.sessions.append(session)
        return target_driver(target, session)


class _AnyPath(str):
    """Matches every path of an HTTPServer."""

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = str.__hash__


@pytest.fixture
def registry(httpserver: HTTPServer) -> Iterator[Registry]:
    """Start a registry, and close the sessions with it at the end."""
    found = Registry(httpserver)
    yield found
    for session in found.sessions:
        session.close()


def test_a_release_is_deleted_by_one_request_to_the_url_of_the_settings(registry: Registry) -> None:
    driver = registry.driver(delete_release="api/{normalized}/{project}/{version}")
    driver.delete_release(Wheel())
    assert registry.asked == ["DELETE /api/conformance-ab-main/Conformance.ab_Main/1%211.0%2Ba"]


def test_files_and_projects_have_urls_of_their_own(registry: Registry) -> None:
    driver = registry.driver(delete="f/{filename}?of={normalized}", delete_project="p/{project}")
    driver.delete(Wheel())
    driver.delete_project(Wheel())
    assert registry.asked == [
        "DELETE /f/conformance_ab_main-1%211.0%2Ba-py3-none-any.whl?of=conformance-ab-main",
        "DELETE /p/Conformance.ab_Main",
    ]


def test_it_can_do_what_its_settings_have_a_url_for(registry: Registry) -> None:
    assert registry.driver(delete_release="r/{normalized}/{version}").abilities == {"delete-release"}
    both = registry.driver(delete="f/{filename}", delete_project="p/{project}")
    assert both.abilities == {"delete", "delete-project"}
    assert driven_features(both) == {"delete"}


@pytest.mark.parametrize("form", ["list", "items", "data"])
def test_an_id_is_searched_for_and_only_the_release_itself_is_deleted(registry: Registry, form: str) -> None:
    rows = [
        {"id": "a1", "name": "conformance-ab-main", "version": "1!1.0+a"},
        {"id": 2, "name": "conformance_ab.main", "version": "1!1.0+a"},
        {"id": "other-version", "name": "conformance-ab-main", "version": "1!1.0"},
        {"id": "other-name", "name": "conformance-ab-main-more", "version": "1!1.0+a"},
        {"name": "conformance-ab-main", "version": "1!1.0+a"},
        {"id": "nameless"},
        "text",
    ]
    registry.found = rows if form == "list" else {form: rows, "continuationToken": None}
    driver = registry.driver(find_id="search?q={normalized}&v={version}", delete_release="c/{id}")
    driver.delete_release(Wheel())
    assert registry.asked == [
        "GET /search?q=conformance-ab-main&v=1%211.0%2Ba",
        "DELETE /c/a1",
        "DELETE /c/2",
    ]


@pytest.mark.parametrize("found", [[], {"items": []}, {}, {"items": {"id": 1}}, None])
def test_a_search_that_finds_nothing_means_that_it_is_gone(registry: Registry, found: Any) -> None:
    registry.found = found
    with pytest.raises(NotThere, match=r"found no Conformance.ab_Main 1!1.0\+a"):
        registry.driver(find_id="search", delete_release="c/{id}").delete_release(Wheel())
    assert registry.asked == ["GET /search"]


@pytest.mark.parametrize(
    ("status", "error"), [(404, NotThere), (410, NotThere), (403, CannotDo), (500, CannotDo)]
)
def test_a_refusal_is_raised_with_the_answer_of_the_registry(
    registry: Registry, status: int, error: type[Exception]
) -> None:
    registry.status = status
    with pytest.raises(error, match=str(status)) as raised:
        registry.driver(delete_release="r/{normalized}/{version}").delete_release(Wheel())
    assert type(raised.value) is error


@pytest.mark.parametrize("part", ["", ".", ".."])
@pytest.mark.parametrize("field", ["version", "filename"])
def test_no_request_leads_to_another_place_than_the_settings_name(
    registry: Registry, field: str, part: str
) -> None:
    driver = registry.driver(delete=f"keep/{{normalized}}/{{{field}}}")
    with pytest.raises(CannotDo, match=f"a URL cannot have the {field}"):
        driver.delete(Wheel(**{field: part}))
    assert registry.asked == []


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({}, "management: expected one of delete, delete-release, delete-project"),
        ({"find-id": BASE}, "management: expected one of delete, delete-release, delete-project"),
        ({"delete-release": "/api/{version}"}, "delete-release: expected an http"),
        ({"delete-release": "https://{project}/x"}, "delete-release: expected an http"),
        ({"delete-release": f"{BASE}{{name}}"}, r"delete-release: expected braces .* found \{name\}"),
        ({"delete-project": f"{BASE}{{version}}"}, r"delete-project: expected braces .* found \{version\}"),
        ({"delete": f"{BASE}{{filename"}, "delete: expected a brace to close each that opens"),
        ({"delete": f"{BASE}{{id}}"}, r"delete: expected braces .* found \{id\}"),
        ({"delete-release": f"{BASE}{{id}}"}, r"delete-release: \{id\} needs the setting find-id"),
        ({"delete-release": f"{BASE}{{version}}", "delete-file": BASE}, "unknown key 'delete-file'"),
    ],
)
def test_settings_that_cannot_work_are_explained(settings: dict[str, str], problem: str) -> None:
    with pytest.raises(BadTarget, match=problem):
        target_from_table(
            {
                "url": "https://registry.example.com",
                "profile": "pep503-upload",
                "management": {"driver": "http", **settings},
            }
        )


@pytest.mark.parametrize("layout", ["gitea", "nexus", "onedev"])
def test_the_settings_that_init_writes_work(layout: str) -> None:
    text = registry_toml("pep503-upload", None, layout)
    head, _, settings = text.partition("#[management]\n")
    assert head
    management = tomllib.loads("".join(line.removeprefix("#") for line in settings.splitlines(keepends=True)))
    target = target_from_table(
        {"url": "https://registry.example.com", "profile": "pep503-upload", "management": management}
    )
    assert target.management["driver"] == "http"
    assert target.management["delete-release"]
