"""The driver that deletes by one request: what it sends, what it takes for an answer, and which settings it refuses."""

from __future__ import annotations

import json
import tomllib
from base64 import b64encode
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest
from werkzeug import Request, Response

from conformance.target import BadTarget, target_from_table
from conformance.target.driver import TargetDriver, clean_up_cost, driven_features, target_driver
from conformance.target.drivers import CannotDo, NotThere, Promised
from conformance.target.drivers.release_search import MOST_PAGES
from conformance.target.registry_toml_text import registry_toml
from conformance.target.settling import Settling
from conformance.verdicts.options import TrafficLimits
from conformance.wire import Redactor, Session, Transcript

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_httpserver import HTTPServer

    from conformance.target import Target
    from conformance.target.registry_client import RegistryClient

CREDENTIAL = {"username": "jane", "password": "s3cret-word"}
BASE = "https://registry.example.com/"
RIGHT = f"{BASE}{{normalized}}/{{version}}"
UNNAMED = ("x", "{project}", "{project}/{version}")
FORMATTED = (
    "{}",
    "{0}",
    "{project!r}",
    "{project:>30}",
    "{normalized:.11}",
    "{id!s}",
    "{id:}",
    "{project.x}",
)
RELEASE = {"id": 7, "name": "conformance-ab-main", "version": "1!1.0+a"}
WORDS = {"id_key", "authorization"}
"""Settings that are no URLs."""
BASIC = "Basic " + b64encode(b"jane:s3cret-word").decode()


@dataclass(frozen=True)
class Wheel:
    """A file, as a ledger knows it."""

    name: str = "Conformance.ab_Main"
    version: str = "1!1.0+a"
    filename: str = "conformance_ab_main-1!1.0+a-py3-none-any.whl"
    sha256: str = ""


class Registry:
    """A registry that answers a search with `found`, and DELETE with `status`; it keeps what was asked.

    One of `pages`, by its token, and one of `statuses`, by its path, takes their place.
    """

    def __init__(self, server: HTTPServer) -> None:
        self.url = server.url_for("/")
        self.found: Any = []
        self.pages: dict[str, Any] = {}
        self.wanted = BASIC
        self.status = 204
        self.deleted = ""
        self.statuses: dict[str, int] = {}
        self.asked: list[str] = []
        self.sessions: list[Session] = []
        server.expect_request(_AnyPath()).respond_with_handler(self._answer)

    def _answer(self, request: Request) -> Response:
        assert request.headers["Authorization"] == self.wanted
        self.asked.append(f"{request.method} {request.environ['RAW_URI']}")
        if request.method == "GET":
            found = self.pages.get(request.args.get("continuationToken", ""), self.found)
            return Response(json.dumps(found), content_type="application/json")
        return Response(self.deleted, status=self.statuses.get(request.path, self.status))

    def driver(self, **settings: str) -> TargetDriver:
        """Return the driver with these settings; their URLs begin at the registry."""
        urls = {
            key.replace("_", "-"): value if key in WORDS else self.url + value
            for key, value in settings.items()
        }
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


def target_of(settings: dict[str, str]) -> Target:
    """Return a target at https with these settings of the driver."""
    table = {"url": "https://registry.example.com", "profile": "pep503-upload"}
    return target_from_table({**table, "management": {"driver": "http", **settings}})


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


@pytest.mark.parametrize("found", [[], {"items": []}, {"items": None, "data": []}])
def test_a_search_that_finds_nothing_means_that_it_is_gone(registry: Registry, found: Any) -> None:
    registry.found = found
    with pytest.raises(NotThere, match=r"found no Conformance.ab_Main 1!1.0\+a"):
        registry.driver(find_id="search", delete_release="c/{id}").delete_release(Wheel())
    assert registry.asked == ["GET /search"]


@pytest.mark.parametrize(
    "found",
    ["text", 3, None, {}, {"error": "down"}, {"results": [RELEASE]}, {"items": {"id": 1}}, {"items": None}],
)
def test_an_answer_of_another_form_says_nothing_about_what_is_there(registry: Registry, found: Any) -> None:
    registry.found = found
    with pytest.raises(CannotDo, match="the search for an id has no list") as raised:
        registry.driver(find_id="search", delete_release="c/{id}").delete_release(Wheel())
    assert type(raised.value) is CannotDo
    assert registry.asked == ["GET /search"]


