"""Several modules become one file, which imports each thing once and nothing of the package."""

from __future__ import annotations

import runpy
from typing import TYPE_CHECKING

from conformance.report.one_file import in_one_file

if TYPE_CHECKING:
    from pathlib import Path

MAIN = '''"""Counts words."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from ours.parts.words import LEAST, words

if TYPE_CHECKING:
    from collections.abc import Iterator

TEXT = "a bb ccc"
"""What is counted."""

FACTOR = 2


def main() -> int:
    """Return the number, twice."""
    return FACTOR * len(list(words(TEXT)))
'''
WORDS = '''"""Words of a text."""

from __future__ import annotations

import sys
from collections.abc import Iterator

LEAST = 2
"""Characters of a word."""


def words(text: str) -> Iterator[str]:
    """Yield the words."""
    return (each for each in text.split() if len(each) >= LEAST)
'''


def test_the_file_does_what_the_modules_do(tmp_path: Path) -> None:
    path = tmp_path / "counts.py"
    path.write_text(in_one_file(MAIN, [WORDS], package="ours"), encoding="utf-8")
    counts = runpy.run_path(str(path))
    assert counts["__doc__"] == "Counts words."
    assert counts["main"]() == 4


def test_what_the_parts_import_stands_at_the_top_once() -> None:
    whole = in_one_file(MAIN, [WORDS], package="ours")
    assert whole.count("import sys\n") == 1
    assert whole.count("from collections.abc import Iterator\n") == 1
    assert whole.index("from collections.abc") < whole.index("TEXT =")
    assert "ours" not in whole


def test_the_first_statement_comes_before_the_parts() -> None:
    whole = in_one_file(MAIN, [WORDS], package="ours")
    order = ["Counts words", "TEXT =", "What is counted.", "LEAST =", "def words", "FACTOR =", "def main"]
    assert [whole.index(each) for each in order] == sorted(whole.index(each) for each in order)
