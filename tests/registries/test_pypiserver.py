"""pypiserver, a registry that others wrote, as its owner would judge it: options, credentials, ledger, driver.

Which requirements it misses as it comes, of all, is in implementations/pypiserver.
"""

from __future__ import annotations

import json
import re
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
import requests
from packaging.utils import canonicalize_name

from reference_server.serving.ports import free_port

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytest_httpserver import HTTPServer

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("pypiserver")]

PYPISERVER = "pypiserver[passlib]==2.4.2"  # exact, as its deviations are
SUITE = (sys.executable, "-m", "conformance")
USERNAME, PASSWORD = "jane", "a pass:word/with %41 odd & ends"

DEVIATIONS_WHEN_OVERWRITING = {
    # `--overwrite`: "Allow overwriting existing package files during upload." In _app.py, file_upload()
    # asks `if not config.overwrite and config.backend.exists(uf.raw_filename)` before it answers 400 …
    "clients.twine.duplicate-fails": "the second upload is answered with 200, and twine ends with 0",
    "upload.dup.different": "so is one with other bytes",
    "upload.dup.message": "nothing says that the name is taken",
    # … and backend.py, write_file(), opens the first file for the second one: `open(destination, "wb")`.
    "clients.twine.duplicate-changes-nothing": "the project page links the second file, under the first's name",
}

DEVIATIONS_WHEN_GUARDED = {
    # _app.py, auth.__call__(): `if not config.auther(*request.auth): raise HTTPError(403)`.
    "auth.read.wrong-401": "a wrong password is answered with 403",
    "auth.read.basic-utf8": "so is one with letters beyond ASCII, or none",
}
CHOSEN = "auth or simple or upload or integrity or clients.twine or index-url"
"""What goes through the door in different ways; implementations/pypiserver judges the whole of it."""
QUICKLY = ("--rounds", "3", "-k", CHOSEN)
"""pypiserver does one thing after the other: few rounds of a race are enough."""
UNTESTABLE_WHEN_GUARDED = {"upload.no-permission"}
"""What needs a second user."""

ASKED_FOR = {"spec", "implied", "de-facto", "claim"}
"""By specifications or clients, or by who writes registry.toml."""


@dataclass(frozen=True)
class Served:
    """A pypiserver that runs, and the folder with what was published to it."""

    url: str
    packages: Path


@dataclass(frozen=True)
class Judged:
    """A run of the suite, and what it wrote."""

    process: subprocess.CompletedProcess[str]
    result: dict[str, Any]
    ledgers: Path

    @property
    def verdicts(self) -> dict[str, str]:
        return {check["id"]: check["verdict"] for check in self.result["results"]}

    @property
    def deviations(self) -> dict[str, dict[str, Any]]:
        deviated = {"failed", "warned", "noted"}
        return {check["id"]: check for check in self.result["results"] if check["verdict"] in deviated}


@pytest.fixture(scope="session")
def pypiserver(programs: Any, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Any]:
    """Starts a pypiserver with an empty folder and these options; without authentication unless they ask for it."""
    installed = programs.environment_with(PYPISERVER, folder=programs.kept / PYPISERVER)

    @contextmanager
    def serve(
        *options: str | Path,
        passwords: str | Path = ".",
        authenticate: str = ".",
        fallback: str | None = None,
    ) -> Iterator[Served]:
        folder = tmp_path_factory.mktemp("pypiserver")
        packages, log = folder / "packages", folder / "log"
        packages.mkdir()
        host, port = "127.0.0.1", free_port("127.0.0.1", 0)
        command = (installed / "python", "-m", "pypiserver", "run", "-i", host, "-p", str(port))
        access = ("-P", passwords, "-a", authenticate)
        elsewhere = ("--fallback-url", fallback) if fallback else ("--disable-fallback",)
        served = Served(f"http://{host}:{port}", packages)
        with programs.started(*command, *access, *elsewhere, *options, packages, log=log) as process:
            programs.eventually(lambda: answers(served.url), while_=process, log=log)
            yield served

    return serve


