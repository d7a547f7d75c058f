"""Clients as an axis: what runs, who is to blame for a failure, and what reports say of it."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec
import pytest
import requests
from packaging.specifiers import SpecifierSet

from conformance.client_matrix import matrix
from conformance.client_matrix.offers import lack_of, lacks
from conformance.client_matrix.scenarios import SCENARIOS
from conformance.client_matrix.venue import Venue
from conformance.clients import Client, ClientRun
from conformance.clients.prepared import ClientSpec, Environment, EnvironmentFolder
from conformance.clients.prepared.companions import known_clients
from conformance.commands.main import main
from conformance.corpus import Corpus
from conformance.errors import ExitCode, UserError
from conformance.report.client_cells import ClientCell, Outcome, cells_note, explanations
from conformance.report.html import as_html
from conformance.report.result_file import result_from_json
from conformance.report.terminal import print_report
from conformance.run import client_environments
from conformance.run.checks_run import run_checks
from conformance.run.selection import Selection
from conformance.target import target_from_table
from conformance.target.embedded import misbehaving_server
from conformance.target.recording import recording
from conformance.verdicts.options import RunOptions
from reference_server.distributions import wheel

from .ended_clients import ended

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.clients import IndexURL, Wanted
    from conformance.report.result import RunResult

DOCUMENT = Path(__file__).parents[3] / "docs" / "clients.md"
CHOSEN = ("install.latest", "install.pinned", "lock.write")
FEW = Selection(keyword="simple.html.root.one-anchor-per-project")


@dataclass(frozen=True, kw_only=True)
class FakePip(Client):
    """Asks for the page of a project and writes what pip would install; `broken` fails whatever it is answered."""

    name: ClassVar[str] = "pip"
    broken: ClassVar[bool] = False
    gives: ClassVar[str] = ""

    def add(self, wanted: Wanted, *, folder: Path, index_url: IndexURL) -> ClientRun:
        answer = requests.get(f"{index_url.url}{wanted.name}/", auth=index_url.login, timeout=10)
        good = "html" in answer.headers.get("Content-Type", "") and answer.ok and not self.broken
        if good:
            info = folder / "site" / f"{wanted.name}.dist-info"
            info.mkdir(parents=True)
            version = self.gives or wanted.version or "1.1"
            (info / "METADATA").write_text(f"Name: {wanted.name}\nVersion: {version}\n", encoding="utf-8")
        return ended(0 if good else 1, f"no page: {index_url.login[1]}")


@pytest.fixture
def kind(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> type[FakePip]:
    """The class of the client in the place of pip: prepared, and with three scenarios."""

    class Kind(FakePip):
        pass

    environment = Environment(
        spec=ClientSpec("pip", "24.0"), version="24.0", python=tmp_path / "bin" / "python"
    )
    monkeypatch.setattr(EnvironmentFolder, "find", lambda _self, _spec: environment)
    monkeypatch.setitem(matrix.KINDS, "pip", Kind)
    monkeypatch.setattr(matrix, "SCENARIOS", [each for each in SCENARIOS if each.id in CHOSEN])
    return Kind


@pytest.fixture
def judged(tmp_path: Path) -> Callable[..., RunResult]:
    def judged(*faults: str, clients: str = "pip==24.0") -> RunResult:
        options = RunOptions(clients=clients, ledger_folder=tmp_path / "ledgers", settle=0)
        with misbehaving_server([]) as server:
            target = target_from_table(server.target())
            with_faults = WithFaults(server, faults)
            return run_checks(target, options, FEW, plugins=[with_faults])

    return judged


class WithFaults:
    """A plugin of pytest that switches faults on when the checks are done."""

    def __init__(self, server: Any, faults: tuple[str, ...]) -> None:
        self._server, self._faults = server, faults

    def pytest_sessionfinish(self) -> None:
        for each in self._faults:
            self._server.fault(each)


def outcomes(result: RunResult) -> dict[str, Outcome]:
    return {each.scenario: each.outcome for each in result.clients}


@pytest.mark.usefixtures("kind")
def test_what_works_is_a_cell_with_client_and_version(judged: Callable[..., RunResult]) -> None:
    result = judged()
    assert outcomes(result) == {
        "install.latest": Outcome.WORKED,
        "install.pinned": Outcome.WORKED,
        "lock.write": Outcome.NOT_OFFERED,
    }
    assert {(each.client, each.version, each.name) for each in result.clients} == {
        ("pip==24.0", "24.0", "pip 24.0")
    }
    assert result.exit_code is ExitCode.CONFORMS
    assert "Clients: 2 of 2 scenarios worked; 1 not offered by the client." in result.summary.notes


@pytest.mark.usefixtures("kind")
def test_a_failure_that_the_reference_server_does_not_share_is_the_registrys(
    judged: Callable[..., RunResult],
) -> None:
    result = judged("wrong-content-type")
    assert outcomes(result)["install.latest"] is Outcome.FAILED
    assert result.exit_code is ExitCode.DEVIATES
    (failed,) = explanations(result.clients)
    assert [each.rpartition("/simple/")[2] for each in failed.requests] == [
        f"conformance-{result.run}-main/, with a credential: 200"
    ]


def test_a_failure_that_the_reference_server_shares_is_the_clients(
    kind: type[FakePip], judged: Callable[..., RunResult]
) -> None:
    kind.broken = True
    result = judged()
    assert outcomes(result)["install.pinned"] is Outcome.CLIENT
    assert result.exit_code is ExitCode.CONFORMS


def test_another_version_than_the_wanted_one_is_a_failure(
    kind: type[FakePip], judged: Callable[..., RunResult]
) -> None:
    kind.gives = "1.1"
    assert outcomes(judged())["install.pinned"] is Outcome.CLIENT
    assert outcomes(judged())["install.latest"] is Outcome.WORKED


@pytest.mark.usefixtures("kind")
def test_a_registry_that_is_not_available_is_an_error_and_no_failure(
    judged: Callable[..., RunResult],
) -> None:
    result = judged("bad-gateway")
    assert outcomes(result)["install.latest"] is Outcome.ERROR
    assert result.exit_code is not ExitCode.DEVIATES


@pytest.mark.usefixtures("kind")
def test_what_a_client_printed_is_kept_without_secrets(judged: Callable[..., RunResult]) -> None:
    result = judged("wrong-content-type")
    (failed,) = explanations(result.clients)
    assert "no page: " in failed.output
    assert "reference-api-token" not in str(result.as_json())


def test_a_client_that_cannot_be_prepared_is_untestable(
    judged: Callable[..., RunResult], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise UserError("pip==24.0 cannot be prepared without a package index", "Run: …")

    monkeypatch.setattr(EnvironmentFolder, "find", lambda *_: None)
    monkeypatch.setattr(client_environments, "make", refuse)
    result = judged()
    assert {each.outcome for each in result.clients} == {Outcome.UNTESTABLE}
    assert len(explanations(result.clients)) == 1
    assert result.exit_code is ExitCode.TOO_LITTLE_JUDGED
    assert "No scenario could be judged with pip==24.0." in result.summary.notes


def test_a_run_without_clients_has_no_cells(judged: Callable[..., RunResult]) -> None:
    result = judged(clients="")
    assert result.clients == ()
    assert not [note for note in result.summary.notes if note.startswith("Clients")]
    assert "Clients" not in as_html(result)


@pytest.mark.usefixtures("kind")
def test_reports_have_the_table_and_what_was_sent(judged: Callable[..., RunResult]) -> None:
    result = judged("wrong-content-type")
    printed = io.StringIO()
    print_report(result, printed, plain=True)
    assert "client    latest  pinned  lock\npip 24.0  FAILS   FAILS   ·" in printed.getvalue()
    assert "failed: pip 24.0, install.latest: expected exit code 0" in printed.getvalue()
    page = as_html(result)
    assert '<th scope="row">pip 24.0</th>' in page
    assert "with a credential: 200" in page
    assert result_from_json(msgspec.to_builtins(result)).clients == result.clients


def test_the_failure_of_a_scenario_that_is_up_to_registries_does_not_count() -> None:
    assert [each.id for each in SCENARIOS if not each.counts] == ["publish.skip-existing"]


def test_every_scenario_has_a_sentence() -> None:
    assert all(each.sentence for each in SCENARIOS)
    assert len({each.id for each in SCENARIOS}) == len({each.title for each in SCENARIOS}) == len(SCENARIOS)


def test_every_lack_is_of_a_client_and_of_scenarios_that_are_there() -> None:
    for each in lacks():
        assert each.client in known_clients()
        assert SpecifierSet(each.versions) is not None
        assert each.source.startswith("https://")
        for word in each.scenarios:
            assert [one for one in SCENARIOS if replace(each, scenarios=(word,)).names(one.id)], word


@pytest.mark.parametrize(
    ("client", "version", "scenario", "offered"),
    [
        ("twine", "6.1.0", "publish.skip-existing", True),
        ("twine", "6.2.0", "publish.skip-existing", False),
        ("twine", "7.0.0", "publish.wheel-and-sdist", True),
        ("twine", "7.0.0", "install.latest", False),
        ("pip", "24.0", "lock.write", False),
        ("pip", "25.3", "lock.write", True),
        ("pip", "25.3", "lock.install", False),
        ("pip", "26.3", "lock.install", True),
    ],
)
def test_what_a_client_offers_depends_on_its_version(
    client: str, version: str, scenario: str, *, offered: bool
) -> None:
    assert (lack_of(client, version, scenario) is None) is offered


def test_no_cells_have_no_note() -> None:
    assert cells_note(()) == ""


def test_one_reason_for_several_scenarios_is_explained_once() -> None:
    cells = [
        ClientCell(
            client="uv", version="0.8", scenario=each, title=each, outcome=Outcome.ERROR, message="throttled"
        )
        for each in ("one", "two")
    ]
    assert explanations(cells) == cells[:1]


def test_a_recording_has_what_was_sent_and_no_secret() -> None:
    with misbehaving_server([]) as server:
        server.publish(wheel("demo", "1.0"))
        with recording([server.index_url, server.url]) as recorded:
            page = requests.get(
                f"{recorded.at(server.index_url)}demo/", auth=(server.username, server.password), timeout=10
            )
            assert page.status_code == 200
            assert (
                recorded.at("https://registry.example.com/simple/") == "https://registry.example.com/simple/"
            )
            (sent,) = recorded.take()
            assert str(sent).endswith("/simple/demo/, with a credential: 200")
            assert server.password not in str(sent)
            assert recorded.take() == []
            assert recorded.as_target(f"no page at {page.url}") == f"no page at {server.index_url}demo/"


def test_two_venues_of_one_run_never_use_a_name_twice() -> None:
    given: Any = dict.fromkeys(
        ("registry", "driver", "recording", "forward_proxy", "start_other_index", "budget", "options")
    )
    one, other = (Venue(corpus=Corpus("abcdefgh", {}), **given) for _ in range(2))
    assert one.new_name("same") != other.new_name("same")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--clients", "npm"], "no driver"),
        (["--clients", "pip==new"], "no version"),
        (["--clients", ","], "no client"),
        (["--clients", "pip", "--read-only"], "a run that publishes"),
        (["--clients", "pip", "--baseline", "BASELINE"], "a baseline lists requirements"),
    ],
)
def test_wrong_clients_are_refused_before_anything_is_sent(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    baseline = tmp_path / "baseline.toml"
    baseline.write_text("known = []\n", encoding="utf-8")
    words = [str(baseline) if each == "BASELINE" else each for each in words]
    assert main(["run", *words]) == ExitCode.USAGE
    assert message in capsys.readouterr().err


def test_the_published_matrix_has_every_scenario() -> None:
    head = "| client | " + " | ".join(each.title for each in SCENARIOS) + " |"
    assert DOCUMENT.read_text(encoding="utf-8").count(head) == 3  # one for each flavour
