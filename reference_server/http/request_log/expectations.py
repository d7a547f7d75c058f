"""Compares requests with expected ones, line by line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reference_server.http.paths import names_path
from reference_server.http.request_log.lines import line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reference_server.http.request_log.entry import Entry


@dataclass(frozen=True, slots=True)
class Expectation:
    """One expected request: a method, a pattern of its path, and a status if it matters."""

    text: str
    method: str
    path: str
    status: int | None

    def fits(self, entry: Entry) -> bool:
        """Return whether a request is as expected."""
        answered = self.status is None or entry.status == self.status
        return entry.method.upper() == self.method.upper() and answered and names_path(self.path, entry.path)


def expectation(text: str) -> Expectation:
    """Read `METHOD PATH [STATUS]`. Raises ValueError."""
    method, _, rest = text.partition(" ")
    path, _, status = rest.partition(" ")
    if not path or not (status.isdecimal() or not status):
        raise ValueError(f"{text!r} is not METHOD PATH [STATUS], such as 'GET simple/demo 200'")
    return Expectation(text, method, path, int(status) if status else None)


def difference(expected: Iterable[str], found: Sequence[Entry]) -> str:
    """Return the expected and the found requests as a difference of lines, or nothing if they agree.

    A line of `-` was expected and not found, one of `+` was found and not expected.
    """
    wanted = [*map(expectation, expected)]
    if len(wanted) == len(found) and all(each.fits(entry) for each, entry in zip(wanted, found, strict=True)):
        return ""
    lengths = _common_lengths(wanted, found)
    lines, i, j = [], 0, 0
    while i < len(wanted) or j < len(found):
        if i < len(wanted) and j < len(found) and wanted[i].fits(found[j]):
            lines.append(f"  {line(found[j])}")
            i, j = i + 1, j + 1
        elif j == len(found) or (i < len(wanted) and lengths[i + 1][j] >= lengths[i][j + 1]):
            lines.append(f"- {wanted[i].text}")
            i += 1
        else:
            lines.append(f"+ {line(found[j])}")
            j += 1
    return "\n".join(lines)


def _common_lengths(wanted: Sequence[Expectation], found: Sequence[Entry]) -> list[list[int]]:
    """Return how much the rests have in common, by the positions where they begin."""
    lengths = [[0] * (len(found) + 1) for _ in range(len(wanted) + 1)]
    for i in reversed(range(len(wanted))):
        for j in reversed(range(len(found))):
            lengths[i][j] = (
                1 + lengths[i + 1][j + 1]
                if wanted[i].fits(found[j])
                else max(lengths[i + 1][j], lengths[i][j + 1])
            )
    return lengths
