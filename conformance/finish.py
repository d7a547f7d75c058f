"""After the last check: clean-up, and the result."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.clean_up import clean_up

if TYPE_CHECKING:
    from conformance.judge import Judge
    from conformance.preparation import Run
    from conformance.report import RunResult


def finish(
    judge: Judge, run: Run, *, json_path: Path | None, whole: bool, interrupted: bool = False
) -> RunResult:
    """Remove what the run has published, build its result, and write that to `json_path`.

    `whole` says that every requirement was to be judged, so that the profile's least number counts.
    """
    note = _tidy(run)
    run.session.close()
    least = run.target.profile.least_judged if whole else 1
    result = judge.result(run, least_judged=least, interrupted=interrupted, notes=(note,) if note else ())
    if json_path:
        write_json(json_path, result)
    return result


def _tidy(run: Run) -> str:
    """Clean up; return what the user should know about it."""
    ledger = run.ledger
    if run.target.embedded:
        ledger.keep_only([])  # the registry ends with the run
        return ""
    if run.options.keep:
        return f"Everything published is still there (--keep); it is listed in {ledger.path}."
    done = clean_up(ledger, run.target, session=run.session, transcript=run.transcript)
    if done.left:
        return f"{len(done.left)} distributions could not be removed: {done.reason}. They are listed in {ledger.path}."
    return f"Removed {done.removed} packages that this run had published."


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