@pytest.mark.parametrize("number", [True, None, 1.5, [], {}, "", "..", "\ud800"])
def test_what_is_no_id_is_not_deleted(registry: Registry, number: Any) -> None:
    registry.found = [{**RELEASE, "id": number}]
    with pytest.raises(CannotDo, match=r"without an id|cannot have the id") as raised:
        registry.driver(find_id="search", delete_release="c/{id}").delete_release(Wheel())
    assert type(raised.value) is CannotDo
    assert registry.asked == ["GET /search"]


def test_the_id_may_have_another_name(registry: Registry) -> None:
    registry.found = [{**RELEASE, "slug_perm": "a1"}, {**RELEASE, "slug_perm": "b2"}]
    driver = registry.driver(find_id="search", delete_release="c/{id}/", id_key="slug_perm")
    driver.delete_release(Wheel())
    assert registry.asked == ["GET /search", "DELETE /c/a1/", "DELETE /c/b2/"]


def test_a_search_without_the_id_names_the_keys_that_tell_its_objects_apart(registry: Registry) -> None:
    found = {"name": RELEASE["name"], "version": RELEASE["version"], "slug_perm": "a1", "repository": "prod"}
    registry.found = [found, {**found, "version": "2.0", "slug_perm": "b2"}]
    driver = registry.driver(find_id="search", delete_release="c/{id}")
    with pytest.raises(CannotDo, match="set `id-key` to the key of the id, one of slug_perm: "):
        driver.delete_release(Wheel())
    registry.found = [found]  # one object shows of no key that it is an id
    with pytest.raises(CannotDo, match="set `id-key` to the key of the id: "):
        driver.delete_release(Wheel())


@pytest.mark.parametrize(
    "other", [{"name": "six", "version": "1.16.0"}, {"name": RELEASE["name"], "version": "1.0"}]
)
@pytest.mark.parametrize("key", ["id", "repository"])
def test_an_id_that_another_object_has_too_deletes_nothing(
    other: dict[str, str], key: str, registry: Registry
) -> None:
    shared = {"id": "1", "repository": "prod"}
    registry.found = {"items": [{**RELEASE, **shared}, {**shared, **other, "slug": "x"}]}
    driver = registry.driver(find_id="search", delete_release="c/{id}", id_key=key)
    with pytest.raises(CannotDo, match=f"is the id of {other['name']} {other['version']}, too"):
        driver.delete_release(Wheel())
    assert registry.asked == ["GET /search"]


def test_an_api_may_want_the_token_alone(registry: Registry) -> None:
    registry.found, registry.wanted = [RELEASE], "Bearer s3cret-word"
    driver = registry.driver(find_id="search", delete_release="c/{id}", authorization="bearer")
    driver.delete_release(Wheel())
    assert registry.asked == ["GET /search", "DELETE /c/7"]
    (session,) = registry.sessions
    exchanges = session._transcript._exchanges
    assert {each.request_headers["Authorization"] for each in exchanges} == {"Bearer ***"}
    assert {each.credential for each in exchanges} == {"default"}


@pytest.mark.parametrize("search", ["search", "search?q={normalized}"])
def test_a_search_is_read_to_its_last_page(registry: Registry, search: str) -> None:
    registry.pages = {
        "": {"items": [], "continuationToken": "a+b"},
        "a+b": {"items": [RELEASE], "continuationToken": 3},
        "3": {"items": [{**RELEASE, "id": "last"}], "continuationToken": None},
    }
    registry.driver(find_id=search, delete_release="c/{id}").delete_release(Wheel())
    first = f"GET /{search.format(normalized='conformance-ab-main')}"
    mark = "&" if "?" in search else "?"
    assert registry.asked == [
        first,
        f"{first}{mark}continuationToken=a%2Bb",
        f"{first}{mark}continuationToken=3",
        "DELETE /c/7",
        "DELETE /c/last",
    ]


def test_a_search_without_an_end_deletes_nothing(registry: Registry) -> None:
    registry.found = {"items": [RELEASE], "continuationToken": "again"}
    with pytest.raises(CannotDo, match=f"more than {MOST_PAGES} pages"):
        registry.driver(find_id="search", delete_release="c/{id}").delete_release(Wheel())
    assert len(registry.asked) == MOST_PAGES
    assert not any(each.startswith("DELETE") for each in registry.asked)


@pytest.mark.parametrize(
    ("versions", "deleted"),
    [
        (["1.0a1"], [0]),
        (["1.0a1", "1.0-alpha1"], [1]),
        (["1.0a1", "1.0.0a1", "1.0a2", "one", 1.0], [0, 1]),
    ],
)
def test_versions_are_compared_as_versions_where_none_is_spelled_the_same(
    registry: Registry, versions: list[Any], deleted: list[int]
) -> None:
    registry.found = [{**RELEASE, "id": number, "version": each} for number, each in enumerate(versions)]
    driver = registry.driver(find_id="search", delete_release="c/{id}")
    driver.delete_release(Wheel(version="1.0-alpha1"))
    assert registry.asked[1:] == [f"DELETE /c/{number}" for number in deleted]


