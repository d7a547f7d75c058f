"""The pytest plugin: `pytest --pyargs conformance --registry-url …`.

Loaded in every pytest run of an environment that has the suite installed, so it does nothing,
and imports nothing large, until checks of the suite are collected.
"""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from conformance.commands.arguments import certificates, positive
from conformance.run.keys import JUDGE

if TYPE_CHECKING:
    from conformance.report.result import RunResult
    from conformance.run.judge import Judge
    from conformance.run.run import Run
    from conformance.verdicts.options import RunOptions


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options that say which registry is tested, and how."""
    group = parser.getgroup("registry conformance")
    group.addoption(
        "--registry-url", metavar="URL", help="the upload URL; without it, the embedded reference server"
    )
    group.addoption("--registry-profile", metavar="NAME", help="the kind of registry (gitlab)")
    group.addoption("--registry-username", metavar="NAME")
    group.addoption("--registry-password", metavar="SECRET", help="better: REGISTRY_CONFORMANCE_PASSWORD")
    group.addoption(
        "--registry-config", metavar="FILE", help="a registry.toml with the target and its credentials"
    )
    group.addoption("--registry-json", metavar="FILE", help="write the result there")
    group.addoption("--registry-baseline", metavar="FILE", help="the failures that are known")
    group.addoption("--registry-set", metavar="NAME", help="the frozen set that counts, such as 2026.11")
    group.addoption(
        "--registry-examples", metavar="N", type=positive(int), default=10, help="examples per property (10)"
    )
    group.addoption("--registry-seed", metavar="N", type=int, default=0, help="chooses the examples (0)")
    group.addoption(
        "--registry-rounds", metavar="N", type=positive(int), default=15, help="rounds of each race (15)"
    )
    group.addoption(
        "--registry-max-requests", metavar="N", type=positive(int), default=5_000, help="per process (5000)"
    )
    group.addoption(
        "--registry-rate", metavar="N", type=positive(float), help="requests per second (no limit)"
    )
    group.addoption(
        "--registry-timeout", metavar="SECONDS", type=positive(float), default=30.0, help="per request (30)"
    )
    group.addoption(
        "--registry-ca-bundle",
        metavar="FILE",
        type=certificates,
        help="certificates to trust instead of the usual ones",
    )
    group.addoption(
        "--registry-ledgers", metavar="FOLDER", help="where ledgers are kept (the user's state folder)"
    )
    group.addoption("--registry-read-only", action="store_true", help="publish nothing")
    group.addoption(
        "--registry-project", metavar="NAME", action="append", default=[], help="with --registry-read-only"
    )
    group.addoption("--registry-keep", action="store_true", help="do not remove what was published")


def pytest_configure(config: pytest.Config) -> None:
    """Know the mark of checks; the judge comes when there is something to judge."""
    config.addinivalue_line("markers", "requirement(id): the requirement of the catalogue that this checks")
    if _is_asked_for(config) and not config.pluginmanager.has_plugin(JUDGE):
        _judge(config).register(config.pluginmanager)
        if not hasattr(config, "workerinput"):
            config.pluginmanager.register(PlainReport(), "registry-conformance-report")


class PlainReport:
    """Ends a plain pytest session as `registry-conformance run` does: clean-up, result, report, exit code."""

    def __init__(self) -> None:
        self._result: RunResult | None = None

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Clean up, write the result, and say by the exit code whether the target conforms."""
        from conformance.run.teardown import finish

        config = session.config
        judge = config.pluginmanager.get_plugin(JUDGE)
        assert judge is not None  # noqa: S101 - whoever registers this registers that
        if judge.prepared_run is None:
            return
        path = config.getoption("registry_json")
        self._result = finish(
            judge,
            judge.prepared_run,
            json_path=Path(path) if path else None,
            whole=_is_whole(config),
            interrupted=exitstatus in {2, 3},
        )
        if exitstatus in {0, 1, 5} and not judge.foreign_failures:
            session.exitstatus = int(self._result.exit_code)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the report."""
        from conformance.report.terminal import print_report

        if self._result:
            terminalreporter.ensure_newline()
            print_report(self._result, sys.stdout)


def _is_asked_for(config: pytest.Config) -> bool:
    """Tell whether the arguments name the suite's own checks."""
    here = Path(__file__).parent
    for argument in config.args:
        name = argument.partition("::")[0]
        if config.option.pyargs and name.partition(".")[0] == here.name:
            return True
        path = (config.invocation_params.dir / name).resolve()
        if path == here or here in path.parents:
            return True
    return False


def _is_whole(config: pytest.Config) -> bool:
    """Tell whether every requirement was to be judged, and not a choice of them."""
    chosen = config.option.keyword or config.option.markexpr or config.getoption("maxfail", 0)
    here = Path(__file__).parent
    everything = {"conformance", "conformance.checks", str(here), str(here / "checks")}
    return not chosen and not everything.isdisjoint(config.args)


def _judge(config: pytest.Config) -> Judge:
    from conformance.run.judge import Judge
    from conformance.verdicts.baseline import BadBaseline
    from conformance.verdicts.sets import UnknownSet

    try:
        options = _options(config)
    except (BadBaseline, UnknownSet) as error:
        raise pytest.UsageError(str(error)) from error
    stack = ExitStack()
    config.add_cleanup(stack.close)
    return Judge(lambda: _prepared(config, options, stack), options)


def _options(config: pytest.Config) -> RunOptions:
    from conformance.verdicts.baseline import known_baseline
    from conformance.verdicts.options import RunOptions, TrafficLimits, default_ledger_folder
    from conformance.verdicts.sets import known_set

    folder = config.getoption("registry_ledgers")
    return RunOptions(
        examples=config.getoption("registry_examples"),
        seed=config.getoption("registry_seed"),
        rounds=config.getoption("registry_rounds"),
        keep=config.getoption("registry_keep"),
        read_only=config.getoption("registry_read_only"),
        projects=tuple(config.getoption("registry_project")),
        ca_bundle=config.getoption("registry_ca_bundle"),
        limits=TrafficLimits(
            max_requests=config.getoption("registry_max_requests"),
            rate=config.getoption("registry_rate"),
            timeout=config.getoption("registry_timeout"),
        ),
        ledger_folder=Path(folder) if folder else default_ledger_folder(),
        baseline=known_baseline(config.getoption("registry_baseline")),
        requirement_set=known_set(config.getoption("registry_set")),
    )


def _prepared(config: pytest.Config, options: RunOptions, stack: ExitStack) -> Run:
    from conformance.report.result_file import write_refusal, write_sentinel
    from conformance.run.run import CannotJudge
    from conformance.run.setup import prepare
    from conformance.target import BadTarget
    from conformance.target.configuration import configured_target, embedded_profile
    from conformance.verdicts import ExitCode

    try:
        target = configured_target(
            url=config.getoption("registry_url"),
            profile=config.getoption("registry_profile"),
            username=config.getoption("registry_username"),
            password=config.getoption("registry_password"),
            config=config.getoption("registry_config"),
        )
        if target is None:
            from conformance.target.embedded import embedded_target  # a server takes time to import

            profile = embedded_profile(config.getoption("registry_profile"))
            target = stack.enter_context(embedded_target(profile))
    except BadTarget as error:
        raise CannotJudge(str(error), ExitCode.USAGE) from error
    path = Path(file) if (file := config.getoption("registry_json")) else None
    write_sentinel(path, target, options)
    try:
        return prepare(target, options)
    except CannotJudge as reason:
        write_refusal(path, target, options, reason=str(reason), exit_code=reason.exit_code)
        raise
