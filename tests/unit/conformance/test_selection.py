"""A selection leaves out only files that have nothing of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.catalogue import catalogue
from conformance.run.keys import MARK
from conformance.run.selection import CHECKS, HERE, Selection


class Collected:
    """Every check, and what pytest's `-k` looks at to find it."""

    def __init__(self) -> None:
        self.names: dict[str, set[str]] = {}
        self.files: dict[str, Path] = {}

    def pytest_configure(self, config: pytest.Config) -> None:
        config.addinivalue_line("markers", f"{MARK}(id)")

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        for item in session.items:
            assert isinstance(item, pytest.Function)
            (mark,) = item.iter_markers(MARK)
            parents = {node.name for node in item.listchain() if not isinstance(node, pytest.Session)}
            marks = {each.name for each in item.iter_markers()}
            self.names[mark.args[0]] = {mark.args[0], *parents, *marks, *vars(item.function)} - {"", "."}
            self.files[mark.args[0]] = item.path


@pytest.fixture(scope="module")
def collected() -> Collected:
    found = Collected()
    own = ("-c", str(HERE / "pytest.ini"), f"--rootdir={HERE}", "--collect-only", "--assert=plain")
    alone = ("-p", "no:terminal", "-p", "no:faulthandler")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
        patched.delenv("PYTEST_ADDOPTS", raising=False)
        assert pytest.main([str(CHECKS), *own, *alone], plugins=[found]) == 0
    return found


def is_in(file: Path, selection: Selection) -> bool:
    return any(file.is_relative_to(path) for path in selection.paths())


def test_whatever_finds_a_check_finds_its_file(collected: Collected) -> None:
    assert collected.names.keys() == {row.id for row in catalogue() if not row.untested}
    names = {(name, collected.files[each]) for each, found in collected.names.items() for name in found}
    assert len(names) > len(collected.names)
    lost = [
        (name, file)
        for name, file in names
        if not is_in(file, Selection(keyword=f"({name.upper()} and nothing.at.all) or {name}"))
    ]
    assert lost == []


@pytest.mark.parametrize(
    ("selection", "files"),
    [
        (Selection(keyword="simple.html.doctype"), {"checks/simple/test_html_documents.py"}),
        (
            Selection(keyword="(simple.html.doctype)or(nothing.at.all)"),
            {"checks/simple/test_html_documents.py"},
        ),
        (Selection(only=frozenset({"simple.html.doctype"})), {"checks/simple/test_html_documents.py"}),
        (Selection(only=frozenset({"simple.html.doctype"}), keyword="yanked.null"), {"checks"}),
        (Selection(keyword="not simple"), {"checks"}),
        (Selection(keyword="nothing.at.all"), {"checks"}),
        (Selection(), {"checks"}),
    ],
    ids=str,
)
def test_files_that_have_nothing_of_it_are_left_out(selection: Selection, files: set[str]) -> None:
    assert {Path(path).relative_to(HERE).as_posix() for path in selection.paths()} == files
