"""What clients ask other hosts than the target: seen, refused, and in the failure."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
import requests

from conformance.client_matrix import matrix
from conformance.client_matrix.offers import lack_of
from conformance.client_matrix.other_hosts import OURS, THEIRS, order_of, orders
from conformance.client_matrix.scenarios import SCENARIOS
from conformance.clients import CLIENTS, Client, ClientRun, IndexURL, Installs, ReadsTwo
from conformance.clients.credential_places import PLACES, Access, NotPossible, Place, kept
from conformance.clients.home import HERE, Home
from conformance.clients.prepared import ClientSpec, Environment, EnvironmentFolder
from conformance.report.client_cells import ClientCell, Outcome, by_client, row_names
from conformance.run.checks_run import run_checks
from conformance.run.client_runs import file_hosts
from conformance.run.selection import Selection
from conformance.run.setup import prepare
from conformance.target import forward_proxy, target_from_table
from conformance.target.embedded import misbehaving_server, other_index
from conformance.target.forward_proxy import ForwardProxy
from conformance.target.recording import Sent
from conformance.verdicts import ExitCode
from conformance.verdicts.options import RunOptions
from conformance.wire.credential import Credential
from reference_server.distributions import wheel
from reference_server.serving.in_process import ReferenceServer
from reference_server.sources.upstream import Upstream

from .ended_clients import ended

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from conformance.clients import Wanted
    from conformance.report.result import RunResult

FEW = Selection(keyword="simple.html.root.one-anchor-per-project")
FOREIGN = "http://packages.example.com/simple/"
BOB = Credential(username="bob", password="se-cret")
ACCESS = Access(
    index_url="http://127.0.0.1:8080/simple/", upload_url="http://127.0.0.1:8080/upload", credential=BOB
)


# the forward proxy


def test_the_proxy_refuses_and_records_what_is_asked_of_another_host() -> None:
    with ForwardProxy() as proxy:
        through = {"http": proxy.variables()["HTTP_PROXY"], "https": proxy.variables()["HTTPS_PROXY"]}
        refused = requests.get(f"{FOREIGN}demo/?token=x", proxies=through, auth=("bob", "pw"), timeout=10)
        assert refused.status_code == 403
        with pytest.raises(requests.exceptions.ProxyError):
            requests.get("https://packages.example.com/simple/", proxies=through, timeout=10)
        attempts = proxy.take()
        assert proxy.take() == []
    assert list(map(str, attempts)) == [
        "GET http://packages.example.com/simple/demo/, with a credential",
        "CONNECT packages.example.com:443",
    ]
    assert all(each.refused for each in attempts)


@pytest.mark.parametrize(("loopback", "recorded"), [((), 1), (("127.0.0.1",), 0)])
def test_the_proxy_leads_to_the_hosts_of_the_targets_files_and_to_loopback(
    loopback: tuple[str, ...], recorded: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forward_proxy, "LOOPBACK", loopback)
    with misbehaving_server([]) as server, ForwardProxy([("127.0.0.1", server.port)]) as proxy:
        server.publish(wheel("demo", "1.0"))
        page = requests.Session()
        page.trust_env = False
        answer = page.get(
            f"{server.index_url}demo/",
            proxies={"http": proxy.variables()["HTTP_PROXY"]},
            auth=(server.username, server.password),
            timeout=10,
        )
        assert answer.status_code == 200
        assert "demo-1.0" in answer.text
        attempts = [(each.refused, each.with_credential) for each in proxy.take()]
        assert attempts == [(False, True)] * recorded


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_the_proxy_neither_refuses_nor_records_loopback(host: str) -> None:
    """Nothing listens at the port: what matters is that the proxy tries."""
    with ForwardProxy() as proxy:
        through = {"http": proxy.variables(for_all_hosts=True)["HTTP_PROXY"]}
        session = requests.Session()
        session.trust_env = False
        assert session.get(f"http://{host}:1/", proxies=through, timeout=10).status_code == 502
        assert proxy.take() == []


def test_the_proxy_is_passed_by_on_loopback() -> None:
    with ForwardProxy() as proxy:
        for url in ("http://127.0.0.1:1/", "http://localhost:1/", "http://[::1]:1/"):
            assert requests.utils.should_bypass_proxies(url, proxy.variables()["NO_PROXY"])
        assert not requests.utils.should_bypass_proxies(FOREIGN, proxy.variables()["NO_PROXY"])


@pytest.mark.parametrize("redirected", [False, True])
def test_the_hosts_of_files_are_learned_from_links_and_redirects(tmp_path: Path, *, redirected: bool) -> None:
    faults = ["files-elsewhere"] if redirected else []
    with misbehaving_server([]) as server:
        options = RunOptions(ledger_folder=tmp_path, settle=0)
        run = prepare(target_from_table(server.target()), options)
        for each in faults:
            server.fault(each, to="http://localhost:9")
        hosts = file_hosts(run)
        run.session.close()
        run.session.budget.close()
    assert hosts == (frozenset({("localhost", 9)}) if redirected else frozenset())


# findings


@dataclass(frozen=True, kw_only=True)
class Wanderer(Client):
    """Asks a foreign host in the runs whose number is in `astray`, and the page of the project in each."""

    name: ClassVar[str] = "pip"
    runs: ClassVar[list[str]]
    astray: ClassVar[set[int]]
    everywhere: ClassVar[bool] = False
    leaks: ClassVar[bool] = False
    wins: ClassVar[str] = THEIRS

    def add(self, wanted: Wanted, *, folder: Path, index_url: IndexURL) -> ClientRun:
        self.runs.append(wanted.name)
        answer = requests.get(f"{index_url.url}{wanted.name}/", auth=index_url.login, timeout=10)
        if self.everywhere or len(self.runs) in self.astray:
            proxy = self.home.variables["HTTP_PROXY"]
            requests.get(FOREIGN, proxies={"http": str(proxy)}, auth=index_url.login, timeout=10)
        return self._install(wanted, folder, "1.1") if answer.ok else ended(1, "ERROR: no such project")

    def add_from_two(
        self, wanted: Wanted, *, folder: Path, index_url: IndexURL, other: IndexURL
    ) -> ClientRun:
        requests.get(f"{index_url.url}{wanted.name}/", auth=index_url.login, timeout=10)
        auth = index_url.login if self.leaks else None
        requests.get(f"{other.url}{wanted.name}/", auth=auth, timeout=10)
        return self._install(wanted, folder, self.wins)

    def _install(self, wanted: Wanted, folder: Path, version: str) -> ClientRun:
        info = folder / "site" / f"{wanted.name}.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Name: {wanted.name}\nVersion: {version}\n", encoding="utf-8")
        return ended(output="Successfully installed")


@pytest.fixture
def wanderer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> type[Wanderer]:
    class Kind(Wanderer):
        runs: ClassVar[list[str]] = []
        astray: ClassVar[set[int]] = set()

    def found(_folder: EnvironmentFolder, spec: ClientSpec) -> Environment:
        return Environment(spec=spec, version="24.0", python=tmp_path / "bin" / "python")

    monkeypatch.setattr(EnvironmentFolder, "find", found)
    monkeypatch.setattr(Client, "version", "24.0")
    monkeypatch.setitem(matrix.KINDS, "pip", Kind)
    return Kind


@pytest.fixture
def judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., RunResult]]:
    with misbehaving_server([]) as server:

        def judged(scenario: str, **more: Any) -> RunResult:
            monkeypatch.setattr(matrix, "SCENARIOS", [each for each in SCENARIOS if each.id == scenario])
            options = RunOptions(clients="pip==24.0", ledger_folder=tmp_path / "ledgers", settle=0)
            return run_checks(target_from_table({**server.target(), **more}), options, FEW)

        yield judged


def cell(result: RunResult) -> ClientCell:
    (only,) = result.clients
    return only


def test_a_client_that_the_registry_leads_astray_is_a_finding_with_the_request(
    wanderer: type[Wanderer], judged: Callable[..., RunResult]
) -> None:
    wanderer.astray = {1, 2}  # at the target, forked and plain; not at the reference server
    result = judged("install.absent")
    assert cell(result).outcome is Outcome.FAILED
    assert cell(result).message.startswith(
        f"expected requests to the target alone, found GET {FOREIGN}, with a credential"
    )
    assert "pip printed: ERROR: no such project" in cell(result).message
    assert result.exit_code is ExitCode.DEVIATES


def test_a_client_that_leaves_the_target_everywhere_is_its_own_fault(
    wanderer: type[Wanderer], judged: Callable[..., RunResult]
) -> None:
    wanderer.everywhere = True
    result = judged("install.latest")
    assert cell(result).outcome is Outcome.CLIENT
    assert FOREIGN in cell(result).message
    assert result.exit_code is ExitCode.CONFORMS


def test_a_failure_says_what_else_the_client_asked(
    wanderer: type[Wanderer], judged: Callable[..., RunResult]
) -> None:
    wanderer.everywhere = True
    found = cell(judged("install.pinned"))  # it installs 1.1, and 1.0 was wanted
    assert "to be installed, found 1.1" in found.message
    assert f"The client asked other hosts: GET {FOREIGN}, with a credential" in found.message


def test_a_registry_that_leads_elsewhere_is_a_finding_also_where_the_client_follows_past_the_proxy(
    wanderer: type[Wanderer], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def add(self: Wanderer, wanted: Wanted, *, folder: Path, index_url: IndexURL) -> ClientRun:
        del folder
        url = f"{index_url.url}{wanted.name}/"
        requests.get(url, auth=index_url.login, timeout=10, allow_redirects=False)
        return ended(1, f"{self.name}: Name or service not known")

    monkeypatch.setattr(wanderer, "add", add)
    monkeypatch.setattr(matrix, "SCENARIOS", [each for each in SCENARIOS if each.id == "install.absent"])
    with ReferenceServer(flavour="gitlab", upstream=Upstream(url=FOREIGN, mode="redirect")) as server:
        options = RunOptions(clients="pip==24.0", ledger_folder=tmp_path / "ledgers", settle=0)
        found = cell(run_checks(target_from_table(server.target() | {"fallback": ""}), options, FEW))
    assert found.outcome is Outcome.FAILED
    assert found.message.startswith(
        "expected an answer that there is no such project, found a redirect to another host: GET "
    )


def test_an_absent_project_that_stays_absent_works(
    wanderer: type[Wanderer], judged: Callable[..., RunResult]
) -> None:
    del wanderer
    assert cell(judged("install.absent")).outcome is Outcome.WORKED


def test_an_absent_project_is_not_tried_where_the_target_states_its_fallback(
    wanderer: type[Wanderer], judged: Callable[..., RunResult]
) -> None:
    assert cell(judged("install.absent", fallback="redirect")).outcome is Outcome.NOT_APPLICABLE
    assert wanderer.runs == []


def test_two_indexes_work_where_the_documented_one_wins_and_gets_no_credential(
    wanderer: type[Wanderer], judged: Callable[..., RunResult]
) -> None:
    del wanderer
    assert cell(judged("install.two-indexes")).outcome is Outcome.WORKED


def test_the_other_index_winning_against_the_documents_is_the_clients(
    wanderer: type[Wanderer], judged: Callable[..., RunResult]
) -> None:
    wanderer.wins = OURS
    found = cell(judged("install.two-indexes"))
    assert found.outcome is Outcome.CLIENT
    assert f"{THEIRS} to be installed, found {OURS}" in found.message


def test_a_credential_that_reaches_the_other_index_is_in_the_failure(
    wanderer: type[Wanderer], judged: Callable[..., RunResult]
) -> None:
    wanderer.leaks = True
    found = cell(judged("install.two-indexes"))
    assert found.outcome is Outcome.CLIENT
    assert "expected the credential to be sent to the registry alone, found the other index got GET" in (
        found.message
    )


def test_the_other_index_is_another_host_and_needs_no_credential() -> None:
    with other_index() as index:
        index.publish(wheel("demo", "1.0"))
        assert requests.get(f"{index.url}demo/", timeout=10).status_code == 200
        assert index.with_credential("demo") == []
        requests.get(f"{index.url}demo/", auth=("bob", "pw"), timeout=10)
        assert len(index.with_credential("demo")) == 1
        assert index.with_credential("other") == []
        assert "127.0.0.1" not in index.url


def test_every_client_of_two_indexes_has_a_documented_order() -> None:
    readers = {each.name for each in CLIENTS if issubclass(each, ReadsTwo)}
    assert readers == {each.name for each in CLIENTS if issubclass(each, Installs)}
    assert readers == {each.client for each in orders()}
    assert {each.wins for each in orders()} == {"first", "highest"}
    assert all(each.source.startswith("https://") for each in orders())
    assert order_of("uv", "0.13.9").version == OURS
    assert order_of("pip", "24.0").version == THEIRS


# places of credentials


def test_every_place_is_tried_or_lacking_in_the_documents() -> None:
    for client in CLIENTS:
        for place in Place:
            lacking = lack_of(client.name, "9999", f"credential.{place}") is not None
            assert (place in PLACES[client.name]) is not lacking, (client.name, place)


@pytest.mark.parametrize(
    ("client", "place"), [(client, place) for client, places in PLACES.items() for place in places]
)
def test_a_credential_is_at_its_place_alone(client: str, place: Place) -> None:
    found = kept(client, place, ACCESS)
    in_home = [*found.home.files.values(), *map(str, found.home.variables.values())]
    at_home = any(BOB.password in text for text in in_home)
    in_drivers_hands = BOB.password in found.index.login or bool(
        found.to_publish and found.to_publish.password
    )
    assert at_home is not in_drivers_hands
    assert found.home.secrets == (("bob", "se-cret"),)
    assert BOB.password not in repr(found.home)


@pytest.mark.parametrize(
    "odd", [Credential(username="a b", password="x"), Credential(username="a", password='"')]
)
def test_a_netrc_file_takes_no_odd_words(odd: Credential) -> None:
    with pytest.raises(NotPossible, match="netrc"):
        kept("pip", Place.NETRC, replace(ACCESS, credential=odd))


def test_a_url_without_a_password_has_the_user_name_alone() -> None:
    index = IndexURL(ACCESS.index_url, ACCESS.user_only, literal=True)
    assert index.with_credential == "http://bob@127.0.0.1:8080/simple/"
    assert index.with_variables == index.with_credential
    assert (index.variables, index.secrets) == ({}, ())


@pytest.mark.parametrize("client", [client for client, places in PLACES.items() if Place.KEYRING in places])
def test_no_keyring_is_asked_for_the_password_of_a_token_that_has_none(client: str) -> None:
    token = Credential(username="t0ken-as-user-name", password="")
    with pytest.raises(NotPossible, match="no password"):
        kept(client, Place.KEYRING, replace(ACCESS, credential=token))


@pytest.mark.parametrize("client", ["pip", "uv", "pdm", "pipenv"])
def test_no_user_name_that_is_a_secret_is_on_the_command_line_of_a_keyring(client: str) -> None:
    with pytest.raises(NotPossible, match="a user name that is a secret"):
        kept(client, Place.KEYRING, replace(ACCESS, credential=replace(BOB, username_is_secret=True)))


# the home of a client


@dataclass(frozen=True, kw_only=True)
class Printer(Client):
    name: ClassVar[str] = "pip"

    def printed(self, code: str, **variables: str) -> ClientRun:
        return self._run_python("-c", code, version="1", variables=variables)


def test_a_home_has_files_and_variables_and_hides_its_secrets() -> None:
    home = Home(
        files={".netrc": "pass: se-cret\n", "bin/tool": "#!/bin/sh\n"},
        variables={"PLACE": f"{HERE}/.netrc", "PIP_INDEX_URL": None},
        secrets=(("bob", "se-cret"),),
    )
    code = (
        "import os, stat; print(open(os.environ['PLACE']).read(), 'PIP_INDEX_URL' in os.environ, os.environ['KEPT']);"
        "print([oct(os.stat(each).st_mode & 0o777) for each in ('.netrc', 'bin/tool')])"
    )
    run = Printer(home=home).printed(code, PIP_INDEX_URL="x", KEPT="kept")
    assert run.succeeded, run
    assert "False kept" in run.stdout
    assert "pass: " in run.stdout
    assert "se-cret" not in run.stdout
    if os.name != "nt":
        assert "['0o600', '0o700']" in run.stdout


def test_a_keyring_program_of_a_test_starts_with_this_python() -> None:
    program = kept("pip", Place.KEYRING, ACCESS).home.files["bin/keyring"]
    assert program.startswith(f"#!{sys.executable}\n")


# what reports say


def test_a_request_says_how_it_was_asked() -> None:
    sent = Sent(method="GET", path="/simple/demo/", with_credential=True, status=304, form="JSON")
    assert str(sent) == "GET /simple/demo/, as JSON, with a credential: 304"
    part = Sent(method="GET", path="/demo.whl", with_credential=False, status=206, part="bytes=0-9")
    assert str(part) == "GET /demo.whl, bytes=0-9: 206"
    asked = Sent(method="GET", path="/simple/", with_credential=False, status=None, conditional=True)
    assert str(asked) == "GET /simple/, if it has changed: no answer"


def test_rows_of_one_version_are_named_by_what_was_asked_for() -> None:
    cells = [
        ClientCell(client=each, version="24.0", scenario="x", title="x", outcome=Outcome.WORKED)
        for each in ("pip==24.0", "pip", "uv")
    ]
    assert list(row_names(cells).values()) == ["pip 24.0 (pip==24.0)", "pip 24.0 (pip)", "uv 24.0"]
    assert list(by_client(cells)) == list(row_names(cells).values())
