"""Nothing that a run shows, writes or starts has a secret in it, however hard the registry tries."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import time
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from conformance.commands.main import main
from conformance.report.formats import FORMATS, MATRIX_FORMATS
from reference_server import ReferenceServer

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("secrets")]

CLIENTS = frozenset({"pip", "twine", "uv"})
CHECKS = (
    "auth.error-no-leak",
    "auth.upload.bearer",
    "clients.pip.index-url",
    "clients.pip.wrong-token",
    "clients.twine.environment",
    "clients.twine.pypirc-personal-token",
    "robustness.chunked",
    "gitlab.file.bytes-exact",
    "gitlab.rest.lists-packages",
    "gitlab.token.any-user-name",
    "gitlab.token.deploy-read-cannot-publish",
    "gitlab.token.job-reads",
    "simple.html.root",
    "upload.uv-end-to-end",
)
LIMIT = 300.0
NO_TOKEN = "conformance-not-a-token"
CREDENTIAL = re.compile(r"(?im)^(authorization|private-token|job-token|deploy-token|cookie):")

CRASHES = """
import pytest
from conformance.target.gitlab import GitLab

def send(password):
    headers = {"PRIVATE-TOKEN": password}
    print("sending", password)
    raise RuntimeError(f"cannot send {headers}")

original, armed = GitLab.call, [True]

def call(self, *arguments, **options):
    GitLab.call = original
    send(self._registry.target.credentials["default"].password)

@pytest.hookimpl(tryfirst=True)
def pytest_runtest_call():
    if armed:  # once, and not while the run is prepared
        armed.clear()
        GitLab.call = call
"""
"""A plugin for pytest that makes a check crash with a secret at hand: in its message, output, and traceback."""


CLIENT = """
import sys, urllib.request
try:
    urllib.request.urlopen(sys.argv[2].partition("/api/")[0] + "/api/v4/projects/2/packages/pypi/simple/")
except OSError:
    raise SystemExit(" ".join(SPELLINGS))
