"""What a run has published, written down before it is sent, so that it can be removed again."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from conformance.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


REFUSED = "refused"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One distribution that may exist on a registry because of a run."""

    url: str
    """The repository it was sent to."""
    project: str
    version: str
    filename: str


class BadLedger(UserError):
    """A ledger cannot be read; the message names the file."""


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
        self._append(asdict(entry))

    def note_refusal(self, entry: Entry) -> None:
        """Write down that the registry says it did not take the distribution that was last sent."""
        self._append({REFUSED: asdict(entry)})

    def _append(self, line: dict[str, Any]) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=True) + "\n")

    def entries(self) -> tuple[Entry, ...]:
        """Return what was written down, each once. Raises BadLedger."""
        return tuple(self._counted()[0])

    def refused(self) -> frozenset[Entry]:
        """Return the entries that were refused each time they were sent. Raises BadLedger.

        A registry that breaks its word may have stored them all the same: look there first.
        """
        sent, refused = self._counted()
        return frozenset(entry for entry, times in sent.items() if refused[entry] >= times)

    def _counted(self) -> tuple[Counter[Entry], Counter[Entry]]:
        sent: Counter[Entry] = Counter()
        refused: Counter[Entry] = Counter()
        try:
            for text in self.path.read_text(encoding="utf-8").splitlines() if self.path.exists() else ():
                line = json.loads(text)
                (refused if REFUSED in line else sent)[Entry(**line.get(REFUSED, line))] += 1
        except (ValueError, TypeError, AttributeError, OSError) as error:
            raise BadLedger(f"{self.path} cannot be read as a ledger: {error}") from error
        return sent, refused

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
