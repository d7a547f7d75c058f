"""A run with its server in its one process stays on one CPU; what it starts does not."""

from __future__ import annotations

import os
import sys
import threading
from contextlib import contextmanager
from dataclasses import replace
from queue import SimpleQueue
from typing import TYPE_CHECKING

import pytest

from conformance.clients.fork_server import ForkServer
from conformance.clients.process_group import start
from conformance.profiles import under_load
from conformance.run.checks_run import run_checks
from conformance.run.selection import Selection
from conformance.target import target_from_table
from conformance.verdicts.options import RunOptions
from conformance.wire import cpus
from conformance.wire.cpus import on_all_cpus, on_one_cpu
from reference_server import ReferenceServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or len(os.sched_getaffinity(0)) < 2, reason="takes CPUs of Linux, two or more"
)

PRINT_CPUS = "import os; print(len(os.sched_getaffinity(0)))"
ROW = "simple.name.normalization"


@pytest.fixture(autouse=True)
def quiet_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cpus, "_runnable", lambda: 1)


@contextmanager
def other_thread() -> Iterator[Callable[[], set[int]]]:
    """Yield what asks another thread for its CPUs."""
    asked, answered = SimpleQueue[str](), SimpleQueue[set[int]]()

    def answer() -> None:
        while asked.get():
            answered.put(os.sched_getaffinity(0))

    def cpus_there() -> set[int]:
        asked.put("cpus")
        return answered.get()

    thread = threading.Thread(target=answer)
    thread.start()
    try:
        yield cpus_there
    finally:
        asked.put("")
        thread.join()


def test_all_threads_share_one_cpu_and_get_the_others_back() -> None:
    given = os.sched_getaffinity(0)
    with other_thread() as cpus_of_earlier:
        with on_one_cpu(), other_thread() as cpus_of_later:
            bound = os.sched_getaffinity(0)
            assert len(bound) == 1
            assert bound < given
            assert cpus_of_earlier() == cpus_of_later() == bound
        assert os.sched_getaffinity(0) == cpus_of_earlier() == given


def test_a_later_thread_gets_all_cpus_back() -> None:
    given = os.sched_getaffinity(0)
    with on_one_cpu():
        later = other_thread()
        cpus_of_later = later.__enter__()
    assert cpus_of_later() == given
    later.__exit__(None, None, None)


def test_an_error_gives_the_cpus_back() -> None:
    given = os.sched_getaffinity(0)
    with pytest.raises(ZeroDivisionError), on_one_cpu():
        raise ZeroDivisionError
    assert os.sched_getaffinity(0) == given


def test_one_within_another_changes_nothing() -> None:
    with on_one_cpu():
        bound = os.sched_getaffinity(0)
        with on_one_cpu():
            assert os.sched_getaffinity(0) == bound
        assert os.sched_getaffinity(0) == bound


def test_a_busy_machine_is_left_to_choose(monkeypatch: pytest.MonkeyPatch) -> None:
    given = os.sched_getaffinity(0)
    monkeypatch.setattr(cpus, "_runnable", lambda: len(given) + 1)
    with on_one_cpu():
        assert os.sched_getaffinity(0) == given


def test_a_cpu_that_cannot_be_known_is_left_to_choose(monkeypatch: pytest.MonkeyPatch) -> None:
    given = os.sched_getaffinity(0)
    monkeypatch.setattr(cpus, "_this_cpu", lambda: None)
    with on_one_cpu(), on_all_cpus():
        assert os.sched_getaffinity(0) == given


def test_a_client_has_all_cpus(tmp_path: Path) -> None:
    given, output = os.sched_getaffinity(0), tmp_path / "output"
    with on_one_cpu(), output.open("wb") as file:
        process = start(
            [sys.executable, "-c", PRINT_CPUS], stdout=file, stderr=file, env=dict(os.environ), cwd=tmp_path
        )
        assert process.wait() == 0
        assert len(os.sched_getaffinity(0)) == 1
    assert output.read_text() == f"{len(given)}\n"


def test_a_forked_client_has_all_cpus(tmp_path: Path) -> None:
    given, output = os.sched_getaffinity(0), tmp_path / "output"
    with on_one_cpu(), output.open("wb") as file:
        server = ForkServer(sys.executable, "timeit")
        try:
            environment = server._environment  # a run with another one is not forked
            run = server.start(
                ["-n1", "-r1", PRINT_CPUS], stdout=file, stderr=file, env=environment, cwd=tmp_path
            )
            assert run.wait() == 0
        finally:
            server.stop()
    assert output.read_text().startswith(f"{len(given)}\n")


def test_a_load_has_all_cpus(tmp_path: Path) -> None:
    class Recorder:
        def pytest_collection_finish(self) -> None:
            seen.append(len(os.sched_getaffinity(0)))

    given, seen = os.sched_getaffinity(0), list[int]()
    with ReferenceServer() as server:
        target = target_from_table(server.target(), embedded=True)
        target = replace(target, profile=under_load(target.profile))
        run_checks(
            target,
            RunOptions(ledger_folder=tmp_path),
            Selection(only=frozenset({ROW})),
            plugins=[Recorder()],
        )
    assert seen == [len(given)]


@pytest.mark.parametrize("embedded", [True, False])
def test_a_run_is_bound_where_its_server_is_embedded(embedded: bool, tmp_path: Path) -> None:  # noqa: FBT001 - a parameter
    class Recorder:
        def pytest_runtest_logstart(self) -> None:
            seen.append(len(os.sched_getaffinity(0)))

    given, seen = os.sched_getaffinity(0), list[int]()
    with ReferenceServer() as server:
        target = target_from_table(server.target(), embedded=embedded)
        run_checks(
            target, RunOptions(ledger_folder=tmp_path), Selection(only=frozenset({ROW})), plugins=[Recorder()]
        )
    assert set(seen) == {1 if embedded else len(given)}
    assert os.sched_getaffinity(0) == given
