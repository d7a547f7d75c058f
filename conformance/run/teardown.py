"""What a run leaves: a red result before its first request; after its last check nothing else, and the result."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.report.result import RunResult
from conformance.run.tidy import tidy
from conformance.verdicts import ExitCode
from conformance.wire import Redactor

if TYPE_CHECKING:
    from conformance.run.judge import Judge
    from conformance.run.run import CannotJudge, Run
    from conformance.target import Target
    from conformance.verdicts.options import RunOptions


def finish(
    judge: Judge, run: Run, *, json_path: Path | None, whole: bool, interrupted: bool = False
) -> RunResult:
    """Remove what the run has published, build its result, and write that to `json_path`.

    `whole` says that every requirement was to be judged, so that the profile's least number counts.
    """
    note = tidy(run)
    run.session.close()
    profile = run.target.profile
    result = judge.result(
        run,
        least_judged=profile.least_judged if whole else 1,
        least_per_area=profile.least_judged_per_area if whole else {},
        whole=whole,
        interrupted=interrupted,
        notes=(note,) if note else (),
    )
    if json_path:
        write_json(json_path, result)
    return result


UNFINISHED = "This run has not finished: whatever ended it, nothing is known of the target."


def write_sentinel(path: Path | None, target: Target, options: RunOptions, *, run_id: str = "") -> None:
    """Write a result that is red and not finished, in place of an earlier run's: a run may die."""
    if path:
        write_json(path, _nothing_judged(target, options, run_id, ExitCode.HARNESS_ERROR, UNFINISHED))


def write_refusal(path: Path | None, target: Target, options: RunOptions, reason: CannotJudge) -> None:
    """Write the result of a run that could not judge the target, with the reason."""
    if path:
        result = _nothing_judged(target, options, "", reason.exit_code, str(reason))
        write_json(path, replace(result, finished=datetime.now(UTC)))


def _nothing_judged(
    target: Target, options: RunOptions, run_id: str, exit_code: ExitCode, note: str
) -> RunResult:
    return RunResult(
        target=target,
        run_id=run_id,
        started=datetime.now(UTC),
        finished=None,
        requests=0,
        options=options,
        exit_code=exit_code,
        notes=(Redactor(target.secrets)(note),),
        results=(),
    )


def write_json(path: Path, result: RunResult) -> None:
    """Write the result; the file is there whole, or as it was before."""
    with tempfile.NamedTemporaryFile(
        "w", dir=path.parent, prefix=f".{path.name}.", delete=False, encoding="utf-8"
    ) as file:
        json.dump(result.as_json(), file, indent=1)
        file.write("\n")
    Path(file.name).chmod(0o644 & ~_umask())
    Path(file.name).replace(path)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
