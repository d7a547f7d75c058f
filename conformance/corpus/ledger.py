"""The ledger of a run: what it publishes, written down before it is sent, so that it can be removed."""

from __future__ import annotations

import json
import os
import tempfile
import weakref
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Annotated, NoReturn
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta, Struct

from conformance.corpus.spared import Spared
from conformance.errors import UserError
from conformance.verdicts.validation import Invalid, validated

if TYPE_CHECKING:
    from collections.abc import Iterable


class Entry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A distribution that a run sends, written down before it is sent."""

    url: Annotated[str, Meta(description="The URL of the repository.")]
    project: Annotated[str, Meta(description="The name of the project, as it was sent.")]
    version: str
    filename: str


class Refusal(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The note that the registry refused a distribution when it was last sent."""

    refused: Entry


class BadLedger(UserError):
    """A ledger cannot be read; the message names the file."""


@dataclass(frozen=True, kw_only=True)
class _Lines:
    """What a ledger holds: its lines, and the numbers of those that were cut off while they were written."""

    whole: tuple[Entry | Refusal, ...]
    torn: tuple[int, ...]


REMEDY = "repair the line, or delete by hand what the file lists and then the file"


class Ledger:
    """The list of one run, as JSON lines in a file of its own.

    Every process of a run appends to the same file: a line is written at once and is short. A line that was cut off,
    as by a full disk, is passed over: what it was to announce was never sent.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.spared = Spared(path.with_suffix(".spared"))
        self._file: _OpenFile | None = None
        self._writing = Lock()

    @property
    def run_id(self) -> str:
        """The id of the run that wrote it, which is in the name of everything the run published."""
        return self.path.stem

    def add(self, entry: Entry) -> None:
        """Write an entry down. To be called before the distribution is sent. Raises UserError."""
        self._append(entry)

    def note_refusal(self, entry: Entry) -> None:
        """Write down that the registry refused the distribution that was last sent."""
        self._append(Refusal(refused=entry))

    def _append(self, line: Entry | Refusal) -> None:
        written = _written(line)
        try:
            with self._writing:
                if self._file is None or self._file.is_gone():
                    self._file = None
                    self._file = _OpenFile(self.path)
                self._file.append(written)
        except OSError as error:
            _refuse_folder("write", self.path, error)

    def entries(self) -> tuple[Entry, ...]:
        """Return the entries, each once. Raises BadLedger."""
        return tuple(self._counted()[0])

    def refused(self) -> frozenset[Entry]:
        """Return the entries that were refused each time they were sent. Raises BadLedger.

        A registry may have stored them all the same: look there before you forget them.
        """
        sent, refused = self._counted()
        return frozenset(entry for entry, times in sent.items() if refused[entry] >= times)

    def torn(self) -> tuple[int, ...]:
        """Return the numbers of the lines that were cut off while they were written. Raises BadLedger."""
        return self._lines().torn

    def _counted(self) -> tuple[Counter[Entry], Counter[Entry]]:
        sent: Counter[Entry] = Counter()
        refused: Counter[Entry] = Counter()
        for line in self._lines().whole:
            if isinstance(line, Refusal):
                refused[line.refused] += 1
            else:
                sent[line] += 1
        return sent, refused

    def _lines(self) -> _Lines:
        try:
            texts = self.path.read_text(encoding="utf-8").splitlines() if self.path.exists() else []
        except OSError as error:
            raise BadLedger(f"cannot read {self.path}: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise BadLedger(f"{self.path} is not a ledger: {error}; {REMEDY}") from error
        read = {
            number: self._line(text, number) for number, text in enumerate(texts, start=1) if text.strip()
        }
        return _Lines(
            whole=tuple(line for line in read.values() if line is not None),
            torn=tuple(number for number, line in read.items() if line is None),
        )

    def _line(self, text: str, number: int) -> Entry | Refusal | None:
        """Return a line of the file; None for one that was cut off."""
        try:
            table = json.loads(text)
        except (ValueError, RecursionError) as error:
            if _START.startswith(text[: len(_START)]):
                return None
            raise BadLedger(f"{self.path} is not a ledger: line {number}: expected JSON; {REMEDY}") from error
        try:
            if isinstance(table, dict) and "refused" in table:
                return validated(table, Refusal)
            entry = validated(table, Entry)
            _ = urlsplit(entry.url).port  # raises ValueError
        except Invalid as error:
            raise BadLedger(f"{self.path} is not a ledger: line {number}: {error}; {REMEDY}") from error
        except ValueError as error:
            raise BadLedger(f"{self.path} is not a ledger: line {number}: url: {error}; {REMEDY}") from error
        else:
            return entry

    def keep_only(self, left: Iterable[Entry]) -> None:
        """Reduce the ledger to what is left on the registry; nothing left removes the file, and that of spared files.

        The file is complete at every moment, as it was or as it will be. Raises UserError, and BadLedger.
        """
        remaining = dict.fromkeys(left)
        refused = self.refused() if remaining else frozenset()
        self._file = None  # some systems replace and remove no file that is open
        try:
            if not remaining:
                self.path.unlink(missing_ok=True)
                self.spared.remove()
                return
            with tempfile.NamedTemporaryFile(
                dir=self.path.parent, prefix=f".{self.path.name}.", suffix=".tmp", delete=False
            ) as file:
                for entry in remaining:
                    file.write(_written(entry))
                    if entry in refused:
                        file.write(_written(Refusal(refused=entry)))
            Path(file.name).replace(self.path)
        except OSError as error:
            _refuse_folder("write", self.path, error)


_START = '{"'
"""How every line of a ledger begins."""


class _OpenFile:
    """A file that lines are added to. It stays open: to open it for each line costs more than to write the line."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0)
        self._number = os.open(path, flags, 0o666)
        weakref.finalize(self, os.close, self._number)

    def is_gone(self) -> bool:
        """Tell whether the file was removed or replaced, as by a sweep."""
        return os.fstat(self._number).st_nlink == 0

    def append(self, line: bytes) -> None:
        """Write a line at once; where it is cut off, write it again. Raises OSError, as for a full disk."""
        whole = False
        while not whole:
            whole_line = self._separator() + line
            whole = os.write(self._number, whole_line) == len(whole_line)

    def _separator(self) -> bytes:
        """Return the line break that a line needs before it, where the last one was cut off."""
        if not os.lseek(self._number, 0, os.SEEK_END):
            return b""
        os.lseek(self._number, -1, os.SEEK_END)
        return b"" if os.read(self._number, 1) == b"\n" else b"\n"


def _written(line: Entry | Refusal) -> bytes:
    return (json.dumps(msgspec.to_builtins(line), ensure_ascii=True) + "\n").encode()


def _refuse_folder(what: str, path: Path, error: OSError) -> NoReturn:
    raise UserError(
        f"cannot {what} {path}: {error.strerror}",
        "--ledgers names a folder for the lists of published files.",
    ) from error


def ledgers(folder: Path) -> list[Ledger]:
    """Return the ledgers that earlier runs left in `folder`, oldest first. Raises UserError if it is no folder."""
    found: dict[Path, float] = {}
    try:
        for path in folder.iterdir():
            if path.suffix == ".jsonl":
                with suppress(FileNotFoundError):  # a run that has just ended removed it
                    found[path] = path.stat().st_mtime
    except FileNotFoundError:
        return []
    except OSError as error:
        _refuse_folder("read", folder, error)
    return [Ledger(path) for path in sorted(found, key=lambda path: found[path])]
