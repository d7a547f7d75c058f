"""Clients as an axis: a registry is blamed only for what is its own, and no result is lost."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
import requests

from conformance.client_matrix import matrix, stage
from conformance.client_matrix.locked import LOCK_FILES, require_locked
from conformance.client_matrix.scenarios import SCENARIOS
from conformance.client_matrix.stage import ANYBODY, PATIENCE, REQUESTS
from conformance.clients import Client, ClientMissing, ClientRun
from conformance.clients.prepared import ClientSpec, Environment, EnvironmentFolder, client_specs, making
from conformance.clients.prepared.making import NoSuchVersion
from conformance.errors import ExitCode, UserError
from conformance.report.client_cells import ClientCell, Outcome, by_client
from conformance.run import client_environments, client_runs
from conformance.run.checks_run import run_checks
from conformance.run.client_environments import distinct
from conformance.run.run import CannotJudge
from conformance.run.selection import Selection
from conformance.run.setup import prepare
from conformance.target import DEFAULT, target_from_table
from conformance.target.embedded import control_target, misbehaving_server
from conformance.verdicts import Deviation
from conformance.verdicts.options import RunOptions
from conformance.wire import Budget
from conformance.wire.credential import Credential
from reference_server import ReferenceServer
from reference_server.distributions import wheel

from .ended_clients import ended

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from conformance.clients import IndexURL, Wanted
    from conformance.report.result import RunResult

FEW = Selection(keyword="simple.html.root.one-anchor-per-project")

LONG = 900_000


@dataclass(frozen=True, kw_only=True)
class Driver(Client):
    """Asks for the page of a project, and installs its version; `failing` decides the calls of `add`, from 1."""

    name: ClassVar[str] = "pip"
    calls: ClassVar[list[str]]
    failing: ClassVar[dict[int, Any]]
    locks: ClassVar[str] = "1.1"
    """The version in its lock file."""

    def add(self, wanted: Wanted, *, folder: Path, index_url: IndexURL) -> ClientRun:
        self.calls.append(wanted.requirement)
        how = self.failing.get(len(self.calls), self.failing.get(0))
        if isinstance(how, BaseException):
            raise how
        if not (isinstance(how, ClientRun) and not how.command):  # such a client sends nothing
            requests.get(f"{index_url.url}{wanted.name}/", auth=index_url.login, timeout=10)
        if isinstance(how, ClientRun):
            return how
        info = folder / "site" / f"{wanted.name}.dist-info"
        info.mkdir(parents=True)
        text = f"Name: {wanted.name}\nVersion: {wanted.version or '1.1'}\n"
        (info / "METADATA").write_text(text, encoding="utf-8")
        return ended(0)

    def lock(self, wanted: Wanted, *, folder: Path, index_url: IndexURL) -> ClientRun:
        requests.get(f"{index_url.url}{wanted.name}/", auth=index_url.login, timeout=10)
        (folder / "uv.lock").write_text(f'version = "{self.locks}"\n', encoding="utf-8")
        return ended(0)

    def sync(self, *, folder: Path, index_url: IndexURL) -> ClientRun:
        raise NotImplementedError

    def publish(
        self, files: Sequence[Path], *, to: str, credential: Credential | None, **_: Any
    ) -> ClientRun:
        (file,) = files
        self.calls.append(file.name)
        how = self.failing.get(len(self.calls))
        if isinstance(how, ClientRun):
            return how
        name, version = file.name.split("-")[:2]
        form = {":action": "file_upload", "name": name, "version": version, **(how or {})}
        login = (credential.username, credential.password) if credential else None
        with file.open("rb") as content:
            answer = requests.post(to, data=form, files={"content": content}, auth=login, timeout=30)
        return ended(0 if answer.ok else 1, f"ERROR: {answer.status_code}")


@pytest.fixture
def driver(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> type[Driver]:
    class Kind(Driver):
        calls: ClassVar[list[str]] = []
        failing: ClassVar[dict[int, Any]] = {}

    def found(_folder: EnvironmentFolder, spec: ClientSpec) -> Environment:
        return Environment(spec=spec, version="24.0", python=tmp_path / "bin" / "python")

    monkeypatch.setattr(EnvironmentFolder, "find", found)
    monkeypatch.setitem(matrix.KINDS, "pip", Kind)
    monkeypatch.setattr(matrix, "lack_of", lambda *_: None)
    return Kind


@pytest.fixture
def judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., RunResult]]:
    """Judge a server with the client; each run has to leave the server as it was."""
    with misbehaving_server([]) as server:

        def judged(*scenarios: str, clients: str = "pip==24.0", **options: Any) -> RunResult:
            monkeypatch.setattr(matrix, "SCENARIOS", [each for each in SCENARIOS if each.id in scenarios])
            given = RunOptions(clients=clients, ledger_folder=tmp_path / "ledgers", settle=0, **options)
            try:
                return run_checks(target_from_table(server.target()), given, FEW)
            finally:
                assert server.registry.store.packages(1) == ()
                assert list(tmp_path.glob("ledgers/*")) == []

        yield judged


def outcome(result: RunResult) -> Outcome:
    (cell,) = result.clients
    return cell.outcome


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), RuntimeError("a mistake")])
def test_a_driver_that_raises_is_an_error_and_loses_nothing(
    driver: type[Driver], judged: Callable[..., RunResult], error: Exception
) -> None:
    driver.failing = {1: error}
    first, second = judged("install.latest", "install.pinned").clients
    assert (first.outcome, second.outcome) == (Outcome.ERROR, Outcome.WORKED)
    assert str(error) in first.message


def test_a_stage_that_cannot_go_on_ends_in_a_result_with_what_is_known(
    driver: type[Driver], judged: Callable[..., RunResult], monkeypatch: pytest.MonkeyPatch
) -> None:
    del driver
    played = matrix.play

    def play(scenario: Any, *given: Any, **more: Any) -> Any:
        if scenario.id == "install.pinned":
            raise RuntimeError("a mistake of the matrix")
        return played(scenario, *given, **more)

    monkeypatch.setattr(matrix, "play", play)
    result = judged("install.latest", "install.pinned")
    assert [each.scenario for each in result.clients] == ["install.latest"]
    assert result.exit_code is ExitCode.HARNESS_ERROR
    assert any("a mistake of the matrix" in note for note in result.summary.notes)


def test_an_interrupted_stage_keeps_its_cells(driver: type[Driver], judged: Callable[..., RunResult]) -> None:
    driver.failing = {2: KeyboardInterrupt()}
    result = judged("install.latest", "install.pinned")
    assert [(each.scenario, each.outcome) for each in result.clients] == [("install.latest", Outcome.WORKED)]
    assert result.exit_code is ExitCode.HARNESS_ERROR


BROKEN = ended(1, "ERROR: broken")
SILENT = replace(BROKEN, command=())


@pytest.mark.parametrize(
    ("failing", "expected"),
    [
        ({1: BROKEN}, Outcome.FAILED),
        ({0: BROKEN}, Outcome.CLIENT),
        ({0: SILENT}, Outcome.CLIENT),
        ({1: SILENT}, Outcome.ERROR),
        ({1: BROKEN, 2: ClientMissing("pip", cause="out of memory", hint="x")}, Outcome.ERROR),
        ({1: BROKEN, 2: replace(BROKEN, timed_out=True)}, Outcome.ERROR),
        ({1: BROKEN, 2: OSError(28, "No space left on device")}, Outcome.ERROR),
        ({1: replace(BROKEN, exit_code=-9, timed_out=True)}, Outcome.ERROR),
        ({1: ended(1, "ConnectTimeoutError: the connection timed out")}, Outcome.ERROR),
    ],
)
def test_a_failure_is_the_registrys_only_where_the_same_client_worked_elsewhere(
    driver: type[Driver], judged: Callable[..., RunResult], failing: dict[int, Any], expected: Outcome
) -> None:
    driver.failing = failing
    result = judged("install.latest")
    assert outcome(result) is expected
    assert (result.exit_code is ExitCode.DEVIATES) is (expected is Outcome.FAILED)


def test_a_reference_server_that_does_not_start_blames_no_registry(
    driver: type[Driver], judged: Callable[..., RunResult], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refusing(*_: object, **__: object) -> None:
        raise CannotJudge("no port is free", ExitCode.HARNESS_ERROR)

    monkeypatch.setattr(client_runs, "control_target", refusing)
    driver.failing = {1: BROKEN}
    assert outcome(judged("install.latest")) is Outcome.ERROR


@dataclass(frozen=True, kw_only=True)
class Choosy(Driver):
    """Fails wherever its password has a percent sign, after it has asked."""

    def add(self, wanted: Wanted, *, folder: Path, index_url: IndexURL) -> ClientRun:
        run = super().add(wanted, folder=folder, index_url=index_url)
        return ended(1, "ERROR: broken") if "%" in index_url.login[1] else run


@pytest.mark.parametrize(
    ("password", "expected"), [("pass%41word", Outcome.CLIENT), ("word", Outcome.WORKED)]
)
def test_a_failure_for_the_sake_of_the_credential_is_no_registrys(
    driver: type[Driver], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, password: str, expected: Outcome
) -> None:
    choosy = type("Kind", (Choosy,), {"calls": driver.calls, "failing": {}})
    monkeypatch.setitem(matrix.KINDS, "pip", choosy)
    monkeypatch.setattr(matrix, "SCENARIOS", [each for each in SCENARIOS if each.id == "install.pinned"])
    with ReferenceServer(users={"jane": password}) as server:
        table = server.target()
        table["credentials"]["default"] = {"username": "jane", "password": password}
        options = RunOptions(clients="pip==24.0", ledger_folder=tmp_path, settle=0)
        assert outcome(run_checks(target_from_table(table), options, FEW)) is expected


@pytest.mark.parametrize(
    "credential",
    [
        Credential(username="jane", password="pass%41word:é"),
        Credential(username="t0ken-as-user-name", password=""),
        Credential(username="jane", password="pässword", encoding="latin-1"),
        None,
    ],
    ids=["odd", "a token as user name", "Latin-1", "none"],
)
def test_the_reference_server_takes_what_the_target_takes(
    credential: Credential | None, tmp_path: Path
) -> None:
    with control_target(credential, anybody=ANYBODY) as target:
        run = prepare(target, client_runs._for_control(RunOptions(ledger_folder=tmp_path)))
        try:
            assert run.registry.project_page(run.corpus["main-latest"].name).files
            taken = target.credential(DEFAULT)
            assert (taken is None) is (credential is None)
            if credential and credential.encoding == "utf-8":
                assert taken == credential
            if credential and credential.encoding != "utf-8":
                assert taken
                assert (taken.password, taken.is_ascii) == ("pessword", True)
            if credential is None:
                known = run.registry.knowing(anybody=ANYBODY)
                assert known.project_answer(run.corpus.main, as_="anybody", fresh=True).is_success
        finally:
            client_runs._end(run)


def test_a_client_that_sends_another_encoding_blames_nothing(
    driver: type[Driver], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    class Latin(driver):  # type: ignore[valid-type, misc]  # of the fixture
        credential_encoding: ClassVar[str] = "latin-1"

        def add(self, wanted: Wanted, *, folder: Path, index_url: IndexURL) -> ClientRun:
            del folder
            login = ":".join(index_url.login).encode("latin-1")
            headers = {"Authorization": f"Basic {b64encode(login).decode()}"}
            answer = requests.get(f"{index_url.url}{wanted.name}/", headers=headers, timeout=10)
            return ended(0 if answer.ok else 1, f"ERROR: {answer.status_code}")

    del driver
    monkeypatch.setitem(matrix.KINDS, "pip", Latin)
    monkeypatch.setattr(matrix, "SCENARIOS", [each for each in SCENARIOS if each.id == "install.pinned"])
    with ReferenceServer(users={"jane": "pässword"}) as server:
        table = server.target()
        table["credentials"]["default"] = {"username": "jane", "password": "pässword"}
        options = RunOptions(clients="pip==24.0", ledger_folder=tmp_path, settle=0)
        (cell,) = run_checks(target_from_table(table), options, FEW).clients
    assert cell.outcome is Outcome.UNTESTABLE
    assert "sends the credential as latin-1, and the registry reads utf-8" in cell.message


def test_the_limits_of_a_run_are_not_those_of_the_reference_server() -> None:
    options = RunOptions(max_requests=7, max_time=1.0, max_megabytes=1.0, rate=1.0)
    control = client_runs._for_control(options)
    assert control.max_requests > RunOptions().max_requests
    assert (control.max_time, control.rate) == (None, None)
    assert control.max_megabytes > RunOptions().max_megabytes


def test_nothing_of_the_suite_waits_for_the_turn_of_a_client(
    driver: type[Driver], judged: Callable[..., RunResult], monkeypatch: pytest.MonkeyPatch
) -> None:
    del driver
    taken = Budget.take
    open_turns: list[int] = []
    inside: list[int] = []

    def take(budget: Budget, requests: int = 1, *, seconds: float | None = None) -> Any:
        inside.extend(open_turns)
        turn = taken(budget, requests, seconds=seconds)
        if seconds == PATIENCE:
            open_turns.append(requests)
            end = turn.end
            monkeypatch.setattr(turn, "end", lambda: (open_turns.pop(), end()))
        return turn

    monkeypatch.setattr(Budget, "take", take)
    judged("publish.again", "install.dependencies", "install.latest")
    assert inside == []


AGAIN = "publish.again"


def test_publishing_again_works_where_the_upload_was_refused(
    driver: type[Driver], judged: Callable[..., RunResult]
) -> None:
    assert outcome(judged(AGAIN)) is Outcome.WORKED
    assert len(driver.calls) == 2


@pytest.mark.parametrize("builds", [False, True])
def test_publishing_again_compares_bytes_of_every_client(
    driver: type[Driver], judged: Callable[..., RunResult], monkeypatch: pytest.MonkeyPatch, *, builds: bool
) -> None:
    driver.builds = builds
    compared = []
    listed = stage.require_listed

    def require_listed(*given: Any, same_bytes: bool) -> None:
        compared.append(same_bytes)
        listed(*given, same_bytes=same_bytes)

    monkeypatch.setattr(stage, "require_listed", require_listed)
    assert outcome(judged(AGAIN)) is Outcome.WORKED
    assert compared == [True]


@pytest.mark.parametrize(
    ("failing", "expected"),
    [
        ({2: ended(1, "ModuleNotFoundError")}, Outcome.ERROR),  # crashed before it sent anything
        ({1: {"version": "no version"}}, Outcome.UNTESTABLE),  # its form is refused whatever is there
        ({1: ended(1, "ModuleNotFoundError")}, Outcome.UNTESTABLE),
    ],
)
def test_publishing_again_works_for_no_other_failure(
    driver: type[Driver], judged: Callable[..., RunResult], failing: dict[int, Any], expected: Outcome
) -> None:
    driver.failing = failing
    result = judged(AGAIN)
    assert outcome(result) is expected
    assert result.exit_code is ExitCode.TOO_LITTLE_JUDGED


def test_a_version_that_does_not_exist_is_a_usage_error_before_anything_is_published(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def refuse(*_: object) -> None:
        raise NoSuchVersion("no version of pip fits pip==99", "`pip index versions pip` lists them.")

    monkeypatch.setattr(EnvironmentFolder, "find", lambda *_: None)
    monkeypatch.setattr(client_environments, "make", refuse)
    with misbehaving_server([]) as server:
        options = RunOptions(clients="pip==99", ledger_folder=tmp_path, settle=0)
        with pytest.raises(CannotJudge, match="no version of pip") as refusal:
            run_checks(target_from_table(server.target()), options, FEW)
        assert list(server.requests) == []
    assert refusal.value.exit_code is ExitCode.USAGE


def test_what_an_installer_says_of_a_version_is_told_from_other_trouble() -> None:
    (spec,) = client_specs("pip==99")
    with pytest.raises(NoSuchVersion):
        making._require(ended(1, "ERROR: No matching distribution found for pip==99"), spec, ["pip"])
    with pytest.raises(UserError) as trouble:
        making._require(ended(1, "ConnectTimeoutError: timed out"), spec, ["pip"])
    assert not isinstance(trouble.value, NoSuchVersion)


def test_a_client_without_a_verdict_is_too_little(
    driver: type[Driver], judged: Callable[..., RunResult]
) -> None:
    driver.failing = {0: OSError("no")}
    result = judged("install.latest", "install.pinned")
    assert {each.outcome for each in result.clients} == {Outcome.ERROR}
    assert result.exit_code is ExitCode.TOO_LITTLE_JUDGED


def test_versions_that_are_equal_are_one_client() -> None:
    assert list(map(str, distinct(client_specs("pip==24,pip==24.0,pip,uv")))) == ["pip==24", "pip", "uv"]


def test_rows_of_one_version_are_apart() -> None:
    def cell(client: str, how: Outcome) -> ClientCell:
        return ClientCell(client=client, version="24.0", scenario="install", title="install", outcome=how)

    rows = by_client([cell("pip==24.0", Outcome.FAILED), cell("pip", Outcome.WORKED)])
    assert {name: row["install"].outcome for name, row in rows.items()} == {
        "pip 24.0 (pip==24.0)": Outcome.FAILED,
        "pip 24.0 (pip)": Outcome.WORKED,
    }


def test_messages_and_requests_have_a_limit(driver: type[Driver], judged: Callable[..., RunResult]) -> None:
    driver.failing = {0: RuntimeError("x" * LONG)}
    (cell,) = judged("install.latest").clients
    assert len(cell.message) == client_runs.MOST_MESSAGE - 1


def test_requests_of_clients_are_counted(driver: type[Driver], judged: Callable[..., RunResult]) -> None:
    del driver
    without = judged(clients="").summary.requests
    one = judged("install.pinned").summary.requests
    two = judged("install.pinned", "install.latest").summary.requests
    assert without < one < two


def test_a_client_that_sends_more_than_its_turn_takes_the_rest_from_the_budget(
    driver: type[Driver], judged: Callable[..., RunResult], monkeypatch: pytest.MonkeyPatch
) -> None:
    add, taken, extra = driver.add, Budget.take, []

    def add_after_pages(self: Driver, wanted: Wanted, *, folder: Path, index_url: IndexURL) -> ClientRun:
        for _ in range(REQUESTS + 2):
            requests.get(f"{index_url.url}{wanted.name}/", auth=index_url.login, timeout=10)
        return add(self, wanted, folder=folder, index_url=index_url)

    def take(budget: Budget, requests: int = 1, *, seconds: float | None = None) -> Any:
        if seconds == 0:
            extra.append(requests)
        return taken(budget, requests, seconds=seconds)

    monkeypatch.setattr(driver, "add", add_after_pages)
    monkeypatch.setattr(Budget, "take", take)
    assert outcome(judged("install.pinned")) is Outcome.WORKED
    assert extra == [3]


def lock(folder: Path, name: str, text: str) -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder


RIGHT = wheel("demo", "1.1")
OTHER = "0" * 64


@pytest.mark.parametrize(("version", "expected"), [("1.1", Outcome.WORKED), ("1.0", Outcome.CLIENT)])
def test_locking_looks_into_the_lock_file(
    driver: type[Driver], judged: Callable[..., RunResult], version: str, expected: Outcome
) -> None:
    driver.locks = version
    assert outcome(judged("lock.write")) is expected


@pytest.mark.parametrize("name", LOCK_FILES)
@pytest.mark.parametrize(
    "text",
    [
        f'version = "1.1"\nhashes = {{sha256 = "{RIGHT.sha256}"}}\ncontent-hash = "{OTHER}"\n',
        f'"version": "==1.1", "hashes": ["sha256:{RIGHT.sha256}"]\n    "sha256": "{OTHER}"\n',
        f'version = "1.1"\ncontent_hash = "sha256:{OTHER}"\n',
    ],
)
def test_a_lock_file_with_the_release_and_its_hash_is_right(tmp_path: Path, name: str, text: str) -> None:
    require_locked(lock(tmp_path, name, text), RIGHT)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('version = "1.0"\n', "no such version"),
        (f'version = "1.1"\nhashes = {{sha256 = "{OTHER}"}}\n', "other hashes"),
        ("", "no such version"),
    ],
)
def test_a_lock_file_with_another_release_or_hash_deviates(tmp_path: Path, text: str, found: str) -> None:
    with pytest.raises(Deviation, match=found):
        require_locked(lock(tmp_path, "uv.lock", text), RIGHT)


def test_no_lock_file_deviates(tmp_path: Path) -> None:
    with pytest.raises(Deviation, match="a lock file"):
        require_locked(tmp_path, RIGHT)
