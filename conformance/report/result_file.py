"""The file of a result: written atomically, and read as untrusted text."""

from __future__ import annotations

import json
import os
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import structs

from conformance.errors import UserError
from conformance.report.result import RunResult, run_result
from conformance.verdicts import ExitCode, Verdict
from conformance.verdicts.validation import Invalid, validated
from conformance.wire.credential_patterns import hide_credentials, hide_credentials_in_headers
from conformance.wire.redaction import Redactor

if TYPE_CHECKING:
    from conformance.target import Target
    from conformance.verdicts.options import RunOptions

UNFINISHED = "This run has not finished, so nothing is known of the target."

_HEADERS = frozenset({"request_headers", "response_headers"})
_DEVIATED = frozenset({Verdict.FAILED, Verdict.WARNED, Verdict.NOTED, Verdict.KNOWN})


class BadResult(UserError):
    """A file is not a result of this suite, or not one that will do. The message names it."""


def read_result(path: Path) -> RunResult:
    """Read the file that `run --json` writes, with credentials concealed. Raises BadResult."""
    try:
        return result_from_json(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise BadResult(f"cannot read {path}: {error.strerror}") from error
    except Invalid as error:
        raise BadResult(f"{path} is not a result: {error}; `run --json FILE` writes one") from error
    except (ValueError, RecursionError) as error:
        raise BadResult(f"{path} is not a result: expected JSON; `run --json FILE` writes one") from error


def read_earlier(path: Path) -> RunResult:
    """Read a result that a later one is compared with. Raises BadResult where it has no verdicts."""
    result = read_result(path)
    if not result.results:
        raise BadResult(f"{path} has no verdicts to compare with: its run ended before the first check")
    return result


def read_finished(path: Path) -> RunResult:
    """Read a result that a later run or a baseline is compared with. Raises BadResult.

    Its run has to have finished, and each of its deviations has to have a signature.
    """
    result = read_result(path)
    if not result.finished:
        raise BadResult(f"{path} is the result of a run that has not finished: run it again")
    if any(each.verdict in _DEVIATED and not each.signature for each in result.results):
        raise BadResult(f"{path} has failures without a signature: run it again")
    return result


def result_from_json(table: Any) -> RunResult:
    """Return a result from its JSON object, with credentials concealed. Raises Invalid and RecursionError."""
    result = validated(_concealed(table), RunResult)
    return structs.replace(result, results=tuple(sorted(result.results, key=lambda each: each.id)))


def concealed_result(result: RunResult) -> RunResult:
    """Return a result as it is read from its file: with everything concealed that looks like a credential."""
    return result_from_json(result.as_json())


def _concealed(value: Any, key: str = "") -> Any:
    if isinstance(value, str):
        return hide_credentials(value)
    if isinstance(value, list | tuple):
        return [_concealed(each) for each in value]
    if isinstance(value, dict):
        if key in _HEADERS:
            return hide_credentials_in_headers(value)
        return {name: _concealed(each, name) for name, each in value.items()}
    return value


def write_result(path: Path, result: RunResult) -> None:
    """Write the result atomically, with credentials concealed: the file is complete, or as it was before."""
    with tempfile.NamedTemporaryFile(
        "w", dir=path.parent, prefix=f".{path.name}.", delete=False, encoding="utf-8"
    ) as file:
        json.dump(_concealed(result.as_json()), file, indent=1)
        file.write("\n")
    Path(file.name).chmod(0o644 & ~_umask())
    Path(file.name).replace(path)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def write_sentinel(path: Path | None, target: Target, options: RunOptions, *, run_id: str = "") -> None:
    """Replace the result of an earlier run by one that is red and not finished, before anything is sent."""
    if path:
        result = run_result(
            target=target,
            options=options,
            run_id=run_id,
            started=datetime.now(UTC),
            finished=None,
            exit_code=ExitCode.HARNESS_ERROR,
            notes=[UNFINISHED],
        )
        write_result(path, result)


def write_refusal(
    path: Path | None, target: Target, options: RunOptions, *, reason: str, exit_code: ExitCode
) -> RunResult:
    """Return the result of a run that could not judge the target, with the reason, and write it where asked."""
    now = datetime.now(UTC)
    result = run_result(
        target=target,
        options=options,
        run_id="",
        started=now,
        finished=now,
        exit_code=exit_code,
        notes=[Redactor(target.secrets)(reason)],
    )
    if path:
        write_result(path, result)
    return result
