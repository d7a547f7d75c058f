"""Two results side by side: two registries, or two runs of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from conformance.report.result_file import read_result
from conformance.verdicts.counting import counted

if TYPE_CHECKING:
    from pathlib import Path

ABSENT = "not in the result"


def print_comparison(first: Path, second: Path, file: TextIO) -> None:
    """Print the requirements on which two results differ. Raises BadResult."""
    one, other = read_result(first).verdict_by_id, read_result(second).verdict_by_id
    differing = [name for name in sorted(one.keys() | other.keys()) if one.get(name) != other.get(name)]
    if differing:
        print(f"{'requirement':<48} {first.name:<16} {second.name}", file=file)
    for name in differing:
        print(f"{name:<48} {one.get(name, ABSENT):<16} {other.get(name, ABSENT)}", file=file)
    both = counted(len(one.keys() & other.keys()), "requirement")
    print(f"{both} in both, {len(differing)} {'differs' if len(differing) == 1 else 'differ'}", file=file)