def answers(url: str) -> bool:
    try:
        requests.get(url, timeout=10)
    except requests.ConnectionError:
        return False
    return True


def judge(programs: Any, served: Served, folder: Path, *options: str, **variables: str) -> Judged:
    """Run the suite, from its command line, without any of the user's own ledgers."""
    written, ledgers = folder / "result.json", folder / "ledgers"
    where = ("--profile", "pep503-upload", "--json", written, "--ledgers", ledgers)
    process = programs.run(*SUITE, "run", served.url, *where, *options, **variables)
    assert written.exists(), process.stderr
    return Judged(process, json.loads(written.read_text(encoding="utf-8")), ledgers)


@pytest.fixture(scope="module")
def open_server(pypiserver: Callable[..., Any]) -> Iterator[Served]:
    """A pypiserver that asks nobody for a password."""
    with pypiserver() as served:
        yield served


@pytest.fixture(scope="module")
def judged(programs: Any, open_server: Served, tmp_path_factory: pytest.TempPathFactory) -> Judged:
    """The suite's judgement of that server."""
    return judge(programs, open_server, tmp_path_factory.mktemp("judged"), *QUICKLY)


@pytest.fixture(scope="module")
def overwriting(
    programs: Any, pypiserver: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory
) -> Judged:
    """The judgement of a pypiserver that replaces files; only of what this option is about."""
    with pypiserver("--overwrite") as served:
        return judge(programs, served, tmp_path_factory.mktemp("overwriting"), "-k", "duplicate")


