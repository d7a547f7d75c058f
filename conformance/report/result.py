"""The result of a run: what the judge makes, what travels between processes, what is written, and what is read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from msgspec import Meta, Struct

from conformance.catalogue import Level, Requirement, Standing, catalogue
from conformance.profiles import UnknownProfile, profile
from conformance.verdicts import ExitCode, Tally, Verdict
from conformance.wire.exchange import Exchange
from conformance.wire.publication import Publication

if TYPE_CHECKING:
    from conformance.target import Target
    from conformance.verdicts.options import RunOptions

SUITE = "pypi-registry-conformance"

EXPLAINED = (
    Verdict.FAILED,
    Verdict.ERROR,
    Verdict.STALE,
    Verdict.WARNED,
    Verdict.NOTED,
    Verdict.KNOWN,
)
"""Verdicts that reports explain one by one, the worst first."""

DEVIATING = (Verdict.FAILED, Verdict.WARNED, Verdict.NOTED, Verdict.KNOWN, Verdict.STALE)
"""Verdicts of deviations."""

ENDINGS = {
    ExitCode.CONFORMS: "conforms",
    ExitCode.DEVIATES: "does not conform",
    ExitCode.HARNESS_ERROR: "could not be judged in full",
    ExitCode.STALE_BASELINE: "does not match its baseline, which is out of date",
    ExitCode.TOO_LITTLE_JUDGED: "has no result: too few requirements were judged for a verdict",
}
"""How a run ended: the predicate of a sentence about the target."""

Count = Annotated[int, Meta(ge=0)]


class CheckResult(Struct, frozen=True, kw_only=True):
    """The result of one requirement."""

    id: Annotated[
        str,
        Meta(
            pattern=r"^[a-z][a-z0-9-]*(\.[a-z0-9][a-z0-9-]*)+$",
            description="The id of a requirement, such as `simple.html.doctype`.",
        ),
    ]
    level: Level
    standing: Standing
    verdict: Verdict
    message: Annotated[
        str, Meta(description="An explanation; of a passed check, which of its parts were left out, if any.")
    ]
    duration: Annotated[float, Meta(ge=0, description="In seconds.")]
    requests: Annotated[int, Meta(ge=0, description="Requests that the check itself caused.")]
    expected: Annotated[
        str, Meta(description="What the requirement asks for here; empty without a deviation.")
    ] = ""
    found: Annotated[str, Meta(description="What the target did instead; empty without a deviation.")] = ""
    where: Annotated[str, Meta(description="The exchange or file; empty without a deviation.")] = ""
    signature: Annotated[
        str, Meta(description="Tells one deviation from another; empty without a deviation.")
    ] = ""
    published: Annotated[
        tuple[str, ...],
        Meta(description="Of a deviation: the file names of the uploads behind what the check looked at."),
    ] = ()
    stopped_by: Annotated[
        str,
        Meta(
            pattern=r"^(budget|time|throttling)?$",
            description="Of an error: the limit that kept the requirement from being judged; otherwise empty.",
        ),
    ] = ""
    cause: Annotated[
        str,
        Meta(
            description="Of a deviation that follows from another one: the requirement at its root; otherwise empty."
        ),
    ] = ""
    scored: Annotated[bool, Meta(description="Whether it counts for the exit code.")] = True
    exchanges: Annotated[
        tuple[Exchange, ...],
        Meta(description="The last requests that the check looked at, cached ones among them."),
    ]

    @property
    def area(self) -> str:
        """The first segment of the id."""
        return self.id.partition(".")[0]

    @property
    def requirement(self) -> Requirement | None:
        """The row of the catalogue; None where the catalogue, being of another version, lacks it."""
        return catalogue().requirements.get(self.id)

    @property
    def statement(self) -> str:
        """The statement of the requirement."""
        return self.requirement.statement if self.requirement else "This catalogue has no such requirement."

    @property
    def affects(self) -> str:
        """Who suffers from a deviation."""
        return self.requirement.affects if self.requirement else ""

    @property
    def source(self) -> str:
        """The source of the rule, by title and anchor."""
        return catalogue().cite(self.requirement) if self.requirement else ""

    @property
    def about_baseline(self) -> str:
        """What the baseline has to do with the verdict; empty where it has nothing."""
        return self.message.partition("\n")[0] if self.verdict in {Verdict.KNOWN, Verdict.STALE} else ""

    @property
    def passed(self) -> bool:
        """Whether the target did as required, even where a baseline lists it."""
        return self.verdict in {Verdict.PASSED, Verdict.STALE} and not self.signature

    def as_json(self) -> dict[str, Any]:
        """Return the result as a JSON object."""
        table: dict[str, Any] = msgspec.to_builtins(self)
        return table


class Suite(Struct, frozen=True, kw_only=True):
    """The program that made the result."""

    name: str
    version: str


class JudgedTarget(Struct, frozen=True, kw_only=True):
    """The registry that was judged."""

    url: str
    profile: Annotated[str, Meta(description="The kind of registry that it was held to.")]
    layout: Annotated[str, Meta(description="Where uploads and index are below the URL.")] = ""
    upload_url: Annotated[str, Meta(description="Where uploads went to, unless the layout gives it.")] = ""
    index_url: Annotated[str, Meta(description="Where the index was, unless the layout gives it.")] = ""
    api_url: Annotated[str, Meta(description="Where the API was, unless the layout gives it.")] = ""
    embedded: Annotated[bool, Meta(description="Whether it was the reference server, started for this run.")]
    credentials: Annotated[tuple[str, ...], Meta(description="The names of its credentials.")] = ()

    @property
    def addresses(self) -> tuple[str, ...]:
        """Every address that is known, its URL first."""
        return tuple(filter(None, (self.url, self.upload_url, self.index_url, self.api_url)))


class RunSummary(Struct, frozen=True, kw_only=True):
    """Figures, options and the outcome of a run."""

    verdicts: Annotated[
        Mapping[Verdict, Count], Meta(description="The number of scored requirements by verdict.")
    ] = {}
    judged: Annotated[
        int, Meta(ge=0, description="The number of scored requirements that the target was held to.")
    ] = 0
    unscored: Annotated[
        int, Meta(ge=0, description="The number of requirements newer than the frozen set.")
    ] = 0
    set: Annotated[str | None, Meta(description="The frozen set that counts; null for all requirements.")] = (
        None
    )
    requests: Annotated[int, Meta(ge=0, description="Requests and client runs of the whole run.")]
    seed: Annotated[int, Meta(description="Chooses the examples of properties.")]
    examples: Annotated[int | None, Meta(description="Examples per property.")] = None
    rounds: Annotated[int | None, Meta(description="Rounds of each race.")] = None
    read_only: Annotated[bool, Meta(description="Whether the run published nothing.")] = False
    projects: Annotated[
        tuple[str, ...], Meta(description="The projects of a read-only run, by normalized name.")
    ] = ()
    choice: Annotated[
        bool,
        Meta(description="Whether a choice of the profile's requirements was judged: it never conforms."),
    ] = False
    exit_code: Annotated[
        ExitCode,
        Meta(
            description="0 conforms, 1 does not conform, 2 wrong command, 3 harness or network error, "
            "4 baseline out of date, 5 too few requirements judged."
        ),
    ]
    notes: Annotated[tuple[str, ...], Meta(description="What else a reader has to know.")]


Moment = Annotated[datetime, Meta(tz=True)]


class RunResult(Struct, frozen=True, kw_only=True):
    """The result of a run of registry-conformance.

    `registry-conformance run --json FILE` writes it. Later versions may add keys; none is removed or changes
    its meaning. No value holds a secret.
    """

    suite: Suite
    target: JudgedTarget
    run: Annotated[str, Meta(description="The id in the name of every project that the run published.")]
    started: Moment
    finished: Annotated[Moment | None, Meta(description="null where the run ended before its result.")]
    summary: RunSummary
    published: Annotated[
        Mapping[str, Publication],
        Meta(description="The uploads behind the deviations, by file name."),
    ] = {}
    results: Annotated[
        tuple[CheckResult, ...], Meta(description="One entry per requirement, in the order of their ids.")
    ]

    @property
    def exit_code(self) -> ExitCode:
        """The exit code of the run."""
        return self.summary.exit_code

    @property
    def ending(self) -> str:
        """How the run ended, as in "URL conforms". That is said of a whole profile only."""
        if self.summary.choice and self.exit_code is ExitCode.CONFORMS:
            judged = [each.verdict for each in self.results if each.verdict.judged]
            passed = "all passed" if set(judged) == {Verdict.PASSED} else "none failed"
            return f"was judged in part: {len(judged)} of {len(self.results)} judged, {passed}"
        return ENDINGS.get(self.exit_code, "was not judged")

    @property
    def kind(self) -> str:
        """The title of the profile."""
        try:
            return profile(self.target.profile).title
        except UnknownProfile:
            return self.target.profile

    @property
    def seconds(self) -> float:
        """How long the run took; 0 where it ended before its result."""
        return ((self.finished or self.started) - self.started).total_seconds()

    @property
    def tally(self) -> Tally:
        """How many requirements have which verdict."""
        return tally_of(self.results)

    @property
    def verdicts(self) -> list[Verdict]:
        """The verdicts that occur."""
        found = {each.verdict for each in self.results}
        return [verdict for verdict in Verdict if verdict in found]

    @property
    def verdict_by_id(self) -> dict[str, Verdict]:
        """The verdict of each requirement."""
        return {each.id: each.verdict for each in self.results}

    def of(self, *verdicts: Verdict) -> list[CheckResult]:
        """Return the results with these verdicts, verdict after verdict."""
        return [each for verdict in verdicts for each in self.results if each.verdict is verdict]

    def consequences(self) -> Mapping[str, list[CheckResult]]:
        """Return what follows from which deviation, by the id of that, the worst first."""
        found: dict[str, list[CheckResult]] = defaultdict(list)
        for each in self.of(*EXPLAINED):
            if each.cause:
                found[each.cause].append(each)
        return found

    def causes(self) -> list[CheckResult]:
        """Return what reports explain and what follows from nothing else: the worst first.

        As bad as a cause is the worst that follows from it; of equally bad ones, what explains most comes first.
        """
        explained = {each.id: each for each in self.of(*EXPLAINED)}
        followers = self.consequences()

        def rank(cause: CheckResult) -> tuple[int, int, str]:
            below = followers.get(cause.id, [])
            worst = min(EXPLAINED.index(each.verdict) for each in (cause, *below))
            return worst, -len(below), cause.id

        return sorted((each for each in explained.values() if each.cause not in explained), key=rank)

    def by_area(self) -> dict[str, list[CheckResult]]:
        """Return the results of each area."""
        areas: dict[str, list[CheckResult]] = defaultdict(list)
        for each in self.results:
            areas[each.area].append(each)
        return dict(areas)

    def as_json(self) -> dict[str, Any]:
        """Return the result as a JSON object. It holds no secrets: exchanges are redacted when they are made."""
        table: dict[str, Any] = msgspec.to_builtins(self)
        return table


def tally_of(results: Iterable[CheckResult]) -> Tally:
    """Count the verdicts of results."""
    results = list(results)
    return Tally.of(
        (each.verdict for each in results if each.scored),
        unscored=(each.verdict for each in results if not each.scored),
    )


def run_result(
    *,
    target: Target,
    options: RunOptions,
    run_id: str,
    started: datetime,
    finished: datetime | None,
    exit_code: ExitCode,
    notes: Iterable[str],
    requests: int = 0,
    results: Iterable[CheckResult] = (),
    published: Mapping[str, Publication] | None = None,
    choice: bool = False,
) -> RunResult:
    """Put the result of a run together. `options` are those it was carried out with; see `RunSummary.choice`."""
    results = tuple(sorted(results, key=lambda each: each.id))
    return RunResult(
        suite=Suite(name=SUITE, version=version(SUITE)),
        target=JudgedTarget(
            url=target.url,
            profile=target.profile.name,
            layout=target.layout.name,
            upload_url=target.given.upload,
            index_url=target.given.index,
            api_url=target.given.api,
            embedded=target.embedded,
            credentials=tuple(sorted(target.credentials)),
        ),
        run=run_id,
        started=_to_milliseconds(started),
        finished=finished and _to_milliseconds(finished),
        summary=msgspec.structs.replace(
            _summary(options, tally_of(results), requests, exit_code, tuple(notes)), choice=choice
        ),
        published=published or {},
        results=results,
    )


def _summary(
    options: RunOptions, tally: Tally, requests: int, exit_code: ExitCode, notes: tuple[str, ...]
) -> RunSummary:
    return RunSummary(
        verdicts={verdict: tally.counts[verdict] for verdict in Verdict},
        judged=tally.judged,
        unscored=tally.unscored.total(),
        set=options.requirement_set,
        requests=requests,
        seed=options.seed,
        examples=options.examples,
        rounds=options.rounds,
        read_only=options.read_only,
        projects=options.projects,
        exit_code=exit_code,
        notes=notes,
    )


def _to_milliseconds(moment: datetime) -> datetime:
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
