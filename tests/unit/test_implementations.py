"""The recipes in `implementations/` can be read, and what a judgement says of its adjudication is right."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from conformance.errors import UserError

from .checkout import IMPLEMENTATIONS as FOLDER
from .checkout import module

DECLARED = sorted(path.parent.name for path in FOLDER.glob("*/implementation.toml"))

ADJUDICATED = """
[[row]]
id = "upload.digest.mismatch"
finding = "right"
evidence = "The form is read, and no digest of it."

[[row]]
id = "upload.digest.malformed"
finding = "right-by-another-cause"
cause = "upload.digest.mismatch"
evidence = "The form is read, and no digest of it."

[[row]]
id = "race.same-file-different"
finding = "right"
sometimes = "two workers have to meet"
evidence = "The name is looked up before it is written."

[[row]]
id = "http.range.multi"
finding = "wrong"
evidence = "The answer has the same fields after all."
"""


def test_every_folder_is_an_implementation() -> None:
    assert {each.folder.name for each in module("recipe").implementations().values()} == {*DECLARED}
    assert len(DECLARED) > 8


@pytest.mark.parametrize("name", DECLARED)
def test_an_implementation_can_be_started_and_compared(name: str) -> None:
    found = module("recipe").implementation(name.replace("_", "-"))
    if found.module:
        assert callable(module(f"{name}.start").start)
    else:
        values = {key: key for key in ("bin", "host", "port", "work", "folder")}
        assert module("starting").filled(found.declared.target, values)
        assert [each.format_map(values) for each in found.declared.start.command]
    module("adjudication").read_adjudication(FOLDER / name / "adjudication.toml")


def test_a_name_that_is_not_there_gets_a_list() -> None:
    recipe = module("recipe")
    with pytest.raises(recipe.UnknownImplementation, match="pypiserver, "):
        recipe.implementation("pypiservre")


@pytest.mark.parametrize("version", ["", ">=2", "==2.*", "~=2.4"])
def test_only_exact_versions_are_taken(version: str, tmp_path: Path) -> None:
    recipe = module("recipe")
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "implementation.toml").write_text(
        f'title = "Demo"\nabout = "A demo."\nlicence = "MIT"\n[needs]\npip = ["demo{version}"]\n'
        '[start]\ncommand = ["demo"]\n',
        encoding="utf-8",
    )
    with pytest.raises(recipe.BadRecipe, match=r"needs\.pip"):
        recipe.implementation("demo", tmp_path)


BASELINE = """
[[known]]
id = "upload.digest.mismatch"
reason = "target-bug"
signature = "0123456789ab"

