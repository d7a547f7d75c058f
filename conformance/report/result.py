"""The result of a run: what the judge makes, what travels between processes, what is written, and what is read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from msgspec import Meta, Struct

from conformance.catalogue.causes import is_harmless
from conformance.profiles import UnknownProfile, profile
from conformance.report.change import Since
from conformance.report.check_result import CLAIMED_FEATURES, EXPLAINED, HARMS, CheckResult
from conformance.report.client_cells import ClientCell
from conformance.verdicts import ExitCode, Tally, Verdict
from conformance.wire.publication import Publication

if TYPE_CHECKING:
    from conformance.target import Target
    from conformance.verdicts.options import RunOptions

SUITE = "pypi-registry-conformance"

ENDINGS = {
    ExitCode.CONFORMS: "conforms",
    ExitCode.DEVIATES: "does not conform",
    ExitCode.HARNESS_ERROR: "could not be judged in full",
    ExitCode.STALE_BASELINE: "does not match its baseline, which is out of date",
    ExitCode.TOO_LITTLE_JUDGED: "has no result: too few requirements were judged for a verdict",
}
"""How a run ended: the predicate of a sentence about the target."""

NOT_JUDGED = "was not judged"
"""How a run ended that has no results."""

Count = Annotated[int, Meta(ge=0)]


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
    json_api_url: Annotated[
        str, Meta(description="Where PyPI's JSON API was, unless the layout gives it.")
    ] = ""
    embedded: Annotated[bool, Meta(description="Whether it was the reference server, started for this run.")]
    credentials: Annotated[tuple[str, ...], Meta(description="The names of its credentials.")] = ()

    @property
    def addresses(self) -> tuple[str, ...]:
        """Every address that is known, its URL first."""
        given = (self.upload_url, self.index_url, self.api_url, self.json_api_url)
        return tuple(filter(None, (self.url, *given)))


class LoadFigure(Struct, frozen=True, kw_only=True):
    """The requests of a load that had one purpose."""

    purpose: Annotated[str, Meta(description="Such as `upload`, `page` or `file`.")]
    requests: Count
    per_second: Annotated[float, Meta(ge=0)]
    failed: Annotated[int, Meta(ge=0, description="Without an answer, or with a server error.")]
    median: Annotated[float, Meta(ge=0, description="In seconds.")]
    p95: Annotated[float, Meta(ge=0, description="The seconds within which 95% were answered.")]
    p99: Annotated[float, Meta(ge=0, description="The seconds within which 99% were answered.")]
    slowest: Annotated[float, Meta(ge=0, description="In seconds.")]


class LoadFigures(Struct, frozen=True, kw_only=True):
    """How fast a registry was under load."""

    users: Count
    mix: Annotated[str, Meta(description="What the users did.")]
    seconds: Annotated[float, Meta(ge=0, description="Without the warm-up.")]
    processes: Annotated[int, Meta(ge=0, description="The processes that drove the users.")]
    arrivals: Annotated[
        float, Meta(ge=0, description="Visits a second in an open load; 0 in a closed one.")
    ] = 0.0
    arrived: Annotated[
        float,
        Meta(
            ge=0, description="Visits a second that the load reached itself, whether they could begin or not."
        ),
    ] = 0.0
    not_begun: Annotated[
        int,
        Meta(
            ge=0,
            description="Visits of an open load that found as many users there as may be, after the warm-up.",
        ),
    ] = 0
    purposes: tuple[LoadFigure, ...]

    @property
    def requests(self) -> int:
        """The requests of all kinds."""
        return sum(each.requests for each in self.purposes)

    @property
    def failed(self) -> int:
        """Those without an answer, or with a server error."""
        return sum(each.failed for each in self.purposes)

    @property
    def per_second(self) -> float:
        """The requests a second of all kinds."""
        return self.requests / self.seconds if self.seconds else 0.0


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
    rounds: Annotated[int | None, Meta(description="The most rounds of a race.")] = None
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
    reasons: Annotated[
        tuple[str, ...],
        Meta(description="Why the run came to no verdict, besides the errors of its requirements."),
    ] = ()
    load: Annotated[
        LoadFigures | None, Meta(description="How fast the registry was under load; null for other runs.")
    ] = None


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
    clients: Annotated[
        tuple[ClientCell, ...],
        Meta(
            description="What each client could do, one entry per client and scenario; empty without --clients."
        ),
    ] = ()
    since: Annotated[
        Since | None, Meta(description="What changed since an earlier result; null where none was given.")
    ] = None

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
        return ENDINGS.get(self.exit_code, NOT_JUDGED) if self.results else NOT_JUDGED

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
        """Return what follows from which deviation, by the id of that, the worst first; what was not judged last."""
        found: dict[str, list[CheckResult]] = defaultdict(list)
        for each in self.of(*EXPLAINED, Verdict.UNTESTABLE):
            if each.cause:
                found[each.cause].append(each)
        return found

    def causes(self) -> list[CheckResult]:
        """Return what reports explain and what follows from nothing else: the worst first."""
        return by_weight(self.of(*EXPLAINED))

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


def by_weight(results: Sequence[CheckResult]) -> list[CheckResult]:
    """Return what follows from nothing else: the worst first.

    As bad as a cause is the worst that follows from it, by verdict, and by harm where that is harm of its own; of
    equally bad ones, what explains most comes first. A claim that is not found comes before all: much is not judged.
    """
    explained = {each.id for each in results}
    followers: dict[str, list[CheckResult]] = defaultdict(list)
    for each in results:
        followers[each.cause].append(each)

    def rank(cause: CheckResult) -> tuple[bool, int, int, int, str]:
        below = followers.get(cause.id, [])
        own = [each for each in below if not is_harmless(each.id, cause.id, f"{each.found}\n{each.where}")]
        worst = min(EXPLAINED.index(each.verdict) for each in (cause, *below))
        harms = [HARMS.index(each.harm) for each in (cause, *own) if EXPLAINED.index(each.verdict) == worst]
        harm = min(harms, default=HARMS.index(cause.harm))
        return cause.id != CLAIMED_FEATURES, worst, harm, -len(below), cause.id

    return sorted((each for each in results if each.cause not in explained), key=rank)


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
    reasons: Iterable[str] = (),
    requests: int = 0,
    results: Iterable[CheckResult] = (),
    published: Mapping[str, Publication] | None = None,
    choice: bool = False,
) -> RunResult:
    """Put the result of a run together. `options` are those it was carried out with; see `RunSummary.choice`."""
    results = tuple(sorted(results, key=lambda each: each.id))
    return RunResult(
        suite=Suite(name=SUITE, version=version(SUITE)),
        target=_judged_target(target),
        run=run_id,
        started=_to_milliseconds(started),
        finished=finished and _to_milliseconds(finished),
        summary=msgspec.structs.replace(
            _summary(options, tally_of(results), requests, exit_code, tuple(notes)),
            choice=choice,
            reasons=tuple(reasons),
        ),
        published=published or {},
        results=results,
    )


def _judged_target(target: Target) -> JudgedTarget:
    return JudgedTarget(
        url=target.url,
        profile=target.profile.name,
        layout=target.layout.name,
        upload_url=target.given.upload,
        index_url=target.given.index,
        api_url=target.given.api,
        json_api_url=target.given.json_api,
        embedded=target.embedded,
        credentials=tuple(sorted(target.credentials)),
    )


def refused_result(url: str, profile: str, *, reason: str, exit_code: ExitCode) -> RunResult:
    """Return the result of a run that did not begin, because its target could not be reached or understood."""
    now = _to_milliseconds(datetime.now(UTC))
    return RunResult(
        suite=Suite(name=SUITE, version=version(SUITE)),
        target=JudgedTarget(url=url, profile=profile, embedded=False),
        run="",
        started=now,
        finished=now,
        summary=RunSummary(requests=0, seed=0, exit_code=exit_code, notes=(reason,)),
        results=(),
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
