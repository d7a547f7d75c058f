"""Two results side by side: what one registry keeps and the other does not, or what changed since."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from conformance.report.reading import BadResult, read_result

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["BadResult", "print_comparison"]

ABSENT = "not in it"


def print_comparison(first: Path, second: Path, file: TextIO) -> None:
    """Print the requirements on which two results differ. Raises BadResult."""
    one, other = read_result(first).verdict_by_id, read_result(second).verdict_by_id
    differing = [name for name in sorted(one.keys() | other.keys()) if one.get(name) != other.get(name)]
    if differing:
        print(f"{'requirement':<48} {first.name:<16} {second.name}", file=file)
    for name in differing:
        print(f"{name:<48} {one.get(name, ABSENT):<16} {other.get(name, ABSENT)}", file=file)
    print(f"{len(one.keys() & other.keys())} requirements in both, {len(differing)} differ", file=file)
