"""Runs the checks on a target, with pytest underneath and its own settings only."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from conformance.finish import finish
from conformance.judge import Judge
from conformance.plugin import JUDGE
from conformance.preparation import CannotJudge, prepare
from conformance.report import print_report
from conformance.report.progress import ProgressReport
from conformance.verdicts import ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.options import RunOptions
    from conformance.target import Target

HERE = Path(__file__).parent


def run_checks(
    target: Target,
    options: RunOptions,
    *,
    json_path: Path | None = None,
    keyword: str | None = None,
    exit_first: bool = False,
    processes: str | None = None,
) -> int:
    """Judge a target, print the report on standard output, and return the exit code.

    Raises CannotJudge when the target cannot be judged at all.
    """
    run = prepare(target, options)
    judge = Judge(lambda: run, options)
    selection = [*(["-k", keyword] if keyword else []), *(["-x"] if exit_first else [])]
    parallel = ["-p", "xdist", "-n", processes] if processes else []
    with _own_settings():
        status = pytest.main(
            [str(HERE / "checks"), *_settings(options), *selection, *parallel],
            plugins=[_Named(judge), ProgressReport(sys.stdout)],
        )
    interrupted = status in {pytest.ExitCode.INTERRUPTED, pytest.ExitCode.INTERNAL_ERROR}
    result = finish(judge, run, json_path=json_path, whole=not selection, interrupted=interrupted)
    if status == pytest.ExitCode.USAGE_ERROR:
        return ExitCode.USAGE
    if status == pytest.ExitCode.NO_TESTS_COLLECTED:
        raise CannotJudge(f"no check matches -k {keyword!r}; see `list`", ExitCode.TOO_LITTLE_JUDGED)
    print_report(result, sys.stdout)
    return result.exit_code


class _Named:
    """Registers the judge under its name before the suite's own plugin looks for it."""

    def __init__(self, judge: Judge) -> None:
        self._judge = judge

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        config.pluginmanager.register(self._judge, JUDGE)


def _settings(options: RunOptions) -> list[str]:
    """Return pytest's arguments: no files of the user's, and what worker processes need to know."""
    limits = options.limits
    return [
        "-c",
        str(HERE / "pytest.ini"),
        f"--rootdir={HERE}",
        "-p",
        "conformance.plugin",
        "-p",
        "no:terminal",
        "--assert=plain",  # checks use no `assert`
        f"--registry-examples={options.examples}",
        f"--registry-seed={options.seed}",
        f"--registry-max-requests={limits.max_requests}",
        f"--registry-timeout={limits.timeout}",
        f"--registry-ledgers={options.ledger_folder}",
        *([f"--registry-rate={limits.rate}"] if limits.rate else []),
        *([f"--registry-ca-bundle={options.ca_bundle}"] if options.ca_bundle else []),
    ]


@contextmanager
def _own_settings() -> Iterator[None]:
    """Shut out the plugins and options that the user's own test runs are set up with."""
    saved = dict(os.environ)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    os.environ.pop("PYTEST_ADDOPTS", None)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(saved)
