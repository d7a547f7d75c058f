"""Drivers in whole runs: a program in the place of a built-in driver, and what is deleted afterwards."""

from __future__ import annotations

import json
import sys
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import tomli_w

from conformance.commands.main import main
from conformance.corpus.ledger import Entry, Ledger
from conformance.run.clean_up import CleanUp, clean_up
from conformance.target import target_from_table
from conformance.target.drivers import CannotDo, Driver, File, NotThere
from conformance.verdicts.options import TrafficLimits
from conformance.wire import Redactor, Session, Transcript
from reference_server import ReferenceServer
from reference_server.distributions import Distribution, sdist, wheel

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.long

DOCUMENT = (Path(__file__).parents[2] / "docs" / "drivers.md").read_text(encoding="utf-8")
CHANGES = "yank or status or provenance or integrity or race.delete"
RUN = "abcdefgh"


@pytest.fixture
def server() -> Iterator[ReferenceServer]:
    with ReferenceServer() as running:
        yield running


def command(*arguments: str | Path) -> tuple[int, str]:
    """Run a command in this process; return its exit code and all that it prints."""
    with redirect_stdout(StringIO()) as out, redirect_stderr(out):
        exit_code = main([*map(str, arguments)])
    return exit_code, out.getvalue()


def packages(server: ReferenceServer) -> list[str]:
    found = server.registry.packages(server.registry.gitlab_project("1"))
    return sorted(f"{each.name} {each.version}" for each in found)


def configured(server: ReferenceServer, folder: Path, **management: Any) -> Path:
    """Write a registry.toml for a server, with another driver."""
    table = server.target()
    table["management"] = management
    table["features"] = [*table["features"], "integrity-api"]
    path = folder / f"{management['driver']}.toml"
    path.write_text(tomli_w.dumps(table), encoding="utf-8")
    return path


def program(folder: Path) -> list[str]:
    """Write the program of the documentation; return the command that starts it."""
    path = folder / "driver.py"
    text = DOCUMENT.partition("<!-- driver.py -->\n```python\n")[2].partition("```")[0]
    path.write_text(text, encoding="utf-8")
    return [sys.executable, str(path)]


def verdicts(path: Path) -> dict[str, str]:
    return {each["id"]: each["verdict"] for each in json.loads(path.read_text(encoding="utf-8"))["results"]}


def test_the_program_of_the_documentation_does_all_that_the_built_in_driver_does(tmp_path: Path) -> None:
    found = {}
    for driver, settings in (("reference", {}), ("command", {"command": program(tmp_path)})):
        with ReferenceServer() as server:
            config, result = (
                configured(server, tmp_path, driver=driver, **settings),
                tmp_path / f"{driver}.json",
            )
            kept = ("--ledgers", tmp_path / "left", "--rounds", "2")
            exit_code, printed = command("run", "--config", config, "-k", CHANGES, "--json", result, *kept)
            assert exit_code == 0, printed
            assert packages(server) == []
            assert "packages (" in printed
        found[driver] = verdicts(result)
    assert found["command"] == found["reference"]
    passed = {name.partition(".")[0] for name, verdict in found["command"].items() if verdict == "passed"}
    assert passed >= {"yank", "status", "provenance", "integrity", "race", "security"}
    assert list((tmp_path / "left").iterdir()) == []


def test_the_plan_and_the_doctor_name_the_driver(server: ReferenceServer, tmp_path: Path) -> None:
    config = configured(server, tmp_path, driver="command", command=program(tmp_path))
    exit_code, printed = command("run", "--config", config, "--plan")
    assert exit_code == 0, printed
    assert "driver    command (delete, delete-release," in printed
    assert "; gitlab (delete-release)\n" in printed
    assert "The run deletes what it has published, by the driver command.\n" in printed
    assert "driver: command (delete," in command("doctor", "--config", config)[1]


def test_a_plan_says_that_nothing_can_be_deleted() -> None:
    exit_code, printed = command(
        "run", "https://registry.example.com", "--profile", "pep503-upload", "--plan"
    )
    assert exit_code == 0
    assert "driver    none is named in [management]" in printed
    assert "The run cannot delete what it has published: the layout root+simple has no API" in printed


@pytest.mark.parametrize("name", ["run", "doctor"])
def test_a_program_that_is_not_there_ends_a_run_before_it_publishes(
    name: str, server: ReferenceServer, tmp_path: Path
) -> None:
    config = configured(server, tmp_path, driver="command", command=["./absent-driver"])
    exit_code, printed = command(
        name, "--config", config, *(("--ledgers", tmp_path) if name == "run" else ())
    )
    assert exit_code == 2
    assert "the driver's program cannot be started: ./absent-driver" in printed
    assert packages(server) == []


def test_an_unknown_driver_is_a_mistake(server: ReferenceServer, tmp_path: Path) -> None:
    exit_code, printed = command("run", "--config", configured(server, tmp_path, driver="warehouse"))
    assert exit_code == 2
    assert (
        "management.driver: expected one of command, devpi, gitlab, http, pulp, pypiserver, reference"
        in printed
    )


