"""The pytest plugin: `pytest --pyargs conformance --registry-url …`.

Loaded in every pytest run of an environment that has the suite installed, so it does nothing,
and imports nothing that pytest has not imported, until an argument names the suite's checks or one of its options.
"""

from __future__ import annotations

import os
import shlex
import sys
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.report.result import RunResult
    from conformance.run.judge import Judge
    from conformance.run.run import CannotJudge, Run
    from conformance.target import Target
    from conformance.verdicts.declaration import Option
    from conformance.verdicts.options import RunOptions


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """Add the options of a run, each as `--registry-…`. The tests of other projects do without them."""
    config = pluginmanager.get_plugin("pytestconfig")
    if config is not None and not _are_named(config):
        return
    group = parser.getgroup("registry conformance")
    for each in _options():
        words: dict[str, Any] = {"help": _with_pytest_flags(each.help_text), "default": None}
        if each.metavar:
            action = "append" if each.repeats else "store"
            words |= {"metavar": each.metavar, "type": _reader(each), "action": action}
        else:
            words["action"] = "store_true"
        group.addoption(each.pytest_flag, **words)


def _options() -> list[Option]:
    from conformance.verdicts.options import OPTIONS

    return [each for each in OPTIONS if each.in_pytest]


def _are_named(config: pytest.Config) -> bool:
    """Return whether an argument names the suite's checks, or one of its options. A file of arguments may."""
    try:
        configured = config.getini("addopts")
    except ValueError:  # pytest has not read its configuration, as where it is handed this plugin
        configured = []
    try:
        added = shlex.split(os.environ.get("PYTEST_ADDOPTS", ""))
    except ValueError:  # pytest explains what is wrong with it
        return True
    arguments = [*config.invocation_params.args, *configured, *added]
    return any("conformance" in each or each.startswith(("--registry", "@")) for each in map(str, arguments))


def _with_pytest_flags(text: str) -> str:
    """Return a help text with the flags that options have in pytest."""
    for each in _options():
        if each.flag.startswith("--"):
            text = text.replace(each.flag, each.pytest_flag)
    return text


def _reader(option: Option) -> Callable[[str], Any]:
    """Return the reader of an option, with the one kind of error that pytest explains."""
    from argparse import ArgumentTypeError

    from conformance.errors import UserError

    def read(text: str) -> Any:
        try:
            return option.read(text)
        except UserError as error:
            raise ArgumentTypeError(str(error).replace("\n", ". ")) from error

    return read


def _given(config: pytest.Config) -> dict[str, Any]:
    """Return the values of the options that were given, by the names of the options."""
    values = {each.name: config.getoption(each.pytest_flag, None) for each in _options()}
    return {name: value for name, value in values.items() if value is not None}


def pytest_configure(config: pytest.Config) -> None:
    """Register the mark of checks, and the judge where there is something to judge."""
    config.addinivalue_line("markers", "requirement(id): the requirement of the catalogue that this checks")
    given = getattr(config, "workerinput", {})
    if not (given or _is_asked_for(config)):
        return
    from conformance.run.keys import JUDGE, OPTIONS

    if given and OPTIONS not in given:
        return
    if not config.pluginmanager.has_plugin(JUDGE):
        try:
            _judge(config).register(config.pluginmanager)
        except ImportError as error:
            from conformance.errors.extras import extra_missing

            if missing := extra_missing(error):
                raise pytest.UsageError(str(missing)) from error
            raise
        if not hasattr(config, "workerinput"):
            config.pluginmanager.register(PlainReport(), "registry-conformance-report")


class PlainReport:
    """Ends a plain pytest session as `registry-conformance run` does: clean-up, result, report, exit code."""

    def __init__(self) -> None:
        self._result: RunResult | None = None

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Clean up, write the result, and set the exit code."""
        from conformance.run.keys import JUDGE
        from conformance.run.teardown import finish

        config = session.config
        judge = config.pluginmanager.get_plugin(JUDGE)
        assert judge is not None  # noqa: S101 - registered together with this
        if judge.prepared_run is None:
            return
        path = _given(config).get("json")
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
        from conformance.commands.output import never_fail_to_encode
        from conformance.report.terminal import print_report

        if self._result:
            never_fail_to_encode()
            terminalreporter.ensure_newline()
            print_report(self._result, sys.stdout, verbose=terminalreporter.config.get_verbosity() > 0)


def _is_asked_for(config: pytest.Config) -> bool:
    """Return whether the arguments name the suite's own checks."""
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
    """Return whether every requirement is judged, and not a choice of them."""
    chosen = config.option.keyword or config.option.markexpr or config.getoption("maxfail", 0)
    here = Path(__file__).parent
    everything = {"conformance", "conformance.checks", str(here), str(here / "checks")}
    return not chosen and not everything.isdisjoint(config.args)


def _judge(config: pytest.Config) -> Judge:
    from conformance.run.judge import Judge
    from conformance.run.keys import OPTIONS, PARENT
    from conformance.run.parent_watch import Watch
    from conformance.verdicts.options import options_from, unpacked

    if hasattr(config, "workerinput"):
        watch = Watch(config.workerinput[PARENT])
        watch.start()
        options = unpacked(config.workerinput[OPTIONS])
        return Judge(_refuse_to_prepare, options, watch=watch)
    options = options_from(_given(config))
    stack = ExitStack()
    config.add_cleanup(stack.close)
    return Judge(lambda: _prepared(config, options, stack), options)


def _refuse_to_prepare() -> Run:
    raise AssertionError("the first process prepares the run")


def _prepared(config: pytest.Config, options: RunOptions, stack: ExitStack) -> Run:
    from conformance.errors import UserError
    from conformance.report.result_file import write_refusal, write_sentinel
    from conformance.run.run import CannotJudge
    from conformance.run.setup import prepare
    from conformance.target.configuration import configured_or_embedded

    given = _given(config)
    try:
        target = stack.enter_context(configured_or_embedded(given))
    except UserError as error:
        raise CannotJudge(error.message, error.exit_code, hint=error.hint) from error
    path = Path(file) if (file := given.get("json")) else None
    write_sentinel(path, target, options)
    try:
        # Other plugins, and options such as --setup-only and --pdb, decide in a check's turn whether it runs.
        return replace(prepare(target, options), overlaps=False)
    except CannotJudge as reason:
        write_refusal(path, target, options, reason=str(reason), exit_code=reason.exit_code)
        raise
    except Exception as error:  # noqa: BLE001 - a mistake of ours: pytest would print all that it holds
        raise _crash(error, target) from None


def _crash(error: Exception, target: Target) -> CannotJudge:
    """Return an unexpected error with its traceback, without the target's secrets."""
    from conformance.commands.crash import trace_of
    from conformance.errors import ExitCode
    from conformance.run.run import CannotJudge
    from conformance.wire.redaction import Redactor

    trace = trace_of(error, Redactor(target.secrets))
    return CannotJudge(f"internal error\n{trace}", ExitCode.HARNESS_ERROR)
