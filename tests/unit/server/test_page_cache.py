from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from reference_server import create_app
from reference_server.faults import Fault
from reference_server.rendering import html, json
from reference_server.rendering.page_cache import PageCache, RenderedPage
from reference_server.rules.negotiation import SIMPLE_JSON

from .pages import SIMPLE

if TYPE_CHECKING:
    from collections.abc import Callable

    from reference_server.rendering.pages import ProjectPage
    from reference_server.rules.registry import Registry

FIRST = "demo-1.0.tar.gz"

CHANGES: list[Callable[[Registry], Any]] = [
    lambda registry: registry.publish("demo-2.0.tar.gz", b"2"),
    lambda registry: registry.yank("demo", version="1.0"),
    lambda registry: registry.yank("demo", version="1.0", reason="why"),
    lambda registry: registry.unyank("demo", version="1.0"),
    lambda registry: registry.set_status("demo", "archived"),
    lambda registry: registry.set_status("demo", "archived", reason="why"),
    lambda registry: registry.set_status("demo", "quarantined"),
    lambda registry: registry.set_status("demo", "active"),
    lambda registry: registry.attach_provenance("demo", FIRST, {"version": 1}),
    lambda registry: registry.delete("demo", filename="demo-2.0.tar.gz"),
    lambda registry: registry.delete_package(registry.gitlab_project("1"), 1),
]


@pytest.fixture(autouse=True)
def first(registry: Registry) -> None:
    registry.publish(FIRST, b"1")


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was rendered, in order."""
    done: list[str] = []
    for module in (html, json):
        for name in ("project_page", "root_page"):
            real = getattr(module, name)
            monkeypatch.setattr(
                module, name, lambda page, real=real, name=name: [done.append(name), real(page)][1]
            )
    return done


@pytest.mark.parametrize("accept", ["text/html", SIMPLE_JSON])
def test_a_page_is_never_stale(api: Any, registry: Registry, accept: str) -> None:
    seen = set()
    for change in CHANGES:
        kept = api.get(f"{SIMPLE}/demo/", headers={"Accept": accept})
        assert kept.data == api.get(f"{SIMPLE}/demo/", headers={"Accept": accept}).data
        seen.add(kept.headers["ETag"])
        change(registry)
        again = {"Accept": accept, "If-None-Match": kept.headers["ETag"]}
        answer = api.get(f"{SIMPLE}/demo/", headers=again)
        fresh = type(api)(registry).get(f"{SIMPLE}/demo/", headers={"Accept": accept})
        assert (answer.status_code, answer.data) == (fresh.status_code, fresh.data)
    assert fresh.status_code == 404
    assert len(seen) == len(CHANGES) - 2  # a yank and a status that are taken back leave no trace


@pytest.mark.parametrize("accept", ["text/html", SIMPLE_JSON])
def test_the_root_is_never_stale(api: Any, registry: Registry, accept: str) -> None:
    def root() -> bytes:
        data: bytes = api.get(f"{SIMPLE}/", headers={"Accept": accept}).data
        return data

    one = root()
    registry.publish("other-1.0.tar.gz", b"")
    two = root()
    assert b"other" in two
    registry.delete("other")
    assert root() == one


def test_a_page_is_rendered_once(api: Any, registry: Registry, rendered: list[str]) -> None:
    for _ in range(3):
        for accept in ("text/html", SIMPLE_JSON):
            api.get(f"{SIMPLE}/", headers={"Accept": accept})
            api.get(f"{SIMPLE}/demo/", headers={"Accept": accept, "Accept-Encoding": "gzip"})
            api.request("HEAD", f"{SIMPLE}/demo/", headers={"Accept": accept})
    assert sorted(rendered) == ["project_page", "project_page", "root_page", "root_page"]
    registry.publish("other-1.0.tar.gz", b"")
    api.get(f"{SIMPLE}/demo/")
    assert len(rendered) == 4, "another project's upload changes nothing here"


def test_gitlab_projects_do_not_share_pages(api: Any, registry: Registry) -> None:
    registry.publish("demo-9.0.tar.gz", b"", gitlab_project=2)
    assert b"demo-9.0" not in api.get(f"{SIMPLE}/demo/").data
    assert b"demo-9.0" in api.get("/projects/2/packages/pypi/simple/demo/").data


def test_rules_do_not_share_pages(api: Any, registry: Registry) -> None:
    api.get(f"{SIMPLE}/demo/")
    registry.rules = replace(registry.rules, lists=lambda _file: False)
    assert type(api)(registry).get(f"{SIMPLE}/demo/").status_code == 404
    assert api.get(f"{SIMPLE}/demo/").status_code == 200


def test_access_is_checked_also_for_a_page_that_is_kept(api: Any) -> None:
    assert api.get(f"{SIMPLE}/demo/").status_code == 200
    assert api.get(f"{SIMPLE}/demo/", password=None).status_code == 401


class Counted(Fault):
    """Says how often it was asked."""

    def __init__(self) -> None:
        self.count = 0

    def project_page(self, page: ProjectPage) -> ProjectPage:
        """Count."""
        self.count += 1
        return replace(page, name=f"call {self.count}")


def test_with_a_fault_every_page_is_rendered_anew(api_with: Any) -> None:
    api = api_with(Counted())
    texts = [api.get(f"{SIMPLE}/demo/").text for _ in range(2)]
    assert "call 1" in texts[0]
    assert "call 2" in texts[1]


def test_the_oldest_page_goes_first() -> None:
    pages = PageCache(limit=2)
    made: list[str] = []

    def ask(key: str, serial: int = 0) -> None:
        pages.page(key, serial, lambda: [made.append(key), RenderedPage(b"", "")][1])

    for key in ("a", "b", "a", "c", "a", "b"):
        ask(key)
    assert made == ["a", "b", "c", "b"]
    ask("a", serial=1)
    assert made[-1] == "a"


def test_a_file_is_found_without_looking_at_all_of_them(
    api: Any, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = registry.publish("demo-3.0.tar.gz", b"3")
    monkeypatch.setattr(registry.store, "packages", lambda _project: pytest.fail("all packages were listed"))
    path = f"/projects/1/packages/pypi/files/{file.sha256}/{file.filename}"
    assert api.get(path).data == b"3"
    registry.delete("demo", version="3.0")
    assert api.get(path).status_code == 404
    registry.publish("demo-3.0.tar.gz", b"3")
    assert api.get(path).data == b"3"


def test_the_application_can_be_made_of_rules_alone(registry: Registry) -> None:
    assert create_app(registry, rules=replace(registry.rules, gzips_from=None))