"""
"""A client that says all it knows when the registry is unavailable."""


@dataclass
class Shown:
    """What was shown and written, by what showed it, and what was seen meanwhile."""

    texts: dict[str, str] = field(default_factory=dict)
    codes: dict[str, int] = field(default_factory=dict)
    result: dict[str, Any] = field(default_factory=dict)
    watch: Any = None
    temporary: Path | None = None


class Stage:
    """Where commands are given, as a user would, with their own home and folder for temporary files."""

    def __init__(self, folder: Path, guarded: Any) -> None:
        self.folder, self.shown, self.config = folder, Shown(), str(guarded.config)
        self.temporary = folder / "temporary"
        for each in (self.temporary, folder / "home", folder / "written"):
            each.mkdir()
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")},
            **guarded.variables,
            **dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(self.temporary)),
            **dict.fromkeys(("HOME", "XDG_STATE_HOME"), str(folder / "home")),
            "PYTHONPATH": str(folder),
        }

    def run(self, name: str, *command: str, **variables: str) -> None:
        """Run a command of the suite in a process of its own, and keep what it prints."""
        done = subprocess.run(
            [sys.executable, "-m", *command],
            cwd=self.folder,
            env=self._environment | variables,
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=False,
        )
        self.shown.texts[name] = done.stdout + done.stderr
        self.shown.codes[name] = done.returncode

    def command(self, name: str, *arguments: str) -> None:
        """Give a command in this process, and keep what it prints."""
        with redirect_stdout(io.StringIO()) as out, redirect_stderr(out):
            self.shown.codes[name] = main(list(arguments))
        self.shown.texts[name] = out.getvalue()

    def at(self, name: str) -> str:
        """Return where a file is written, all of which are read in the end."""
        return str(self.folder / "written" / name)


@pytest.fixture(scope="module")
def shown(guarded: Any, watch_for: Any, tmp_path_factory: pytest.TempPathFactory) -> Shown:
    """Everything that a run and its reports show, with a server that repeats what it is told."""
    stage = Stage(tmp_path_factory.mktemp("stage"), guarded)
    shown = stage.shown
    shown.watch = watch_for(b"kanari", b"iranak", folder=stage.temporary)
    (stage.folder / "crashes.py").write_text(CRASHES, encoding="utf-8")
    with shown.watch.watching():
        _run(stage)
        _crash(stage)
    _report(stage)
    for path in (stage.folder / "written").rglob("*"):
        if path.is_file():
            shown.texts[path.name] = path.read_text(encoding="utf-8")
    shown.result = json.loads(shown.texts["result.json"])
    shown.temporary = stage.temporary
    return shown


def _run(stage: Stage) -> None:
    config = ("--config", stage.config)
    chosen = ("-k", " or ".join(CHECKS), "--keep", "--examples", "1", "-n", "1")
    stage.run("plan", "conformance", "run", *config, "--plan")
    stage.run("run", "conformance", "run", *config, *chosen, "--json", stage.at("result.json"))
    stage.run("doctor", "conformance", "doctor", *config)
    stage.run("refused run", "conformance", "run", *config, CANARY_DEFAULT="kanari-wrong'\"<-iranak")
    stage.run("refused doctor", "conformance", "doctor", *config, CANARY_DEFAULT="kanari-wrong'\"<-iranak")
    few = [each for each in _failures(stage) if each["id"].startswith("auth.")]
    smaller = json.loads((stage.folder / "written" / "result.json").read_text()) | {"results": few}
    (stage.folder / "written" / "few.json").write_text(json.dumps(smaller), encoding="utf-8")
    stage.run("replay", "conformance", "replay", stage.at("few.json"), *config)


def _failures(stage: Stage) -> list[dict[str, Any]]:
    rows = json.loads((stage.folder / "written" / "result.json").read_text(encoding="utf-8"))["results"]
    return [each for each in rows if each["verdict"] == "failed"]


def _crash(stage: Stage) -> None:
    pytest_ = ("pytest", "-p", "crashes", "-p", "no:cacheprovider", "-x", "--pyargs", "conformance")
    told = ("--registry-config", stage.config, "-k", "gitlab.rest", "--registry-json", stage.at("crash.json"))
    stage.run("pytest", *pytest_, *told, "-l", "--tb=long", "-rA")
    for path in (stage.folder / "home").rglob("*.jsonl"):
        stage.shown.texts[f"ledger {path.name}"] = path.read_text(encoding="utf-8")
    stage.run("sweep", "conformance", "sweep", "--config", stage.config)


def _report(stage: Stage) -> None:
    result, crash = stage.at("result.json"), stage.at("crash.json")
    for name in FORMATS:
        for file in (result, crash):
            stage.command(f"report {name}", "report", file, "--format", name, "-o", f"{file}.{name}")
    for name in MATRIX_FORMATS:
        stage.command(
            f"matrix {name}", "matrix", result, crash, "--format", name, "-o", stage.at(f"matrix.{name}")
        )
    stage.command("compare", "compare", crash, result)
    stage.command("baseline", "baseline", "write", result, "-o", stage.at("baseline.toml"))
    stage.command("baseline show", "baseline", "show", stage.at("baseline.toml"))
    stage.command("upgrade", "upgrade", "--set", "2026.11", result)
    (stage.folder / "written" / "scripts").mkdir()
    stage.command("script", "script", result, "-o", stage.at("scripts"))


def test_clients_and_plain_sockets_took_part(shown: Shown) -> None:
    asked = [each["request"] for row in shown.result["results"] for each in row["exchanges"]]
    assert {request.partition(" ")[0] for request in asked} >= CLIENTS
    assert any("over a plain socket" in request for request in asked)


def test_the_registry_repeated_secrets_that_were_taken_out(shown: Shown) -> None:
    failed = {row["id"]: row for row in shown.result["results"] if row["verdict"] == "failed"}
    assert "auth.error-no-leak" in failed
    answers = [each for row in shown.result["results"] for each in row["exchanges"]]
    said = [
        each["response_headers"]["X-Said-0"] for each in answers if "X-Said-0" in each["response_headers"]
    ]
    assert set(said) - {NO_TOKEN} == {"***"}
    assert any(each["response_body"].startswith("Not so:\nBasic ***") for each in answers)
    assert any("***@127.0.0.1" in each["request"] for each in answers), (
        "no link with a credential was followed"
    )


def test_every_command_did_what_it_is_for(shown: Shown) -> None:
    refused = {"refused run": 2, "refused doctor": 2, "doctor": 0}
    assert {name: shown.codes[name] for name in refused} == refused
    assert shown.codes["run"] == shown.codes["replay"] == 1, shown.texts["run"] + shown.texts["replay"]
    assert shown.codes["pytest"] == 3, shown.texts["pytest"]
    assert "cannot send" in shown.texts["pytest"]
    assert "cannot send" in shown.texts["crash.json"]
    assert shown.codes["sweep"] == 0, shown.texts["sweep"]
    made = {
        name: code for name, code in shown.codes.items() if name not in {*refused, "run", "replay", "pytest"}
    }
    assert set(made.values()) == {0}, made


def test_nothing_that_is_shown_or_written_has_a_secret(shown: Shown, canaries_in: Any) -> None:
    scripts = [name for name in shown.texts if name.endswith(".py")]
    reports = [name for name in shown.texts if name.startswith(("result.json.", "crash.json."))]
    ledgers = [name for name in shown.texts if name.startswith("ledger ")]
    assert scripts
    assert ledgers
    assert len(reports) == 2 * len(FORMATS)
    leaks = {name: canaries_in(text) for name, text in shown.texts.items()}
    assert {name: found for name, found in leaks.items() if found} == {}


def test_no_command_line_has_a_secret(shown: Shown) -> None:
    assert shown.watch.programs >= CLIENTS | {"conformance"}
    assert shown.watch.commands == set()


def test_files_with_a_secret_are_a_clients_own_for_its_owner_only_and_gone(
    shown: Shown, canaries_in: Any
) -> None:
    assert shown.watch.files == {(".pypirc", 0o600, 0o700)}
    assert shown.temporary
    left = {path.name: path.read_bytes() for path in shown.temporary.rglob("*") if path.is_file()}
    assert left, "what checks have left is looked at"
    assert [name for name, content in left.items() if canaries_in(content.decode(errors="replace"))] == []


def test_no_credential_went_to_another_host(shown: Shown, guarded: Any, canaries_in: Any) -> None:
    assert "gitlab.file.bytes-exact" in {row["id"] for row in shown.result["results"]}
    presented = guarded.elsewhere.presented
    assert any("python-requests" in each for each in presented)
    assert any("pip/" in each for each in presented)
    assert [each for each in presented if CREDENTIAL.search(each) or canaries_in(each)] == []


def test_the_report_on_clients_has_no_secret(tmp_path: Path, spellings: Any) -> None:
    path, program = tmp_path / "report.txt", tmp_path / "client.py"
    forms = [ReferenceServer.password, *spellings(ReferenceServer.username, ReferenceServer.password)]
    program.write_text(CLIENT.replace("SPELLINGS", repr(forms)), encoding="utf-8")
    for name in ("text", "json", "markdown"):
        given = ["clients", "--fault", "unavailable", "--format", name, "-o", str(path)]
        assert main([*given, "--", sys.executable, str(program), "{username}", "{upload_url}"]) == 0
        text = path.read_text(encoding="utf-8")
        assert "***" in text
        assert [form for form in forms if form in text] == []


def test_a_watch_finds_a_word_on_a_command_line_and_in_a_file(watch_for: Any, tmp_path: Path) -> None:
    (tmp_path / "open").write_text("a flamingo", encoding="utf-8")
    watch = watch_for(b"flamingo", folder=tmp_path)
    command = [sys.executable, "-c", "input()", "flamingo"]
    with watch.watching(), subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        deadline = time.monotonic() + LIMIT
        while not (watch.commands and watch.files) and time.monotonic() < deadline:
            time.sleep(0.01)
        process.communicate(b"\n")
    assert any("input() flamingo" in each for each in watch.commands)
    assert {name for name, *_ in watch.files} == {"open"}
