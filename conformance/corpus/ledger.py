"""The ledger of a run: what it publishes, written down before it is sent, so that it can be removed."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import Meta, Struct

from conformance.errors import UserError
from conformance.verdicts.validation import Invalid, validated

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


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


REMEDY = "repair the line, or delete by hand what the file lists and then the file"


class Ledger:
    """The list of one run, as JSON lines in a file of its own.

    Every process of a run appends to the same file: a line is written at once and is short.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def run_id(self) -> str:
        """The id of the run that wrote it, which is in the name of everything the run published."""
        return self.path.stem

    def add(self, entry: Entry) -> None:
        """Write an entry down. To be called before the distribution is sent."""
        self._append(entry)

    def note_refusal(self, entry: Entry) -> None:
        """Write down that the registry refused the distribution that was last sent."""
        self._append(Refusal(refused=entry))

    def _append(self, line: Entry | Refusal) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(msgspec.to_builtins(line), ensure_ascii=True) + "\n")

    def entries(self) -> tuple[Entry, ...]:
        """Return the entries, each once. Raises BadLedger."""
        return tuple(self._counted()[0])

    def refused(self) -> frozenset[Entry]:
        """Return the entries that were refused each time they were sent. Raises BadLedger.

        A registry may have stored them all the same: look there before you forget them.
        """
        sent, refused = self._counted()
        return frozenset(entry for entry, times in sent.items() if refused[entry] >= times)

    def _counted(self) -> tuple[Counter[Entry], Counter[Entry]]:
        sent: Counter[Entry] = Counter()
        refused: Counter[Entry] = Counter()
        for line in self._lines():
            if isinstance(line, Refusal):
                refused[line.refused] += 1
            else:
                sent[line] += 1
        return sent, refused

    def _lines(self) -> list[Entry | Refusal]:
        try:
            texts = self.path.read_text(encoding="utf-8").splitlines() if self.path.exists() else []
        except OSError as error:
            raise BadLedger(f"cannot read {self.path}: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise BadLedger(f"{self.path} is not a ledger: {error}; {REMEDY}") from error
        return [self._line(text, number) for number, text in enumerate(texts, start=1)]

    def _line(self, text: str, number: int) -> Entry | Refusal:
        try:
            table = json.loads(text)
            if isinstance(table, dict) and "refused" in table:
                return validated(table, Refusal)
            return validated(table, Entry)
        except Invalid as error:
            raise BadLedger(f"{self.path} is not a ledger: line {number}: {error}; {REMEDY}") from error
        except (ValueError, RecursionError) as error:
            raise BadLedger(f"{self.path} is not a ledger: line {number}: expected JSON; {REMEDY}") from error

    def keep_only(self, left: Iterable[Entry]) -> None:
        """Reduce the ledger to what is left on the registry; nothing left removes the file."""
        remaining = list(left)
        self.path.unlink(missing_ok=True)
        for entry in remaining:
            self.add(entry)


def ledgers(folder: Path) -> list[Ledger]:
    """Return the ledgers that earlier runs left in `folder`, oldest first."""
    if not folder.is_dir():
        return []
    return [Ledger(path) for path in sorted(folder.glob("*.jsonl"), key=lambda path: path.stat().st_mtime)]