# What is deleted as a whole


class Limited(Driver):
    """Deletes in the reference server's state what a test lets it delete."""

    server: ReferenceServer
    calls: list[str]

    def _delete(self, file: File, **what: str) -> None:
        self.calls.append(" ".join([file.name, *what.values()]))
        if not server_has(self.server, file.name):
            raise NotThere("there is no such project")
        self.server.registry.delete(file.name, **what)


class ByRelease(Limited):
    def delete_release(self, file: File) -> None:
        self._delete(file, version=file.version)


class ByProject(Limited):
    def delete_project(self, file: File) -> None:
        self._delete(file)


class ByAnything(ByProject, ByRelease):
    def delete(self, file: File) -> None:
        self._delete(file, filename=file.filename)


class Refusing(ByProject):
    def delete_project(self, file: File) -> None:
        raise CannotDo(f"the index keeps {file.name}")


def server_has(server: ReferenceServer, name: str) -> bool:
    return any(each.split()[0] == name for each in packages(server))


MIXED, OURS, WANTED = f"conformance-{RUN}-1-mixed", f"conformance-{RUN}-2-ours", "simple"


def cleaned(
    server: ReferenceServer, folder: Path, driver: type[Limited], monkeypatch: pytest.MonkeyPatch
) -> CleanUp:
    """Publish files of a run and of others, and clean up after the run by a driver."""
    ledger = Ledger(folder / f"{RUN}.jsonl")
    url = server.url.replace("/api/v4/projects/1/packages/pypi", "/shelf")
    table = {"url": url, "index-url": server.index_url, "upload-url": server.url, "profile": "pep503-upload"}
    credentials = {"default": {"username": "__token__", "password": "reference-api-token"}}
    target = target_from_table({**table, "credentials": credentials, "management": {"driver": "reference"}})

    def publish(file: Distribution, *, ours: bool) -> None:
        server.registry.publish(file.filename, file.content)
        if ours:
            ledger.add(entry(file))

    def entry(file: Distribution) -> Entry:
        return Entry(url=target.url, project=file.name, version=file.version, filename=file.filename)

    publish(wheel(MIXED, "1.0"), ours=True)
    publish(wheel(MIXED, "2.0"), ours=True)
    publish(sdist(MIXED, "2.0"), ours=False)
    publish(wheel(OURS, "1.0"), ours=True)
    publish(sdist(OURS, "1.0"), ours=True)
    publish(wheel(WANTED, "1.0"), ours=False)
    refused = entry(wheel(WANTED, "3.0"))
    ledger.add(refused)
    ledger.note_refusal(refused)
    monkeypatch.setattr(driver, "server", server, raising=False)
    monkeypatch.setattr(driver, "calls", [], raising=False)
    monkeypatch.setattr("conformance.target.driver.driver_class", lambda _: driver)
    transcript = Transcript()
    session = Session(transcript=transcript, redact=Redactor([]), limits=TrafficLimits())
    done = clean_up(ledger, target, session=session, transcript=transcript)
    session.close()
    assert {each.filename for each in ledger.entries()} == {each.filename for each in done.left}
    return done


def test_a_release_with_files_of_others_stays(
    server: ReferenceServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = cleaned(server, tmp_path, ByRelease, monkeypatch)
    assert packages(server) == [f"{MIXED} 2.0", f"{WANTED} 1.0"]
    assert [each.filename for each in done.left] == [wheel(MIXED, "2.0").filename]
    assert "only the whole release, which has files that this run did not publish" in done.reason
    assert sdist(MIXED, "2.0").filename in done.reason
    assert (done.deleted, done.files) == (2, 3)


def test_a_project_with_files_of_others_stays(
    server: ReferenceServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = cleaned(server, tmp_path, ByProject, monkeypatch)
    assert packages(server) == [f"{MIXED} 1.0", f"{MIXED} 2.0", f"{WANTED} 1.0"]
    assert len(done.left) == 2
    assert "only the whole project, which has files that this run did not publish" in done.reason
    assert ByProject.calls == [OURS]


def test_the_largest_thing_that_is_all_of_the_run_is_deleted(
    server: ReferenceServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = cleaned(server, tmp_path, ByAnything, monkeypatch)
    assert packages(server) == [f"{MIXED} 2.0", f"{WANTED} 1.0"]
    assert (done.left, done.files) == ((), 4)
    assert ByAnything.calls == [f"{MIXED} 1.0", f"{MIXED} {wheel(MIXED, '2.0').filename}", OURS]


def test_what_is_refused_is_left_with_the_reason(
    server: ReferenceServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = cleaned(server, tmp_path, Refusing, monkeypatch)
    assert len(done.left) == 4
    assert f"the index keeps {OURS}" in done.reason