@pytest.fixture(scope="module")
def guarded_server(
    programs: Any, pypiserver: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """A pypiserver that wants a password for everything."""
    code = (
        "import sys; from passlib.hash import sha256_crypt\n"
        "print(sha256_crypt.using(rounds=1000).hash(sys.argv[1]))"
    )
    python = programs.kept / PYPISERVER / "bin" / "python"
    passwords = tmp_path_factory.mktemp("passwords") / "htpasswd"
    passwords.write_text(f"{USERNAME}:{programs.must(python, '-c', code, PASSWORD)}", encoding="utf-8")
    with pypiserver(passwords=passwords, authenticate="update,download,list") as served:
        yield served


def test_nothing_is_left_unjudged(judged: Judged) -> None:
    assert len(judged.verdicts) > 100
    assert set(judged.verdicts.values()) <= {"passed", "failed", "warned", "noted", "not applicable"}
    assert judged.process.stderr == ""


def test_it_deviates_in_addition_where_an_option_of_it_says_so(overwriting: Judged) -> None:
    assert overwriting.deviations.keys() == DEVIATIONS_WHEN_OVERWRITING.keys()


def test_nothing_is_reported_that_no_specification_or_client_asks_for(
    judged: Judged, overwriting: Judged
) -> None:
    for check in [*judged.result["results"], *overwriting.result["results"]]:
        assert check["standing"] in ASKED_FOR, check["message"]


def test_the_exit_code_is_that_of_the_verdicts(judged: Judged, overwriting: Judged) -> None:
    for each in (judged, overwriting):
        expected = int("failed" in each.verdicts.values())
        assert (each.process.returncode, each.result["summary"]["exit_code"]) == (expected, expected)


def test_what_cannot_be_removed_is_listed_in_the_ledger_that_is_named(
    judged: Judged, open_server: Served
) -> None:
    (ledger,) = judged.ledgers.iterdir()
    assert ledger.stem == judged.result["run"]
    assert f"{ledger} lists them" in judged.process.stdout
    lines = [json.loads(line) for line in ledger.read_text(encoding="utf-8").splitlines()]
    entries = [line for line in lines if "refused" not in line]
    assert {entry["url"] for entry in entries} == {open_server.url}
    assert {entry["filename"] for entry in entries} >= {
        path.name.removesuffix(".asc") for path in open_server.packages.iterdir()
    }


def test_everything_published_carries_the_id_of_the_run(judged: Judged, open_server: Served) -> None:
    run = judged.result["run"]
    published = [path.name for path in open_server.packages.iterdir()]
    assert len(published) > 14, "more than the corpus"
    assert [name for name in published if f"conformance-{run}-" not in canonicalize_name(name)] == []


def test_the_verdicts_are_the_same_with_authentication_but_for_those_about_it(
    judged: Judged, guarded_server: Served, programs: Any, tmp_path: Path
) -> None:
    secret = {"REGISTRY_CONFORMANCE_USERNAME": USERNAME, "REGISTRY_CONFORMANCE_PASSWORD": PASSWORD}
    guarded = judge(programs, guarded_server, tmp_path, *QUICKLY, **secret)
    pairs = {name: {verdict, judged.verdicts[name]} for name, verdict in guarded.verdicts.items()}
    assert pairs.keys() == judged.verdicts.keys()
    differing = {name for name, pair in pairs.items() if len(pair) > 1}
    assert {name for name in differing if "not applicable" not in pairs[name]} == set()
    assert guarded.deviations.keys() - judged.deviations.keys() == DEVIATIONS_WHEN_GUARDED.keys()
    untestable = {name for name, verdict in guarded.verdicts.items() if verdict == "untestable"}
    assert untestable == UNTESTABLE_WHEN_GUARDED
    assert guarded.process.returncode == judged.process.returncode
    kept = (tmp_path / "result.json").read_text(encoding="utf-8") + guarded.process.stdout
    assert PASSWORD not in kept


@pytest.mark.parametrize("credential", [(), ("--username", USERNAME, "--password", "wr0ng-secret")])
def test_whoever_is_not_let_in_is_told_so_and_publishes_nothing(
    credential: tuple[str, ...], guarded_server: Served, programs: Any, tmp_path: Path
) -> None:
    before, ledgers = set(guarded_server.packages.iterdir()), tmp_path / "ledgers"
    options = ("--profile", "pep503-upload", "--ledgers", ledgers, *credential)
    process = programs.run(*SUITE, "run", guarded_server.url, *options)
    assert process.returncode == 2
    cause, hint = process.stderr.splitlines()
    assert cause.startswith("registry-conformance: the ")
    assert ("'default'" if credential else "asks for a credential") in cause
    assert "the user name" in hint if credential else "--username" in hint
    assert "Traceback" not in process.stdout
    assert "wr0ng-secret" not in process.stdout + process.stderr
    assert set(guarded_server.packages.iterdir()) == before
    assert not ledgers.exists() or list(ledgers.iterdir()) == []


def test_a_server_that_sends_the_asker_elsewhere_for_what_it_lacks_can_be_judged(
    pypiserver: Callable[..., Any], programs: Any, httpserver: HTTPServer, tmp_path: Path
) -> None:
    """pypiserver as it comes does so: "redirect to PyPI for packages not found in the local index"."""
    httpserver.expect_request(re.compile(".*")).respond_with_data("", status=404)
    with pypiserver(fallback=httpserver.url_for("/simple")) as served:
        judged = judge(programs, served, tmp_path, "-k", "pip.index-url")
    assert judged.verdicts == {"clients.pip.index-url": "passed"}
    assert [request for request, _ in httpserver.log if "Authorization" in request.headers] == []


def test_its_driver_leaves_nothing_behind(
    pypiserver: Callable[..., Any], programs: Any, tmp_path: Path
) -> None:
    with pypiserver() as served:
        config = tmp_path / "registry.toml"
        config.write_text(f'url = "{served.url}"\n[management]\ndriver = "pypiserver"\n', encoding="utf-8")
        chosen = "upload.dup or upload.visible or robustness.truncated or race.delete"
        judged = judge(programs, served, tmp_path, "--config", str(config), "-k", chosen)
        assert judged.verdicts["race.delete-vs-download"] == "passed"
        assert "Deleted " in judged.process.stdout
        assert list(served.packages.iterdir()) == []
    assert list(judged.ledgers.iterdir()) == []