[[known]]
id = "http.range.multi"
reason = "target-bug"
signature = "0123456789ab"
"""
SIGNATURES = dict.fromkeys(("upload.digest.mismatch", "http.range.multi"), "0123456789ab")


def compared(
    verdicts: dict[str, str],
    tmp_path: Path,
    signatures: dict[str, str] = SIGNATURES,
    *,
    choice: bool = False,
) -> Any:
    (tmp_path / "adjudication.toml").write_text(ADJUDICATED, encoding="utf-8")
    (tmp_path / "baseline.toml").write_text(BASELINE, encoding="utf-8")
    rows = module("adjudication").read_adjudication(tmp_path / "adjudication.toml")
    comparison = module("comparison")
    return comparison.compare(
        verdicts,
        rows,
        signatures=signatures,
        baseline=comparison.held_to(tmp_path, rows),
        today=date(2026, 1, 1),
        choice=choice,
    )


def test_a_judgement_is_compared_with_its_adjudication(tmp_path: Path) -> None:
    verdicts = {
        "upload.digest.mismatch": "failed",
        "upload.digest.malformed": "passed",
        "race.same-file-different": "passed",
        "http.range.multi": "warned",
        "http.pages.etag": "noted",
        "simple.html.doctype": "passed",
    }
    found = compared(verdicts, tmp_path)
    assert (found.new, found.changed, found.gone, found.wrong) == (
        ("http.pages.etag",),
        (),
        ("upload.digest.malformed",),
        ("http.range.multi",),
    )
    assert {str(finding): count for finding, count in found.findings.items()} == {"right": 1, "wrong": 1}
    assert not found.as_adjudicated


@pytest.mark.parametrize("signatures", [{"upload.digest.mismatch": "ba9876543210"}, {}])
def test_another_failure_of_an_adjudicated_row_is_red(signatures: dict[str, str], tmp_path: Path) -> None:
    verdicts = dict.fromkeys(SIGNATURES, "error") | {"upload.digest.mismatch": "failed"}
    verdicts["upload.digest.malformed"] = "untestable"
    assert compared(verdicts, tmp_path).as_adjudicated
    found = compared(verdicts, tmp_path, signatures)
    assert (found.new, found.changed) == ((), ("upload.digest.mismatch",))
    assert not found.as_adjudicated


def test_the_failure_of_a_race_may_be_another_one(tmp_path: Path) -> None:
    verdicts = {
        "upload.digest.mismatch": "failed",
        "upload.digest.malformed": "error",
        "http.range.multi": "error",
        "race.same-file-different": "failed",
    }
    signatures = SIGNATURES | {"race.same-file-different": "ba9876543210"}
    assert compared(verdicts, tmp_path, signatures).as_adjudicated


@dataclass(frozen=True)
class Found:
    id: str
    signature: str = ""

    @property
    def passed(self) -> bool:
        return not self.signature


def test_a_baseline_becomes_what_is_found(tmp_path: Path) -> None:
    adjudication, comparison = module("adjudication"), module("comparison")
    (tmp_path / "adjudication.toml").write_text(ADJUDICATED, encoding="utf-8")
    row = ADJUDICATED.split("\n\n", maxsplit=1)[0].replace("upload.digest.mismatch", "http.pages.etag")
    (tmp_path / "embargo.toml").write_text(
        f'{row}\nimplementation = "demo"\nsignature = "5"\n', encoding="utf-8"
    )
    rows = adjudication.read_adjudication(tmp_path / "adjudication.toml")
    rows |= adjudication.read_embargo(tmp_path / "embargo.toml", "demo")
    first = [Found(name, "1") for name in (*rows, "simple.html.doctype")]  # the last is not adjudicated
    comparison.update_baseline(tmp_path, first, rows)
    assert comparison.held_to(tmp_path, {}).rows.keys() == rows.keys() - {"http.pages.etag"}
    second = [Found("upload.digest.mismatch", "2"), Found("upload.digest.malformed")]
    comparison.update_baseline(tmp_path, [*second, Found("race.same-file-different")], rows)
    assert {name: known.signature for name, known in comparison.held_to(tmp_path, rows).rows.items()} == {
        "upload.digest.mismatch": "2",  # found another time
        "race.same-file-different": "1",  # not found, as it happens
        "http.range.multi": "1",  # not judged
        "http.pages.etag": "5",  # kept outside
    }
    comparison.update_baseline(tmp_path, map(Found, rows), {})
    assert not (tmp_path / "baseline.toml").exists()


@dataclass(frozen=True)
class Judged(Found):
    verdict: str = ""


def test_what_differs_between_two_runs_is_named() -> None:
    first = [Judged("a", "1", "failed"), Judged("b", "1", "failed"), Judged("c", "1", "failed")]
    second = [Judged("a", "1", "failed"), Judged("b", "2", "failed"), Judged("c", "", "passed")]
    assert module("comparison").differences(first, second) == {
        "b": "failed for another failure",
        "c": "failed, then passed",
    }


@pytest.mark.parametrize("name", DECLARED)
def test_adjudication_and_baseline_list_the_same(name: str) -> None:
    rows = module("adjudication").read_adjudication(FOLDER / name / "adjudication.toml")
    known = module("comparison").held_to(FOLDER / name, rows).rows.keys()
    always = {row.id for row in rows.values() if not row.sometimes}
    assert always <= known <= rows.keys()


@pytest.mark.parametrize("verdict", ["error", "untestable"])
def test_what_was_not_judged_is_not_gone(verdict: str, tmp_path: Path) -> None:
    rows = {
        "upload.digest.mismatch": "failed",
        "upload.digest.malformed": verdict,
        "http.range.multi": verdict,
    }
    assert compared(rows, tmp_path).as_adjudicated


def test_what_was_not_selected_is_not_gone(tmp_path: Path) -> None:
    """A whole run has everything, so that a row which is not in it is about nothing any more."""
    rows = {"upload.digest.mismatch": "failed"}
    assert compared(rows, tmp_path, choice=True).as_adjudicated
    assert compared(rows, tmp_path).gone == ("http.range.multi", "upload.digest.malformed")
    passed = {"upload.digest.mismatch": "passed"}
    assert compared(passed, tmp_path, choice=True).gone == ("upload.digest.mismatch",)


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("upload.digest.malformed", "upload.digest.mismatch", "is listed twice"),
        ("http.range.multi", "http.range.mutli", "there is no requirement"),
        ('cause = "upload.digest.mismatch"', "", "expected `cause`"),
        ('cause = "upload.digest.mismatch"', 'cause = "http.pages.etag"', "expected `cause`"),
        ('finding = "wrong"', 'finding = "fine"', "finding"),
        ("The answer has the same fields after all.", "It is.", "evidence"),
    ],
)
def test_a_mistake_in_an_adjudication_is_explained(
    before: str, after: str, words: str, tmp_path: Path
) -> None:
    adjudication, path = module("adjudication"), tmp_path / "adjudication.toml"
    path.write_text(ADJUDICATED.replace(before, after, 1), encoding="utf-8")
    with pytest.raises(module("recipe").BadRecipe, match=words):
        adjudication.read_adjudication(path)


def test_rows_outside_the_repository_are_of_one_implementation(tmp_path: Path) -> None:
    path = tmp_path / "embargo.toml"
    row = ADJUDICATED.split("\n\n", maxsplit=1)[0]
    path.write_text(f'{row}\nimplementation = "demo"\n', encoding="utf-8")
    adjudication = module("adjudication")
    assert adjudication.read_embargo(path, "demo").keys() == {"upload.digest.mismatch"}
    assert adjudication.read_embargo(path, "other") == adjudication.read_embargo(None, "demo") == {}


def test_passwords_are_handed_on_as_variables() -> None:
    table = {
        "url": "http://127.0.0.1:1",
        "credentials": {"default": {"username": "jane", "password": "conformance-secret"}},
    }
    text, variables = module("judging").written_target(table)
    assert "conformance-secret" not in text
    assert list(variables.values()) == ["conformance-secret"]
    assert f'password-env = "{next(iter(variables))}"' in text


def test_debian_packages_are_installed_where_a_program_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    debian, recipe, ran = module("debian"), module("recipe"), []
    chosen = [recipe.implementation(name) for name in ("nginx-folder", "dumb-pypi", "pypiserver")]
    monkeypatch.setattr(debian, "missing_programs", lambda each: list(each.declared.needs.programs))
    monkeypatch.setattr(debian.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(debian.os, "geteuid", lambda: 0)

    def run(command: tuple[str, ...], **_: Any) -> Any:
        ran.append(command[2:])
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(debian.subprocess, "run", run)
    debian.install_missing(chosen)
    assert ran == [("update",), ("install", "--yes", "--no-install-recommends", "nginx-light")]
    debian.install_missing(chosen[2:])
    assert len(ran) == 2
    monkeypatch.setattr(debian.os, "geteuid", lambda: 1000)
    with pytest.raises(UserError, match="nginx-light: that takes root"):
        debian.install_missing(chosen)


def test_ports_are_none_that_the_system_gives(tmp_path: Path) -> None:
    place = module("place")
    given = Path("/proc/sys/net/ipv4/ip_local_port_range")
    lowest = int(given.read_text().split()[0]) if given.exists() else 32_768
    declared = module("recipe").implementation("pypiserver")
    ports = {place.Place(implementation=declared, cache=tmp_path, work=tmp_path).port() for _ in range(5)}
    assert max(ports) < lowest


def test_one_broken_implementation_is_a_problem_and_no_exception(tmp_path: Path) -> None:
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "implementation.toml").write_text(
        'title = "Demo"\nabout = "A demo."\nlicence = "MIT"\n'
        '[start]\ncommand = ["{work}/absent"]\n[target]\nurl = "http://{host}:{port}"\n',
        encoding="utf-8",
    )
    judging = module("judging")
    assignment = judging.Assignment(
        implementation=module("recipe").implementation("demo", tmp_path),
        cache=tmp_path / "cache",
        output=tmp_path / "output",
    )
    judged = judging.judge(assignment)
    assert "absent" in judged.problem
    assert not judged.is_good


def test_a_run_ends_once_the_judgement_is_stopped(tmp_path: Path) -> None:
    judging, stopped = module("judging"), threading.Event()
    program = "import sys, time; print('ready', flush=True); time.sleep(600)"
    with (tmp_path / "output").open("w") as output, ThreadPoolExecutor() as pool:
        running = pool.submit(judging.ended, [sys.executable, "-c", program], {}, output, stopped)
        while not (tmp_path / "output").read_text() and not running.done():
            time.sleep(0.01)
        stopped.set()
        with pytest.raises(UserError, match="was stopped"):
            running.result(60)


def test_a_registry_that_never_answers_ends_once_the_judgement_is_stopped(tmp_path: Path) -> None:
    program = "import sys, time; open('here', 'w').close(); time.sleep(600)"
    declared, stopped = module("recipe").implementation("pypiserver"), threading.Event()
    place = module("place").Place(implementation=declared, cache=tmp_path, work=tmp_path, stopped=stopped)

    def wait_for_it() -> None:
        with place.process(sys.executable, "-c", program, ready=lambda: False):
            pass

    with ThreadPoolExecutor() as pool:
        running = pool.submit(wait_for_it)
        while not (tmp_path / "here").exists() and not running.done():
            time.sleep(0.01)
        stopped.set()
        with pytest.raises(UserError, match="was stopped"):
            running.result(60)
    assert len(place.groups) == 1
    assert not place.leftovers()


@pytest.mark.parametrize("code", [0, 3])
def test_a_run_that_ends_has_its_exit_code(code: int, tmp_path: Path) -> None:
    with (tmp_path / "output").open("w") as output:
        command = [sys.executable, "-c", f"raise SystemExit({code})"]
        assert module("judging").ended(command, {}, output, threading.Event()) == code


def test_a_judgement_can_be_written(tmp_path: Path) -> None:
    found = compared({"upload.digest.mismatch": "failed"}, tmp_path)
    judged = module("judging").Judged(
        name="demo", version="1", date="2026-01-01", seconds=1, comparison=found
    )
    table = json.loads(json.dumps(asdict(judged)))
    assert table["comparison"]["findings"] == {"right": 1}