class Settles:
    """A client of a registry that settles within a minute."""

    def __init__(self) -> None:
        self.settling = Settling(60)

    def forget_pages(self, _: str) -> None:
        """Nothing is kept."""

    def changed(self, *_: Any, **__: Any) -> None:
        """Nothing is awaited."""


def test_a_search_that_finds_a_release_late_is_repeated(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        registry.found = [RELEASE] if len(pauses) == 3 else []

    monkeypatch.setattr("conformance.target.driver.time.sleep", pause)
    alone = registry.driver(find_id="search", delete_release="c/{id}")
    driver = TargetDriver(alone.drivers, registry=cast("RegistryClient", Settles()))
    driver.delete_release(Wheel())
    assert registry.asked == ["GET /search"] * 4 + ["DELETE /c/7"]
    with pytest.raises(NotThere):
        registry.driver(find_id="absent", delete_release="c/{id}").delete_release(Wheel(version="9"))
    assert len(pauses) == 3, "the clean-up looks at the pages instead"


def test_a_search_that_never_finds_anything_is_repeated_once_only(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, pauses = [0.0], list[float]()

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        now[0] += seconds

    monkeypatch.setattr(
        "conformance.target.driver.time", SimpleNamespace(sleep=pause, monotonic=lambda: now[0])
    )
    alone = registry.driver(find_id="search", delete_release="c/{id}")
    driver = TargetDriver(alone.drivers, registry=cast("RegistryClient", Settles()))
    for _ in range(2):
        with pytest.raises(NotThere):
            driver.delete_release(Wheel())
    assert pauses[:5] == [0.2, 0.4, 0.8, 1.6, 2.0]
    assert set(pauses[4:]) == {2.0}
    assert 60 <= sum(pauses) < 63
    assert len(registry.asked) == len(pauses) + 2


def test_an_id_that_is_gone_does_not_keep_the_others(registry: Registry) -> None:
    registry.found = [{**RELEASE, "id": number} for number in range(3)]
    registry.statuses = {"/c/0": 404, "/c/2": 410}
    driver = registry.driver(find_id="search", delete_release="c/{id}")
    driver.delete_release(Wheel())
    assert registry.asked[1:] == ["DELETE /c/0", "DELETE /c/1", "DELETE /c/2"]
    registry.statuses["/c/1"] = 404
    with pytest.raises(NotThere):
        driver.delete_release(Wheel())


def test_a_promise_is_no_deletion(registry: Registry) -> None:
    registry.status = 202
    driver = registry.driver(delete_release="r/{normalized}/{version}")
    with pytest.raises(Promised, match="202"):
        driver.drivers["http"].delete_release(Wheel())
    driver.delete_release(Wheel())  # checks read the pages


@pytest.mark.parametrize(
    ("deleted", "is_promise"),
    [
        ({"name": "projects/p/locations/l/operations/1"}, True),
        ({"name": "projects/p/locations/l/operations/1", "done": False}, True),
        ({"name": "projects/p/locations/l/operations/1", "done": True}, False),
        ({"name": "conformance-ab-main", "deletedDate": "today"}, False),
        ([], False),
    ],
)
def test_an_operation_under_way_is_a_promise(registry: Registry, deleted: Any, *, is_promise: bool) -> None:
    registry.status, registry.deleted = 200, json.dumps(deleted)
    driver = registry.driver(delete_release="r/{normalized}/{version}").drivers["http"]
    if is_promise:
        with pytest.raises(Promised, match="only promised"):
            driver.delete_release(Wheel())
    else:
        driver.delete_release(Wheel())


def test_an_operation_that_failed_deleted_nothing(registry: Registry) -> None:
    error = {"code": 7, "message": "Permission denied"}
    registry.status = 200
    driver = registry.driver(delete_release="r/{normalized}/{version}").drivers["http"]
    registry.deleted = json.dumps({"name": "projects/p/operations/1", "done": True, "error": error})
    with pytest.raises(CannotDo, match="Permission denied") as raised:
        driver.delete_release(Wheel())
    assert type(raised.value) is CannotDo
    registry.deleted = json.dumps({"name": "conformance-ab-main", "error": error})  # no operation
    driver.delete_release(Wheel())


def test_the_budget_keeps_a_page_a_search_and_a_deletion() -> None:
    assert clean_up_cost(target_of({"delete-release": f"{BASE}{{normalized}}/{{version}}"})) == 3


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


@pytest.mark.parametrize("part", ["", ".", "..", "1\ud800"])
@pytest.mark.parametrize("field", ["version", "filename"])
def test_no_request_leads_to_another_place_than_the_settings_name(
    registry: Registry, field: str, part: str
) -> None:
    driver = registry.driver(delete="keep/{normalized}/{version}/{filename}")
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
        ({"delete-release": RIGHT, "delete-file": BASE}, "unknown key 'delete-file'"),
        ({"delete-release": RIGHT, "authorization": "digest"}, "management.authorization: "),
        *(({"delete": f"{BASE}{each}"}, r"delete: expected \{filename\} in the URL") for each in UNNAMED),
        *(
            ({"delete-release": f"{BASE}{each}", "find-id": BASE}, r"delete-release: expected \{id\}, or")
            for each in ("x", "{project}", "{normalized}/{project}", "{version}")
        ),
        (
            {"delete-project": f"{BASE}x"},
            r"delete-project: expected \{normalized\} or \{project\} in the URL",
        ),
        *(({"delete-release": f"{RIGHT}{each}"}, "expected braces around one of") for each in FORMATTED),
        *(
            ({"delete-release": f"{RIGHT}{each}"}, "expected a brace to close")
            for each in ("{{id}}", "}", "{")
        ),
        (
            {"delete-release": f"{BASE}{{normalized}}#{{version}}"},
            "delete-release: expected a URL without a frag",
        ),
        *(
            ({"delete-release": f"{each}/{{project}}/{{version}}"}, "delete-release: expected an http")
            for each in (
                "https://[::1",
                "https://h:abc",
                "https://h:99999",
                "https://h:0",
                "https://",
                "https://h\n",
            )
        ),
        ({"delete-release": f"{RIGHT} x"}, "delete-release: expected an http"),
        ({"delete-release": RIGHT, "find-id": "https://[/"}, "find-id: expected an http"),
        ({"delete-release": RIGHT.replace("//", "//jane@")}, "expected a URL without user name and password"),
        *(
            ({"delete-release": f"{RIGHT}?a=b&{each}=TopSecret"}, f"no secret in the query, found '{each}'")
            for each in ("token", "private_token", "api-key", "X-Auth-Token", "password")
        ),
        (
            {"delete-release": RIGHT.replace("https", "http")},
            "expected https, .* http for registry.example.com",
        ),
    ],
)
def test_settings_that_cannot_work_are_explained(settings: dict[str, str], problem: str) -> None:
    with pytest.raises(BadTarget, match=problem):
        target_of(settings)


