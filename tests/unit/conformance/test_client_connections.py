"""What a client says of a failed connection, of throttling and of a credential that it garbled blames no registry.

Older versions of pip say it in their log alone.
"""

from __future__ import annotations

from contextlib import nullcontext
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from conformance.clients import ClientRun, Pip
from conformance.kit.user_machine import UserMachine
from conformance.verdicts import Untestable
from conformance.verdicts.options import RunOptions, TrafficLimits
from conformance.wire import Budget, Credential, Transcript, Unreachable
from conformance.wire.budget import Throttled

if TYPE_CHECKING:
    from pathlib import Path

MISSING = "ERROR: No matching distribution found for demo\n"
REFUSED = (
    "Could not fetch URL http://127.0.0.1:1/simple/demo/: connection error: [Errno 111] refused - skipping\n"
)
LATER = (
    "Could not fetch URL http://127.0.0.1:1/simple/demo/: 429 Client Error: Too Many Requests - skipping\n"
)
STRANGER = "Could not fetch URL http://127.0.0.1:1/simple/demo/: 401 Client Error: Unauthorized - skipping\n"
AT_401_MS = "2026-01-01T00:00:05,401 Created temporary directory: /tmp/pip-download-1\n"
ABSENT = "Could not fetch URL http://127.0.0.1:1/simple/demo/: 404 Client Error: Not Found - skipping\n"


def ended(*, output: str = MISSING, log: str = "", exit_code: int = 1) -> ClientRun:
    return ClientRun(
        client="pip",
        version="26.0",
        command=("python", "-m", "pip", "install"),
        exit_code=exit_code,
        stdout="",
        stderr=output,
        duration=0.1,
        timed_out=False,
        log=log,
    )


@pytest.mark.parametrize(
    ("run", "failed"),
    [
        (ended(log=REFUSED), True),
        (ended(log=ABSENT), False),
        (ended(log=REFUSED, exit_code=0), False),
        (ended(output="ConnectionError: (Caused by NewConnectionError('…: [Errno 111] Connection refused'))"), True),
        (ended(output="urllib3.exceptions.ReadTimeoutError: HTTPSConnectionPool(…): Read timed out."), True),
        (ended(output="Caused by: tcp connect error\n  Caused by: Connection refused (os error 111)"), True),
        (ended(output="('Connection aborted.', RemoteDisconnected('Remote end closed connection'))"), True),
        (ended(output="HTTPError: 403 Forbidden from http://127.0.0.1:1/"), False),
        (ended(output="too many 503 error responses"), False),
    ],
)  # fmt: skip
def test_what_clients_say_of_a_failed_connection(run: ClientRun, *, failed: bool) -> None:
    assert bool(run.failed_connection) is failed


class Machine:
    """A user's machine on which pip ends as given."""

    def __init__(
        self,
        folder: Path,
        monkeypatch: pytest.MonkeyPatch,
        *ends: ClientRun,
        credential: Credential | None = None,
    ) -> None:
        self.ends = list(ends)
        monkeypatch.setattr(Pip, "install", lambda *_, **__: self.ends.pop(0))
        target = SimpleNamespace(
            credentials={}, credential=lambda _: credential, index_url="http://127.0.0.1:1/simple/"
        )
        registry: Any = SimpleNamespace(target=target, await_page=lambda _: None)
        run: Any = SimpleNamespace(
            options=RunOptions(),
            target=target,
            redact=str,
            transcript=Transcript(),
            session=SimpleNamespace(budget=Budget(TrafficLimits())),
        )
        self.user = UserMachine(run, registry, folder)


def test_pip_tries_twice_where_it_has_no_connection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(tmp_path, monkeypatch, ended(log=REFUSED), ended(exit_code=0))
    assert machine.user.install("demo").run.succeeded


def test_no_connection_at_all_is_no_verdict(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(tmp_path, monkeypatch, ended(log=REFUSED), ended(log=REFUSED))
    with pytest.raises(Unreachable, match=r"pip 26\.0 had no connection: Could not fetch URL .* refused"):
        machine.user.install("demo")
    assert machine.ends == []


def test_a_missing_page_is_looked_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(tmp_path, monkeypatch, ended(log=ABSENT), ended(exit_code=0))
    assert machine.user.install("demo").run.exit_code == 1
    assert len(machine.ends) == 1


@pytest.mark.parametrize(
    "run",
    [ended(log=LATER), ended(output="WARNING: 429 Error, slow down\n" + MISSING)],
    ids=["log", "output"],
)
def test_a_throttled_client_is_no_verdict(
    run: ClientRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Throttled, match=r"the registry throttled pip 26\.0"):
        Machine(tmp_path, monkeypatch, run).user.install("demo")


@pytest.mark.parametrize(
    ("run", "garbled"),
    [
        (ended(log=STRANGER), True),
        (ended(output="WARNING: 401 Error, Credentials not correct\n" + MISSING), True),
        (ended(log=AT_401_MS), False),
    ],
    ids=["log", "output", "a time"],
)
def test_a_credential_that_a_client_garbles_is_no_verdict(
    run: ClientRun, *, garbled: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = Machine(
        tmp_path, monkeypatch, run, credential=Credential(username="j\xfcrgen", password="gr\xfc\xdfe")
    )
    with (
        pytest.raises(Untestable, match="sends the credential 'default' as latin-1")
        if garbled
        else nullcontext()
    ):
        machine.user.install("demo")
