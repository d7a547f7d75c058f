"""The files that deletions have spared are known to every process of a run, until it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.corpus.ledger import Entry, Ledger, ledgers
from conformance.run.selection import Selection

if TYPE_CHECKING:
    from pathlib import Path


def test_each_process_knows_what_the_others_have_spared(tmp_path: Path) -> None:
    one, other = Ledger(tmp_path / "run.jsonl").spared, Ledger(tmp_path / "run.jsonl").spared
    one.add("http://127.0.0.1/simple/a/", "a", ["a-1.0.tar.gz", "a-1.1.tar.gz"])
    other.add("http://127.0.0.1/simple/b/", "b", ["b-1.0.tar.gz"])
    assert [file.filename for file in one.files()] == ["a-1.0.tar.gz", "a-1.1.tar.gz", "b-1.0.tar.gz"]
    assert {file.page for file in other.files() if file.project == "b"} == {"http://127.0.0.1/simple/b/"}
    moments = [file.seen for file in one.files()]
    assert moments == sorted(moments)


def test_the_end_of_a_run_leaves_no_list(tmp_path: Path) -> None:
    spared = Ledger(tmp_path / "run.jsonl").spared
    spared.add("http://127.0.0.1/simple/a/", "a", ["a-1.0.tar.gz"])
    spared.remove()
    spared.remove()
    assert spared.files() == ()
    assert list(tmp_path.iterdir()) == []


def test_a_killed_run_leaves_no_list_once_its_ledger_is_swept(tmp_path: Path) -> None:
    killed = Ledger(tmp_path / "run.jsonl")
    entries = [
        Entry(url="http://host/", project="a", version=each, filename=f"a-{each}.tar.gz") for each in "12"
    ]
    for each in entries:
        killed.add(each)
    killed.spared.add("http://127.0.0.1/simple/a/", "a", ["a-1.tar.gz"])
    (swept,) = ledgers(tmp_path)
    swept.keep_only(entries[1:])
    assert len(killed.spared.files()) == 1
    swept.keep_only([])
    assert list(tmp_path.iterdir()) == []


def test_a_check_that_runs_last_has_a_file_of_its_own() -> None:
    (path,) = Selection(only=frozenset({"consistency.spared-to-the-end"})).paths()
    assert path.endswith("test_last.py")
