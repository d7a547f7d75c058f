"""The ledger: written before anything is sent, read after a crash."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from conformance.corpus.ledger import BadLedger, Entry, Ledger, ledgers
from conformance.errors import UserError


def entry(number: int) -> Entry:
    return Entry(url="http://host/", project=f"Prüfling-{number}", version="1.0", filename=f"f-{number}.whl")


def test_what_was_added_is_read_back_once(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "deep" / "run.jsonl")
    assert ledger.entries() == ()
    for number in (1, 2, 1):
        ledger.add(entry(number))
    assert ledger.entries() == (entry(1), entry(2))
    assert ledger.run_id == "run"


def test_several_writers_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: Ledger(path).add(entry(number)), range(200)))
    assert set(Ledger(path).entries()) == {entry(number) for number in range(200)}


def test_a_line_is_there_for_others_as_soon_as_it_is_added(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "run.jsonl")
    for number in range(3):
        ledger.add(entry(number))
        assert Ledger(ledger.path).entries()[-1] == entry(number)


@pytest.mark.parametrize("gone", ["removed", "reduced"])
def test_a_ledger_that_another_took_away_is_begun_anew(gone: str, tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "run.jsonl")
    for number in (1, 2):
        ledger.add(entry(number))
    Ledger(ledger.path).keep_only([entry(2)] if gone == "reduced" else [])
    ledger.add(entry(3))
    assert Ledger(ledger.path).entries() == ((entry(2), entry(3)) if gone == "reduced" else (entry(3),))


def test_a_ledger_goes_on_after_it_was_reduced(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "run.jsonl")
    for left in ([entry(1)], []):
        ledger.add(entry(1))
        ledger.keep_only(left)
        ledger.add(entry(2))
        assert ledger.entries() == (*left, entry(2))


def test_a_line_that_is_cut_off_is_written_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []

    def write(number: int, data: bytes) -> int:
        sizes.append(len(data))
        return written(number, data[:20] if len(sizes) == 1 else data)

    written = os.write
    monkeypatch.setattr(os, "write", write)
    ledger = Ledger(tmp_path / "run.jsonl")
    ledger.add(entry(1))
    assert ledger.entries() == (entry(1),)
    assert ledger.torn() == (1,)
    assert len(sizes) == 2


def test_a_line_that_does_not_fit_is_a_mistake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def write(number: int, data: bytes) -> int:
        if os.fstat(number).st_size:
            raise OSError(28, "No space left on device")
        return written(number, data[:20])

    written = os.write
    monkeypatch.setattr(os, "write", write)
    ledger = Ledger(tmp_path / "run.jsonl")
    with pytest.raises(UserError, match="No space left on device"):
        ledger.add(entry(1))
    assert ledger.entries() == ()


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="counts open files by /proc")
def test_a_ledger_has_one_open_file_and_leaves_none(tmp_path: Path) -> None:
    def open_files() -> int:
        found = [each for each in Path("/proc/self/fd").iterdir() if each.is_symlink()]
        return sum(str(each.readlink()).startswith(str(tmp_path)) for each in found)

    ledger = Ledger(tmp_path / "run.jsonl")
    for number in range(5):
        ledger.add(entry(number))
    assert open_files() == 1
    ledger.keep_only([])
    assert open_files() == 0
    ledger.add(entry(1))
    del ledger
    assert open_files() == 0


def test_an_empty_ledger_is_no_file(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "run.jsonl")
    ledger.add(entry(1))
    ledger.add(entry(2))
    ledger.keep_only([entry(2)])
    assert ledger.entries() == (entry(2),)
    ledger.keep_only([])
    assert not ledger.path.exists()
    ledger.keep_only([])


def test_ledgers_of_earlier_runs_are_found(tmp_path: Path) -> None:
    Ledger(tmp_path / "one.jsonl").add(entry(1))
    (tmp_path / "notes.txt").write_text("not a ledger")
    assert [ledger.run_id for ledger in ledgers(tmp_path)] == ["one"]
    assert ledgers(tmp_path / "absent") == []


def test_only_what_was_refused_each_time_counts_as_refused(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "run.jsonl")
    for number in (1, 1, 2):
        ledger.add(entry(number))
    ledger.note_refusal(entry(1))
    ledger.note_refusal(entry(2))
    assert ledger.entries() == (entry(1), entry(2))
    assert ledger.refused() == {entry(2)}


def test_a_line_that_was_cut_off_hides_no_other(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    ledger = Ledger(path)
    ledger.add(entry(1))
    with path.open("ab") as file:
        file.write(b'\n  \n{"url": "http://ho')
    assert ledger.entries() == (entry(1),)
    assert ledger.torn() == (4,)
    ledger.add(entry(2))
    assert ledger.entries() == (entry(1), entry(2))
    ledger.keep_only([entry(2)])
    assert ledger.entries() == (entry(2),)
    assert ledger.torn() == ()
    assert list(tmp_path.iterdir()) == [path]


def test_what_is_kept_stays_refused(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "run.jsonl")
    for number in (1, 2, 3):
        ledger.add(entry(number))
    ledger.note_refusal(entry(2))
    ledger.keep_only([entry(2), entry(3)])
    assert ledger.entries() == (entry(2), entry(3))
    assert ledger.refused() == {entry(2)}


def test_a_rewrite_that_fails_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    ledger = Ledger(tmp_path / "run.jsonl")
    for number in (1, 2):
        ledger.add(entry(number))
    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(UserError, match="No space left on device"):
        ledger.keep_only([entry(2)])
    assert ledger.entries() == (entry(1), entry(2))


def test_a_folder_below_a_file_is_a_mistake(tmp_path: Path) -> None:
    folder = tmp_path / "file" / "ledgers"
    folder.parent.write_text("")
    for action in (lambda: ledgers(folder), lambda: Ledger(folder / "run.jsonl").add(entry(1))):
        with pytest.raises(UserError, match="Not a directory") as raised:
            action()
        assert raised.value.exit_code == 2
        assert "--ledgers" in raised.value.hint


LINE = '{"url": "u", "project": "p", "version": "1", "filename": "f"}'


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ('{"url": "http://host/"}', "line 2: expected the key project, found none"),
        (LINE.replace('"1"', "1"), "line 2: version: expected text in quotes, found a whole number"),
        (LINE.replace("{", '{"colour": "red", '), "line 2: unknown key 'colour'"),
        (f'{{"refused": {LINE}, "twice": 2}}', "line 2: unknown key 'twice', expected one of refused"),
        ('{"refused": 3}', "line 2: refused: expected a table, found a whole number"),
        ("# notes", "line 2: expected JSON"),
        (LINE.replace('"u"', '"http://[::1/"'), "line 2: url: Invalid IPv6 URL"),
        (LINE.replace('"u"', '"http://host:port/"'), "line 2: url: Port could not be cast"),
        ("[]", "line 2: expected a table, found a list"),
        ("\udcff", "is not a ledger: "),
    ],
)
def test_a_broken_ledger_is_explained_in_one_line(line: str, complaint: str, tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    path.write_bytes(f"{LINE}\n{line}\n".encode("utf-8", "surrogateescape"))
    with pytest.raises(BadLedger) as raised:
        Ledger(path).entries()
    assert str(raised.value).startswith(f"{path} is not a ledger: ")
    assert complaint in str(raised.value)
    assert str(raised.value).endswith(
        "; repair the line, or delete by hand what the file lists and then the file"
    )
    assert "\n" not in str(raised.value)
