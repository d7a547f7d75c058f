"""The list of projects in JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.checks.simple.json_pages import json_root
from conformance.kit import expect
from conformance.kit.api_version import is_newer
from conformance.kit.check import check
from conformance.kit.project_names import listed_twice
from conformance.pages.packed import Packed
from conformance.verdicts import NotApplicable

if TYPE_CHECKING:
    from conformance.kit.fixtures import Index


@check("simple.json.root.projects")
def test_projects(index: Index) -> None:
    root = json_root(index)
    projects = root.document.object.get("projects")
    entries = projects if isinstance(projects, list | Packed) else [projects]
    wrong = [repr(entry) for entry in entries if not isinstance(entry, dict) or not _is_named(entry)]
    expect.rule("`projects` to be an array of objects with a string `name`", broken_by=wrong, where=root)


@check("simple.json.root.entry-keys")
def test_entry_keys(index: Index) -> None:
    root = json_root(index)
    if is_newer(declared := root.document.meta.get("api-version")):
        raise NotApplicable(f"the list of projects declares version {declared}, which may define more keys")
    keys = {key for project in root.page.projects for key in project.raw} - {"name"}
    expect.rule(
        "every key beside `name` to begin with an underscore",
        broken_by=sorted(key for key in keys if not key.startswith("_")),
        where=root,
    )


@check("simple.json.root.unique")
def test_unique(index: Index) -> None:
    root = json_root(index)
    expect.rule("every project to be listed once", broken_by=listed_twice(root.page.names), where=root)


def _is_named(entry: dict[str, Any]) -> bool:
    return isinstance(entry.get("name"), str)