@pytest.mark.parametrize(
    "url",
    [
        "https://jane:TopSecret@registry.example.com/{project}/{version}",
        "https://jane:TopSecret@registry.example.com/{version",
        "https://jane:TopSecret@registry.example.com:x/{project}/{version}",
        "ftp://jane:TopSecret@registry.example.com/{project}/{version}",
        "jane:TopSecret@registry.example.com/{project}/{version}",
        "https://registry.example.com/{project}/{version}?token=TopSecret",
        "https://registry.example.com/{project}/{version}?private_token=TopSecret#x",
    ],
)
def test_a_message_about_a_url_keeps_its_secrets(url: str) -> None:
    with pytest.raises(BadTarget) as raised:
        target_of({"delete-release": url})
    assert "TopSecret" not in str(raised.value)


@pytest.mark.parametrize(
    "url",
    [
        "https://[::1]:8000/{project}/{version}",
        "http://127.0.0.1:8000/{project}/{version}",
        "http://localhost/{project}/{version}",
        "https://registry.example.com/{version}?name={project}&author=jane",
    ],
)
def test_settings_that_work(url: str) -> None:
    assert target_of({"delete-release": url}).management["delete-release"] == url


@pytest.mark.parametrize(
    "layout", ["gitea", "nexus", "onedev", "artifactory", "azure", "cloudsmith", "google"]
)
def test_the_settings_that_init_writes_work(layout: str) -> None:
    text = registry_toml("pep503-upload", None, layout)
    head, _, settings = text.partition("#[management]\n")
    assert head
    management = tomllib.loads("".join(line.removeprefix("#") for line in settings.splitlines(keepends=True)))
    target = target_of(management)
    assert target.management["driver"] == "http"
    assert target_driver(
        target, Session(transcript=Transcript(), redact=Redactor(()), limits=TrafficLimits())
    ).deleting
