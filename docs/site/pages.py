"""The pages of the catalogue: one for each requirement, one for each area, and the list of areas."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from conformance.catalogue import Level, Requirement, catalogue
from conformance.catalogue.examples import Example, examples
from conformance.report.explain import in_words, profiles_by_id
from docs.site.fares import Fare, fares

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

TEMPLATES = Path(__file__).parent / "templates"
MARKUP = re.compile(r"([\\*_\[\]<>|#$&{}~^!])")
FENCES = re.compile(r"`+")


@dataclass(frozen=True, kw_only=True)
class Entry:
    """Everything that the page of a requirement has. `before` and `after` are its neighbours in the area."""

    row: Requirement
    source: str
    features: str
    profiles: Sequence[str]
    example: Example | None
    fares: Sequence[Fare]
    before: str
    after: str


def pages() -> Iterator[tuple[str, str]]:
    """Give every page by its name, without the suffix."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=False,  # noqa: S701 - Markdown of our own texts; `prose` escapes its markup
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: dict[str, Callable[..., Any]] = {"prose": prose, "cell": cell, "code": code, "fenced": fenced}
    environment.filters |= filters
    entries = [*_entries()]
    areas = {area: [*members] for area, members in groupby(entries, attrgetter("row.area"))}
    levels = {area: Counter(each.row.level for each in found) for area, found in areas.items()}
    index = environment.get_template("index.md")
    yield "index", index.render(areas=areas, levels=levels, level_names=[*Level], total=len(entries))
    for area, found in areas.items():
        yield area, environment.get_template("area.md").render(area=area, entries=found)
    for entry in entries:
        yield entry.row.id, environment.get_template("requirement.md").render(entry=entry, row=entry.row)


def prose(text: str) -> str:
    """Return a text of ours as Markdown: what stands between backticks is code, everything else is plain."""
    pieces = text.split("`")
    return "".join(
        code(each) if number % 2 else MARKUP.sub(r"\\\1", each) for number, each in enumerate(pieces)
    )


def cell(text: str) -> str:
    """Return a text of ours as Markdown for a cell of a table, where code may not have a plain `|` either."""
    return re.sub(r"(?<!\\)\|", r"\\|", prose(text))


def code(text: str) -> str:
    """Return a text in the font of code, inside of a line."""
    quote = "`" * (max((len(each) for each in FENCES.findall(text)), default=0) + 1)
    space = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{quote}{space}{text}{space}{quote}"


def fenced(text: str) -> str:
    """Return a text as a block of its own, as it is."""
    fence = "`" * max(3, max((len(each) for each in FENCES.findall(text)), default=0) + 1)
    return f"{fence}text\n{text}\n{fence}"


def _entries() -> Iterator[Entry]:
    known = catalogue()
    profiles, faring = profiles_by_id(known), fares()
    rows = sorted(known, key=lambda row: row.area)
    for number, row in enumerate(rows):
        before, after = rows[max(number - 1, 0)], rows[min(number + 1, len(rows) - 1)]
        yield Entry(
            row=row,
            source=known.cite(row),
            features=in_words(row.feature),
            profiles=profiles[row.id],
            example=examples().get(row.id),
            fares=faring.get(row.id, ()),
            before=before.id if before.area == row.area and before is not row else "",
            after=after.id if after.area == row.area and after is not row else "",
        )
