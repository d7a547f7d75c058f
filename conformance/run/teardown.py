"""The end of a run: clean-up and the result."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import structs

from conformance.errors import ExitCode, UserError
from conformance.report.client_cells import cells_note, deviates, unjudged_note
from conformance.report.result_file import write_result
from conformance.run.limits import settling_note, strain_note, throttling_note
from conformance.run.tidy import tidy

if TYPE_CHECKING:
    from pathlib import Path

    from conformance.report.client_cells import ClientCell
    from conformance.report.result import RunResult
    from conformance.run.judge import Judge
    from conformance.run.run import Run


def finish(
    judge: Judge, run: Run, *, json_path: Path | None, whole: bool, interrupted: bool = False
) -> RunResult:
    """Remove what the run has published, build its result, and write it to `json_path`.

    In a `whole` run every requirement was to be judged, and the profile's minimum of judged ones counts.
    """
    try:
        note = tidy(run, broken_off=interrupted)
    except UserError as error:  # the ledger cannot be read or written; the result must not be lost for that
        note = f"The clean-up failed: {error.message}"
    except KeyboardInterrupt:
        interrupted = True
        note = f"The clean-up was interrupted; {run.ledger.path} lists what may be left."
    run.ledger.spared.remove()
    budget = run.session.budget
    others = throttling_note(budget), strain_note(budget), settling_note(run.registry.settling)
    cells = tuple(judge.results.clients)
    notes = filter(None, (*run.notes, note, *others, cells_note(cells), unjudged_note(cells)))
    run.session.close()
    run.session.budget.close()
    profile = run.target.profile
    result = judge.results.of(
        run,
        least_judged=profile.least_judged if whole else 1,
        least_per_area=profile.least_judged_per_area if whole else {},
        whole=whole,
        interrupted=interrupted,
        notes=tuple(notes),
    )
    result = _with_clients(result, cells)
    if json_path:
        write_result(json_path, result)
    return result


def _with_clients(result: RunResult, cells: tuple[ClientCell, ...]) -> RunResult:
    """Return a result with what clients could do: a registry that conforms, and fails them, does not conform.

    Where a client came to no verdict, too little was judged.
    """
    summary = result.summary
    if summary.exit_code is ExitCode.CONFORMS:
        if deviates(cells):
            summary = structs.replace(summary, exit_code=ExitCode.DEVIATES)
        elif unjudged := unjudged_note(cells):
            summary = structs.replace(
                summary, exit_code=ExitCode.TOO_LITTLE_JUDGED, reasons=(*summary.reasons, unjudged)
            )
    return structs.replace(result, summary=summary, clients=cells)
