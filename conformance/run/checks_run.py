"""Runs the checks on a target, with pytest underneath and its own settings only."""

from __future__ import annotations

import gc
import os
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING

import pytest
from platformdirs import user_cache_path

from conformance.profiles.loader import LOAD
from conformance.report.progress import ProgressReport
from conformance.report.result_file import write_refusal, write_sentinel
from conformance.run.interruption import Interruption
from conformance.run.judge import Judge
from conformance.run.keys import JUDGE
from conformance.run.plan import Plan
from conformance.run.processes import advice, number_of, processes_for
from conformance.run.run import CannotJudge
from conformance.run.selection import EVERYTHING, HERE
from conformance.run.setup import prepare
from conformance.run.teardown import finish
from conformance.verdicts import ExitCode
from conformance.wire.cpus import on_one_cpu

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path
    from types import ModuleType
    from typing import TextIO

    from conformance.clients.prepared import ClientSpec, Environment
    from conformance.errors import UserError
    from conformance.profiles import Profile
    from conformance.report.result import RunResult
    from conformance.run.run import Run
    from conformance.run.selection import Selection
    from conformance.target import Target
    from conformance.verdicts.options import RunOptions

    Clients = Mapping[ClientSpec, Environment | UserError]

ENDED_EARLY = frozenset({pytest.ExitCode.INTERRUPTED, pytest.ExitCode.INTERNAL_ERROR})

COMPLETE = frozenset({pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED})
"""Of pytest, after which clients are tried."""


def _without(*plugins: str) -> list[str]:
    return [argument for name in plugins for argument in ("-p", f"no:{name}")]


SETTINGS = (
    "-c",
    str(HERE / "pytest.ini"),
    f"--rootdir={HERE}",
    *_without(
        "terminal", "faulthandler", "unraisableexception", "threadexception", "doctest", "freeze_support"
    ),
    *_without("junitxml", "legacypath", "pastebin", "recwarn", "setuponly", "setupplan", "stepwise"),
    "--assert=plain",  # checks use no `assert`
)
"""Pytest's arguments: none of the user's files, and no plugin that a run does not need."""


def run_checks(
    target: Target,
    options: RunOptions,
    selection: Selection = EVERYTHING,
    *,
    json_path: Path | None = None,
    progress: TextIO | None = None,
    plugins: Sequence[object] = (),
) -> RunResult:
    """Judge a target, clean up, and return the result; write it to `json_path` too.

    `plugins` of pytest bring fixtures that only some runs have.

    Raises CannotJudge when the target cannot be judged at all, or when no check was selected.
    """
    write_sentinel(json_path, target, options)
    try:
        with Interruption() as interruption:
            return _judged(
                target,
                options,
                selection,
                interruption,
                json_path=json_path,
                progress=progress,
                plugins=plugins,
            )
    except CannotJudge as reason:
        reason.result = write_refusal(
            json_path, target, options, reason=str(reason), exit_code=reason.exit_code
        )
        raise


def _judged(
    target: Target,
    options: RunOptions,
    selection: Selection,
    interruption: Interruption,
    *,
    json_path: Path | None,
    progress: TextIO | None,
    plugins: Sequence[object],
) -> RunResult:
    _require_a_check(target, options, selection)
    clients = _prepared_clients(options, progress)  # before anything is published
    run = prepare(target, options, selection.only)
    settling, usual_wait = run.registry.settling, run.session.usual_wait
    if progress and (hint := advice(selection.processes, settling, usual_wait=usual_wait)):
        print(hint, file=progress)
    processes = processes_for(selection.processes, settling, usual_wait=usual_wait)
    run, selection = replace(run, processes=number_of(processes)), replace(selection, processes=processes)
    arguments = [*selection.paths(), *SETTINGS, *selection.arguments()]
    judge = Judge(lambda: run, options, only=selection.only)
    shown = [ProgressReport(progress, late=settling.usual)] if progress else []
    plugins = [*_named_plugins(selection), _Named(judge), *shown, *plugins, interruption]
    with _own_settings(), _seldom_collected(), _cpus(target, selection):
        try:
            write_sentinel(json_path, target, options, run_id=run.corpus.run_id)
            _import_clients(target, options, selection)
            status = pytest.main(arguments, plugins=plugins)
            if status in COMPLETE:
                _try_clients(judge, run, clients, progress)
        except KeyboardInterrupt:  # before pytest took over, or after
            status = pytest.ExitCode.INTERRUPTED
    interruption.begin_clean_up()
    interrupted = interruption.came or status in ENDED_EARLY
    result = finish(judge, run, json_path=json_path, whole=selection.whole, interrupted=interrupted)
    if status == pytest.ExitCode.USAGE_ERROR:
        raise _no_expression(selection)
    if status == pytest.ExitCode.NO_TESTS_COLLECTED:
        raise _no_check(target.profile, selection)
    return result


def _prepared_clients(options: RunOptions, progress: TextIO | None) -> Clients:
    """Return the environments of the clients that were asked for; nothing where none was. Raises CannotJudge."""
    if not options.clients:
        return {}
    from conformance.run.client_environments import prepare_clients  # takes a while to import

    return prepare_clients(options.clients, progress)


