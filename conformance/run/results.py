"""The results of a run, gathered from all processes, and the result that they make together."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from conformance.catalogue import catalogue
from conformance.report.causes import with_causes
from conformance.report.check_result import CLAIMED_FEATURES
from conformance.report.lost_features import lost_features
from conformance.report.result import RunResult, run_result, tally_of
from conformance.run.enough_judged import areas_below_minimum, missing_results, no_files, only_rejections
from conformance.run.limits import gateway_note, strays_note, unjudged_notes
from conformance.verdicts import ExitCode

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from conformance.report.check_result import CheckResult
    from conformance.report.client_cells import ClientCell
    from conformance.run.plan import Plan
    from conformance.run.run import Run
    from conformance.verdicts.options import RunOptions
    from conformance.wire import Publication


class Results:
    """The results of the checks of one run, as they arrive."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._results: dict[str, CheckResult] = {}
        self._published: dict[str, Publication] = {}
        self._judged_by: dict[str, str] = {}
        self._strays: list[str] = []
        self.clients: list[ClientCell] = []
        """What clients could do, as it becomes known, for a run with `--clients`."""
        self._requests_for_clients = 0
        self.started = datetime.now(UTC)

    def add(
        self,
        result: CheckResult,
        published: Iterable[Publication],
        *,
        check: str,
        strays: Iterable[str] = (),
    ) -> None:
        """Add the result of a check, which is given by its pytest id, and the uploads behind its deviation.

        `strays` are files that the registry may have written outside its store.
        """
        if self._judged_by.setdefault(result.id, check) != check:
            self._plan.harness_errors.append(
                f"{result.id} was judged twice: by {self._judged_by[result.id]} and {check}"
            )
        self._results[result.id] = result
        self._strays += strays
        self._published |= {each.filename: each for each in published}

    def count_for_clients(self, requests: int) -> None:
        """Count requests of clients, or those that let them run."""
        self._requests_for_clients += requests

    def of(
        self,
        run: Run,
        *,
        least_judged: int = 1,
        least_per_area: Mapping[str, int] | None = None,
        whole: bool = False,
        interrupted: bool = False,
        notes: tuple[str, ...] = (),
    ) -> RunResult:
        """Return the result of a run, as far as it went.

        A `whole` run has to have a result for everything that the profile is held to, any run for everything
        in its plan. `least_per_area` is how many requirements have to be judged in an area.
        """
        held_to = {row.id for row in catalogue().judged_in(run.target.profile)}
        results = with_causes(self._results.values(), run.target.index_url, held_to)
        requests = run.prepared_with + sum(each.requests for each in results) + self._requests_for_clients
        rejected, thin = only_rejections(results), areas_below_minimum(results, least_per_area or {})
        nothing, unjudged, lost = no_files(run), unjudged_notes(results), _lost(run, results)
        broken = [*self._plan.harness_errors, *self._incomplete(run, whole=whole, interrupted=interrupted)]
        reasons = [*filter(None, (rejected, thin, nothing)), *lost, *broken]
        is_thin = bool(thin or nothing or unjudged or lost)
        exit_code = _exit_code(
            results, least_judged, broken=bool(broken), rejected=bool(rejected), thin=is_thin
        )
        return run_result(
            target=run.target,
            options=_carried_out(run),
            run_id=run.corpus.run_id,
            started=self.started,
            finished=datetime.now(UTC),
            requests=requests,
            exit_code=exit_code,
            notes=tuple(map(run.redact, (*notes, *self._further(results), *reasons, *unjudged))),
            reasons=[run.redact(each) for each in reasons],
            results=results,
            published=self._published,
            choice=not whole,
        )

    def _further(self, results: Iterable[CheckResult]) -> Iterable[str]:
        """Return notes on a proxy without a server, and on what was written outside of the store."""
        strays = strays_note(self._strays) if self._strays else ""
        return filter(None, (gateway_note(results), strays))

    def _incomplete(self, run: Run, *, whole: bool, interrupted: bool) -> list[str]:
        """Return why the results are incomplete. A run that was to end early need not carry out its plan."""
        if interrupted:
            return ["The run was interrupted."]
        held_to = {row.id for row in catalogue().judged_in(run.target.profile)} if whole else set()
        planned = self._plan.planned | held_to
        missing = "" if self._plan.stopped else missing_results(planned, self._results)
        return [missing] if missing else []


def _lost(run: Run, results: Collection[CheckResult]) -> list[str]:
    """Return what is lost of that which the baseline lists, and of that which is claimed, if its row was left out."""
    claims = [
        f"{feature}: claimed by {by}, and not found; {CLAIMED_FEATURES} was not judged"
        for feature, by in sorted(run.offer.lost.items())
        if any(each.cause == CLAIMED_FEATURES for each in results)
        and all(each.id != CLAIMED_FEATURES for each in results)
    ]
    listed = run.options.baseline.rows.keys()
    return claims + lost_features(
        results,
        listed,
        read_only=run.options.read_only,
        by="the baseline lists",
        also=" If it is meant to be gone, `baseline prune --gone` removes its rows.",
    )


def _carried_out(run: Run) -> RunOptions:
    """Return the options of a run, with the projects that a read-only run picked."""
    return replace(run.options, projects=run.projects) if run.options.read_only else run.options


def _exit_code(
    results: Iterable[CheckResult], least: int, *, broken: bool, rejected: bool, thin: bool
) -> ExitCode:
    """Return the exit code: where every request was rejected nothing was judged, whatever the verdicts."""
    if rejected:
        return ExitCode.TOO_LITTLE_JUDGED
    tally = tally_of(each for each in results if not each.stopped_by)
    code = tally.exit_code(least_judged=least)
    if code is ExitCode.DEVIATES:
        return code
    if broken:
        return ExitCode.HARNESS_ERROR
    return ExitCode.TOO_LITTLE_JUDGED if thin and code is ExitCode.CONFORMS else code
