"""All that the users of a load have seen, put together, and what is there once it has settled."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence  # noqa: TC003 - part of the public types
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from conformance.histories.operation import Kind, Operation, Outcome
from conformance.load.listing import listed
from conformance.load.record import by_purpose, percentile

if TYPE_CHECKING:
    from collections.abc import Iterable

    from conformance.load.record import Batch, Sample, Sighting
    from conformance.pages import ProjectPage

CLOCKS_DIFFER = 0.5
"""Seconds by which the clocks of two machines may differ: an operation may have begun earlier and ended later."""


@dataclass(frozen=True, kw_only=True)
class SettledProject:
    """A project once the load has ended and settled: its page in each form, None where there is none.

    `served` are the digests of what was downloaded then, by file name, empty for what was not found (404, 410). What
    got another answer is not among them. `unread` says why a form could not be read.
    """

    name: str
    html: ProjectPage | None
    json: ProjectPage | None
    where: str
    served: Mapping[str, str] = field(default_factory=dict)
    unread: str = ""

    @property
    def was_read(self) -> bool:
        """Whether there is a page in some form."""
        return self.html is not None or self.json is not None

    @cached_property
    def listed(self) -> Mapping[str, str]:
        """The files of the page with their SHA-256, in the form that there is."""
        return listed(self.json or self.html)


@dataclass(frozen=True, kw_only=True)
class Traffic:
    """What was asked and answered under load. `patience` are the seconds that a change may take to be shown.

    `begun` and `not_begun` count the visits of an open load by the second.

    `lag` are the seconds by which the processes of the load were late themselves, and `skew` those by which the clocks
    of its machines differ. `ended` says why the load ended before its time. `listed_projects` is None where the root
    page could not be read, and `root` says why then. `replaces` says that the registry overwrites files that
    are uploaded again, load or not.
    """

    operations: Sequence[Operation]
    samples: Sequence[Sample]
    sightings: Sequence[Sighting]
    begun: Mapping[int, int] = field(default_factory=dict)
    not_begun: Mapping[int, int] = field(default_factory=dict)
    settled: Mapping[str, SettledProject] = field(default_factory=dict)
    listed_projects: frozenset[str] | None = None
    root: str = ""
    replaces: bool = False
    patience: float = 0.0
    lag: float = 0.0
    skew: float = 0.0
    ended: str = ""
    processes: int = 1

    @cached_property
    def uploads(self) -> Sequence[Operation]:
        """Every upload, whatever came of it."""
        return [each for each in self.operations if each.kind is Kind.UPLOAD]

    @cached_property
    def accepted(self) -> Mapping[tuple[str, str], frozenset[str]]:
        """The digests that were accepted for each file, by project and file name."""
        found: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        for each in self.uploads:
            if each.outcome is Outcome.DONE:
                found[each.project, each.file].add(each.content)
        return {key: frozenset(contents) for key, contents in found.items()}

    @property
    def contested(self) -> frozenset[str]:
        """The names of files that were accepted with different bytes."""
        return frozenset(file for (_, file), contents in self.accepted.items() if len(contents) > 1)

    def contents_of(self, file: str) -> frozenset[str]:
        """Return the digests that were accepted for a file name."""
        return frozenset(
            content for (_, name), contents in self.accepted.items() if name == file for content in contents
        )

    @cached_property
    def by_project(self) -> Mapping[str, Sequence[Operation]]:
        """The operations of each project."""
        found: defaultdict[str, list[Operation]] = defaultdict(list)
        for each in self.operations:
            found[each.project].append(each)
        return found

    def seen(self, kind: str) -> Sequence[Sighting]:
        """Return what users noticed at once, of one kind."""
        return [each for each in self.sightings if each.kind == kind]


def put_together(batches: Sequence[Batch], last: Sequence[Operation], *, host: str) -> Sequence[Operation]:
    """Return the operations of all processes and the last look's, which `host` made.

    Their limits are wider where they come from several machines.
    """
    found = [*(each for batch in batches for each in batch.operations), *last]
    if not {each.host for each in batches if each.operations} - {host}:
        return found
    return [
        replace(each, called=each.called - CLOCKS_DIFFER, returned=each.returned + CLOCKS_DIFFER)
        for each in found
    ]


def by_second(counts: Iterable[Mapping[int, int]]) -> Mapping[int, int]:
    """Return the sums of what several processes have counted by the second."""
    found: Counter[int] = Counter()
    for each in counts:
        found.update(each)
    return found


def skew_of(batches: Iterable[Batch]) -> float:
    """Return the most seconds by which the clock of a process differs from this one's.

    Of each process the batch that was fastest counts, as the way of a batch takes time, too.
    """
    least: dict[str, float] = {}
    for each in batches:
        least[each.process] = min(each.skew, least.get(each.process, each.skew))
    return max(map(abs, least.values()), default=0.0)


def seconds_at(samples: Sequence[Sample], purpose: str, part: float) -> float:
    """Return the seconds within which a part of the requests with one purpose were answered."""
    return percentile((each.seconds for each in by_purpose(samples).get(purpose, ())), part)
