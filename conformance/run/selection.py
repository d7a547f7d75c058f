"""Which checks a run is about, and where they can be."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from conformance.run.keys import MARK, NAMED_FILES_ONLY, PLUGIN

HERE = Path(__file__).parents[1]
CHECKS = HERE / "checks"

_NAMED = re.compile(r'^@check\("([^"]+)"', re.MULTILINE)
_WORD = re.compile(r"[\w:+\-.\[\]\\/]+")
"""A word of `-k`, as pytest's own scanner takes it."""
_WORDS_OF_EVERY_CHECK = f"{MARK} pytestmark"


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Which checks are run, and how. The default is all of them, one after the other."""

    only: frozenset[str] | None = None
    """Ids of requirements."""
    keyword: str | None = None
    exit_first: bool = False
    processes: str | None = None

    @property
    def whole(self) -> bool:
        """Whether every requirement is to be judged."""
        return self.only is None and not self.keyword and not self.exit_first

    def paths(self) -> list[str]:
        """Return where the selected checks can be: fewer files to collect than all."""
        return list(_paths(CHECKS, self.only, self.keyword or ""))

    def plugins(self) -> list[str]:
        """Return the modules of the plugins that the first process and the workers need."""
        return [PLUGIN, *([NAMED_FILES_ONLY] if self.paths() != [str(CHECKS)] else [])]

    def arguments(self) -> list[str]:
        """Return pytest's arguments. They name the plugins for workers, which have nothing but the arguments."""
        return [
            *(["-k", self.keyword] if self.keyword else []),
            *(["-x"] if self.exit_first else []),
            *(["-p", "xdist", "-n", self.processes, "--dist", "loadgroup"] if self.processes else []),
            *(word for name in (self.plugins() if self.processes else ()) for word in ("-p", name)),
        ]


EVERYTHING = Selection()


@dataclass(frozen=True)
class _File:
    """A file of checks: the requirements that it is about, and every word that `-k` can find a check by."""

    path: Path
    checks: frozenset[str]
    words: str

    def may_match(self, asked: frozenset[str]) -> bool:
        """Tell whether a check of this file may match; only `not` finds a check by a word that it lacks."""
        return not asked or "not" in asked or any(word in self.words for word in asked)


@cache
def _paths(folder: Path, only: frozenset[str] | None, keyword: str) -> tuple[str, ...]:
    """Return the files of a folder that may have a check among `only` that `-k` selects, or the folder for all."""
    if only is None and not keyword:
        return (str(folder),)
    files, asked = _files(folder), _asked(keyword)
    chosen = [
        str(file.path) for file in files if (only is None or only & file.checks) and file.may_match(asked)
    ]
    return tuple(sorted(chosen)) if 0 < len(chosen) < len(files) else (str(folder),)


def _asked(keyword: str) -> frozenset[str]:
    """Return the words of an expression of `-k`, but for `and` and `or`."""
    return frozenset(_WORD.findall(keyword.lower())) - {"and", "or"}


@cache
def _files(folder: Path) -> tuple[_File, ...]:
    files = []
    for path in folder.rglob("test_*.py"):
        text = path.read_text(encoding="utf-8")
        words = f"{path.relative_to(folder.parent)} {_WORDS_OF_EVERY_CHECK} {text}".lower()
        files.append(_File(path, frozenset(_NAMED.findall(text)), words))
    return tuple(files)
