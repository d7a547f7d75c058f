"""What is measured: hostile answers, in places, met by commands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.hostile.answers import API, ENDLESS, FILES, ODD, SLOW

if TYPE_CHECKING:
    from pathlib import Path

SHORT = ("--timeout", "2", "--answer-time", "4")
LONG = ("--timeout", "20", "--answer-time", "30")
LIMITS = ("--examples", "1", "--rounds", "1", "--settle", "1", "--max-megabytes", "1000")
READ = ("--profile", "index", "--layout", "gitlab-project", "--read-only", "--project", "demo")
FEW = "simple.html.doctype or simple.html.root or consistency"
"""The checks that read slow pages."""
PAGES = "consistency or simple.json or simple.requires or http.pages or metadata.served"
"""The checks that read pages."""
UPLOADS = "upload.status or upload.dup or upload.digest or simple.name or gitlab.rest"
"""The checks of a run with uploads."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """A command at a registry with one hostile answer in one place."""

    answer: str
    place: str
    command: str = "read"
    keyword: str = ""
    later: bool = False

    @property
    def name(self) -> str:
        """What is measured."""
        return f"{self.command}: {self.answer}, {self.place}{' later' if self.later else ''}"

    def arguments(self, folder: Path) -> list[str]:
        """Return the command's arguments, but for the URL and the password."""
        limits = SHORT if self.answer in SLOW else LONG
        ledgers = ["--username", "__token__", "--ledgers", str(folder / "ledgers")]
        chosen = ["-k", self.keyword] if self.keyword else []
        result = ["--json", str(folder / "result.json"), *LIMITS, *limits, *chosen]
        return {
            "read": ["run", *ledgers, *result, *READ],
            "write": ["run", *ledgers, *result],
            "doctor": ["doctor", "--username", "__token__", *limits],
            "sweep": ["sweep", *ledgers, *limits],
        }[self.command]


WHOLE = (
    *("endless body", "gzip bomb", "5,000 fields", "no links", "200,000 files", "redirect elsewhere"),
    *("40 MB, always another", "60 MB, wide, always another", "JSON, 2.4 million values", "cut body"),
)
"""The answers that every check of a run meets; a choice of areas meets the others."""
DOOR = (
    *(
        "endless body",
        "gzip bomb",
        "endless 103",
        "drip of a body",
        "no links",
        "200,000 files",
        "files elsewhere",
    ),
    *("40 MB, always another", "redirect elsewhere", "401, odd challenges", "429, a year", "no bytes"),
    *("JSON, 2.4 million values", "gzip that is none"),
)
ROOT = ("200,000 projects", "endless body", "redirect elsewhere", "40 MB, always another")
FILE = ("endless body", "gzip bomb", "cut body", "redirect elsewhere", "redirect loop", *list(FILES)[:4])
METADATA = ("endless body", "gzip bomb", *list(FILES)[4:])
UPLOAD = (
    *("endless body", "gzip bomb", "drip of a body", "drip of 100", "huge field", "redirect elsewhere"),
    *("308 elsewhere", "401, odd challenges", "429, a year", "no bytes", "gzip that is none", "cut body"),
    *("API, deep", "API, 20 million values", "API, task elsewhere"),
)
REST = (*API, "endless body", "redirect elsewhere", "gzip bomb")
SWEPT = (*REST, "429, a year", "drip of a body")


def cases() -> list[Case]:
    """Return everything that is measured."""
    chosen = [name for name in (*ENDLESS, *ODD) if name not in WHOLE]
    return [
        *(Case(answer=name, place="page", later=True, keyword=PAGES) for name in chosen),
        *(Case(answer=name, place="page", later=True, keyword=FEW) for name in SLOW),
        *(Case(answer=name, place="page") for name in DOOR),
        *(Case(answer=name, place="root", later=True, keyword=PAGES) for name in ROOT),
        *(Case(answer=name, place="file", later=True, keyword=PAGES) for name in FILE),
        *(Case(answer=name, place="metadata", later=True, keyword=PAGES) for name in METADATA),
        *(Case(answer=name, place="api", command="sweep") for name in SWEPT),
        *(Case(answer=name, place="everything", command="doctor") for name in DOOR),
        *(
            Case(answer=name, place="api", command="write", later=True, keyword="gitlab.rest")
            for name in REST
        ),
        *(
            Case(answer=name, place="upload", command="write")
            for name in ("endless body", "redirect elsewhere")
        ),
        *(Case(answer=name, place="upload", command="write", later=True, keyword=UPLOADS) for name in UPLOAD),
        *(Case(answer=name, place="page", later=True) for name in WHOLE),
    ]
