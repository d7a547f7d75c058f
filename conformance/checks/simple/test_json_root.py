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
    expect.nothing(of=wrong, is_="but an array of objects with a string `name`", where=root)


@check("simple.json.root.entry-keys")
def test_entry_keys(index: Index) -> None:
    root = json_root(index)
    keys = {key for project in root.page.projects for key in project.raw} - {"name"}
    expect.nothing(
        of=sorted(key for key in keys if not key.startswith("_")),
        is_="beside `name` without an underscore",
        where=root,
    )


@check("simple.json.root.unique")
def test_unique(index: Index) -> None:
    root = json_root(index)
    spellings: dict[str, list[str]] = defaultdict(list)
    for name in root.page.names:
        spellings[canonicalize_name(name)].append(name)
    twice = [" and ".join(names) for names in spellings.values() if len(names) > 1]
    expect.nothing(of=twice, is_="listed twice", where=root)


def _is_named(entry: dict[str, Any]) -> bool:
    return isinstance(entry.get("name"), str)
