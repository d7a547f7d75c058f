"""The list of projects in JSON."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from packaging.utils import canonicalize_name

from conformance.checks.simple.json_pages import json_root
from conformance.kit import expect
from conformance.kit.check import check

if TYPE_CHECKING:
    from conformance.kit.fixtures import Index


@check("simple.json.root.projects")
def test_projects(index: Index) -> None:
    root = json_root(index)
    projects = root.document.object.get("projects")
    entries = projects if isinstance(projects, list) else [projects]
    wrong = [repr(entry) for entry in entries if not isinstance(entry, dict) or not _is_named(entry)]
    expect.rule("`projects` to be an array of objects with a string `name`", broken_by=wrong, where=root)


@check("simple.json.root.entry-keys")
def test_entry_keys(index: Index) -> None:
    root = json_root(index)
    keys = {key for project in root.page.projects for key in project.raw} - {"name"}
    expect.rule(
        "every key beside `name` to begin with an underscore",
        broken_by=sorted(key for key in keys if not key.startswith("_")),
        where=root,
    )


@check("simple.json.root.unique")
def test_unique(index: Index) -> None:
    root = json_root(index)
    spellings: dict[str, list[str]] = defaultdict(list)
    for name in root.page.names:
        spellings[canonicalize_name(name)].append(name)
    twice = [" and ".join(names) for names in spellings.values() if len(names) > 1]
    expect.rule("every project to be listed once", broken_by=twice, where=root)


def _is_named(entry: dict[str, Any]) -> bool:
    return isinstance(entry.get("name"), str)