def _try_clients(judge: Judge, run: Run, clients: Clients, progress: TextIO | None) -> None:
    """Add what clients can do to the results. A mistake of ours there loses neither the results nor the clean-up."""
    if not clients:
        return
    from conformance.run.client_runs import client_cells  # takes a while to import

    results, before = judge.results, len(run.transcript)
    try:
        for cell in client_cells(run, progress, prepared=clients, count=results.count_for_clients):
            results.clients.append(cell)
    except Exception as error:  # noqa: BLE001 - said in the result, which ends with an error of the harness
        text = f"Clients could not be tried to the end: {type(error).__name__}: {error}"
        judge.plan.harness_errors.append(run.redact(text))
    finally:
        results.count_for_clients(len(run.transcript) - before)


def _import_clients(target: Target, options: RunOptions, selection: Selection) -> None:
    """Let the clients of a whole run be imported on another CPU; workers use all of them already."""
    from conformance.catalogue import catalogue

    run_by = (row.runs_clients for row in catalogue().for_profile(target.profile))
    if selection.whole and not selection.processes and not options.plain_clients and any(run_by):
        from conformance.clients import CLIENTS  # takes a while to import

        for kind in CLIENTS:
            kind.import_early()


def selected(profile: Profile | None, selection: Selection) -> frozenset[str]:
    """Return the requirements, by id, that a selection leaves of a profile, or of the whole catalogue.

    Nothing is requested or judged.
    Raises CannotJudge for a selection that is not an expression of pytest.
    """
    plan = Plan(lambda _: profile, selection.only)
    with _own_settings():
        status = pytest.main(
            [*selection.paths(), *SETTINGS, *selection.arguments(), "--collect-only"],
            plugins=[*_named_plugins(selection), _Counted(plan)],
        )
    if status == pytest.ExitCode.USAGE_ERROR:
        raise _no_expression(selection)
    if status == pytest.ExitCode.INTERRUPTED:
        raise KeyboardInterrupt
    return frozenset(plan.planned)


def _require_a_check(target: Target, options: RunOptions, selection: Selection) -> None:
    """Look, before anything is published, whether `-k` selects a check. Raises CannotJudge.

    To look takes a second, which a run that publishes nothing, or to its own server only, does not spend.
    """
    if target.embedded or options.read_only or not selection.keyword:
        return
    if not selected(target.profile, replace(selection, processes=None)):
        raise _no_check(target.profile, selection)


def _no_check(profile: Profile, selection: Selection) -> CannotJudge:
    return CannotJudge(
        f"no check of profile {profile.name} matches {selection.keyword!r}",
        ExitCode.TOO_LITTLE_JUDGED,
        hint=f"`registry-conformance list --profile {profile.name}` lists the ids.",
    )


def _no_expression(selection: Selection) -> CannotJudge:
    return CannotJudge(
        f"-k: {selection.keyword!r} is not an expression of pytest",
        ExitCode.USAGE,
        hint="Join words by `and`, `or` and `not`, such as 'simple and not json'.",
    )


def _named_plugins(selection: Selection) -> list[ModuleType]:
    """Return the plugins that workers load by name; by name, pytest would search all that is installed for each."""
    return [import_module(name) for name in selection.plugins()]


class _Quiet:
    """Ends a session whose `-k` is no expression without pytest's own message."""

    @pytest.hookimpl(wrapper=True)
    def pytest_collection_modifyitems(self) -> Generator[None]:
        try:
            yield
        except pytest.UsageError as error:
            pytest.exit(str(error), returncode=int(pytest.ExitCode.USAGE_ERROR))


class _Counted(_Quiet):
    """Registers a plan under the name of the judge, so that the suite's own plugin adds none."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        config.pluginmanager.register(self._plan, JUDGE)


class _Named(_Quiet):
    """Registers the judge under its name before the suite's own plugin looks for it."""

    def __init__(self, judge: Judge) -> None:
        self._judge = judge

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        self._judge.register(config.pluginmanager)
        config.option.tbstyle = "native"  # the others parse the source again for each deviation


def _cpus(target: Target, selection: Selection) -> AbstractContextManager[None]:
    """Keep a run whose server is in its only process on one CPU: its threads wait for each other.

    A load keeps all of them: its requests are to meet.
    """
    alone = target.embedded and not selection.processes and LOAD not in target.profile.features
    return on_one_cpu() if alone else nullcontext()


@contextmanager
def _seldom_collected() -> Iterator[None]:
    """Collect garbage seldom, and leave out what was imported: a run makes little, and is short."""
    threshold = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(20 * threshold[0], *threshold[1:])
    try:
        yield
    finally:
        gc.set_threshold(*threshold)
        gc.unfreeze()


@contextmanager
def _own_settings() -> Iterator[None]:
    """Ignore the settings of the user's own test runs, and write nothing to the current folder."""
    saved = dict(os.environ)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    os.environ.pop("PYTEST_ADDOPTS", None)
    os.environ.setdefault(
        "HYPOTHESIS_STORAGE_DIRECTORY", str(user_cache_path("registry-conformance") / "hypothesis")
    )
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(saved)
