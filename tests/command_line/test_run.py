"""The command as a user meets it: verdicts, exit codes, and one clear line for every mistake."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
import requests
import tomli_w
from werkzeug import Request, Response

from conformance.catalogue import catalogue
from conformance.commands.main import main
from reference_server import ReferenceServer
from reference_server.faults import Fault
from reference_server.rules import Rules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytest_httpserver import HTTPServer

PATH = "/api/v4/projects/1/packages/pypi"
TOKEN = ("--username", "__token__", "--password", "reference-api-token")
OF_REST = sum("gitlab.rest" in row.id and not row.untested for row in catalogue())
"""How many checks `-k gitlab.rest` selects."""
QUICK = "rest or name.case or upload.wheel"
LIMIT = 600


def command(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run `registry-conformance` in this process, where everything is imported, and wait for its end."""
    words = [*map(str, arguments)]
    with redirect_stdout(StringIO()) as out, redirect_stderr(StringIO()) as err:
        try:
            exit_code = main(words)
        except SystemExit as refusal:  # argparse's own way
            exit_code = int(refusal.code or 0)
    return subprocess.CompletedProcess(words, exit_code, out.getvalue(), err.getvalue())


def process(*arguments: str | Path, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run `registry-conformance` in a process of its own, and wait for its end."""
    return subprocess.run(
        [sys.executable, "-m", "conformance", *map(str, arguments)],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )


def plain_pytest(*arguments: str | Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the suite through plain pytest, in a folder without settings."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", "--pyargs", "conformance", *map(str, arguments)],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )


@pytest.fixture
def server() -> Iterator[ReferenceServer]:
    with ReferenceServer() as running:
        yield running


def registry_toml(server: ReferenceServer, folder: Path) -> Path:
    path = folder / "registry.toml"
    path.write_text(tomli_w.dumps(server.target()), encoding="utf-8")
    return path


def packages(server: ReferenceServer) -> list[dict[str, Any]]:
    url = f"{server.origin}/api/v4/projects/1/packages?per_page=100"
    answer = requests.get(url, headers={"PRIVATE-TOKEN": server.password}, timeout=10)
    found: list[dict[str, Any]] = answer.json()
    return found


def test_the_embedded_server_conforms(tmp_path: Path) -> None:
    run = command("run", "-k", QUICK, "--json", tmp_path / "result.json")
    assert run.returncode == 0, run.stdout + run.stderr
    assert "judged, all passed" in run.stdout
    result = json.loads((tmp_path / "result.json").read_text(encoding="utf-8"))
    about = {"suite", "target", "run", "started", "finished", "summary"}
    assert result.keys() == about | {"published", "results", "since", "clients"}
    assert result["suite"]["name"] == "pypi-registry-conformance"
    assert result["summary"]["verdicts"]["passed"] == result["summary"]["judged"] == len(result["results"])
    for check in result["results"]:
        assert {"id", "level", "standing", "verdict", "message", "duration", "exchanges"} <= check.keys()
        assert check["exchanges"], check["id"]


class RepeatsEachFile(Fault):
    """Lists every file twice."""

    def project_page(self, page: Any) -> Any:
        return page.plus(*page.files)


def test_a_deviation_is_explained_and_the_exit_code_is_1(tmp_path: Path) -> None:
    with ReferenceServer(faults=[RepeatsEachFile()]) as server:
        run = command("run", "--config", registry_toml(server, tmp_path), "-k", "page.lists or page.hash")
    assert run.returncode == 1
    assert (
        "FAILED  gitlab.page.lists-exactly-the-uploads  MUST, contradicts GitLab's documentation"
        in run.stdout
    )
    for part in ("expected", "found", "where", "affects", "source   GitLab PyPI Repository"):
        assert re.search(rf"^ +{part}", run.stdout, re.MULTILINE), part
    assert "does not conform" in run.stdout


def test_the_first_failure_ends_the_run_if_asked(tmp_path: Path) -> None:
    with ReferenceServer(rules=replace(Rules(), valid_version=lambda _: True)) as server:
        run = command(
            *(
                "run",
                "--config",
                registry_toml(server, tmp_path),
                "-x",
                "-k",
                "version",
                "--json",
                tmp_path / "r.json",
            )
        )
    assert run.returncode == 1
    results = json.loads((tmp_path / "r.json").read_text())["results"]
    assert [check["verdict"] for check in results].count("failed") == 1
    assert not any(check["id"].startswith("clients.") for check in results), "they come last"


@pytest.mark.long
def test_two_processes_find_the_same(tmp_path: Path) -> None:
    found = []
    for number, parallel in enumerate(([], ["-n", "2"])):
        path = tmp_path / f"{number}.json"
        start = process if parallel else command
        run = start("run", "-k", "gitlab and not size", "--json", path, *parallel)
        assert run.returncode == 0, run.stdout + run.stderr
        found.append({check["id"]: check["verdict"] for check in json.loads(path.read_text())["results"]})
    assert found[0] == found[1]
    assert len(found[0]) > 80


def answer_all(
    httpserver: HTTPServer, status: int, body: str = "", content_type: str = "text/plain", *, to: str = ""
) -> str:
    def handler(request: Request) -> Response:
        request.get_data()
        headers = {"Location": to} if to else {}
        return Response(body, status=status, content_type=content_type, headers=headers)

    httpserver.expect_request(re.compile(".*")).respond_with_handler(handler)
    return httpserver.url_for(PATH)


def nobody_listens(_: HTTPServer) -> str:
    return f"http://127.0.0.1:1{PATH}"


@pytest.mark.parametrize(
    ("url_of", "exit_code", "message"),
    [
        (nobody_listens, 3, "got no answer: [Errno 111] Connection refused"),
        (lambda server: answer_all(server, 500, "oops"), 5, "the registry returns a server error"),
        (lambda server: answer_all(server, 404, "nothing here"), 2, "this is not an upload URL"),
        (lambda server: answer_all(server, 302), 2, "this is not an upload URL"),
        (
            lambda server: answer_all(server, 301, to="https://localhost/a"),
            2,
            "redirected to https://localhost/a",
        ),
        (lambda server: answer_all(server, 401), 2, "rejects the credential 'default'"),
        (lambda server: answer_all(server, 400, "no"), 5, "every upload was rejected"),
        (
            lambda server: answer_all(server, 200, "<html><a href='/'>Home</a></html>", "text/html"),
            2,
            "this is not a registry: it answers an upload as",
        ),
    ],
    ids=["down", "500", "404", "redirect", "to-https", "401", "400", "html"],
)
def test_what_cannot_be_judged_is_said_in_one_message(
    url_of: Callable[[HTTPServer], str], exit_code: int, message: str, httpserver: HTTPServer, tmp_path: Path
) -> None:
    run = process("run", url_of(httpserver), *TOKEN, "--ledgers", tmp_path)
    assert run.returncode == exit_code, run.stdout + run.stderr
    assert message in run.stderr
    assert run.stderr.startswith("registry-conformance: ")
    assert "Traceback" not in run.stdout + run.stderr
    assert "reference-api-token" not in run.stdout + run.stderr


@pytest.mark.parametrize("project", [1, 2], ids=["private", "public"])
def test_a_wrong_password_is_no_verdict(server: ReferenceServer, project: int) -> None:
    url = server.url.replace("/1/", f"/{project}/")
    run = command("run", url, "--username", "__token__", "--password", "mistyped")
    assert run.returncode == 2
    assert "401" in run.stderr
    assert "mistyped" not in run.stdout + run.stderr


@pytest.mark.parametrize(
    ("arguments", "exit_code", "message"),
    [
        (("run", "not-a-url"), 2, "is not an http(s) URL"),
        (("run", "http://127.0.0.1:1" + PATH), 2, "Give --username and --password"),
        (("run", "--json", "/absent/folder/r.json"), 2, "there is no folder /absent/folder"),
        (("run", "--config", "/absent/registry.toml"), 2, "cannot read"),
        (("run", "--ca-bundle", "/absent.pem"), 2, "there is no file"),
        (("run", "--examples", "0"), 2, "--examples"),
        (("run", "--seed", "soon"), 2, "--seed"),
        (("run", "-n", "many"), 2, "expected a number or `auto`"),
        (("run", "-k", "and and"), 2, "is not an expression of pytest"),
        (("run", "-k", "nothing_of_this_name"), 5, "no check of profile gitlab matches"),
        (("explain", "gitlab.duplicate.massage"), 2, "Did you mean gitlab.duplicate.message"),
        (("list", "--profile", "gitlub"), 2, "Choose one of"),
        (("sweep",), 2, "needs the URL"),
        (("compare", "/absent.json", "/absent.json"), 2, "cannot read"),
        (("compare", __file__, __file__), 2, "is not a result"),
        (("nonsense",), 2, "there is no command 'nonsense'"),
        (("run", "--exmaples", "3"), 2, "Did you mean --examples? See `registry-conformance run --help`"),
        (("report", "--report", "html=a", "b.json"), 2, "See `registry-conformance report --help`"),
        ((), 2, "required"),
    ],
)
def test_a_mistake_gets_one_clear_line(arguments: tuple[str, ...], exit_code: int, message: str) -> None:
    run = command(*arguments)
    assert run.returncode == exit_code, run.stdout + run.stderr
    assert message in run.stderr
    assert "Traceback" not in run.stdout + run.stderr


def test_everything_published_is_removed_again(server: ReferenceServer, tmp_path: Path) -> None:
    run = command("run", server.url, *TOKEN, "-k", QUICK, "--ledgers", tmp_path)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "Deleted" in run.stdout
    assert packages(server) == []
    assert list(tmp_path.iterdir()) == []


def test_what_is_kept_is_in_the_ledger_and_can_be_swept(server: ReferenceServer, tmp_path: Path) -> None:
    server.registry.publish("somebody_elses-1.0-py3-none-any.whl", b"not ours")
    run = command("run", server.url, *TOKEN, "-k", QUICK, "--keep", "--ledgers", tmp_path)
    assert run.returncode == 0, run.stdout + run.stderr
    assert str(tmp_path) in run.stdout
    assert len(packages(server)) > 10
    sweep = command("sweep", server.url, *TOKEN, "--ledgers", tmp_path)
    assert sweep.returncode == 0, sweep.stdout + sweep.stderr
    assert [package["name"] for package in packages(server)] == ["somebody-elses"]
    assert list(tmp_path.iterdir()) == []


def test_ledgers_of_another_host_are_left_alone(server: ReferenceServer, tmp_path: Path) -> None:
    ledger = tmp_path / "abcdefgh.jsonl"
    ledger.write_text(
        '{"url": "http://127.0.0.2:1/api/v4/projects/1/packages/pypi", '
        '"project": "conformance-abcdefgh-1", "version": "1.0", "filename": "f.whl"}\n'
    )
    sweep = command("sweep", server.url, *TOKEN, "--ledgers", tmp_path)
    assert sweep.returncode == 0
    assert ledger.exists()


def test_a_run_leaves_nothing_in_the_current_folder(tmp_path: Path) -> None:
    run = process("run", "-k", "gitlab.version", "--examples", "2", folder=tmp_path)
    assert run.returncode == 0, run.stderr
    assert [path.name for path in tmp_path.iterdir()] == []


@pytest.mark.skipif(sys.platform == "win32", reason="SIGINT to one process needs POSIX")
@pytest.mark.usefixtures("interruptible")
def test_an_interrupted_run_cleans_up_and_is_not_green(
    server: ReferenceServer, programs: Any, tmp_path: Path
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "conformance", "run", server.url, *TOKEN, "--ledgers", str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    programs.eventually(lambda: len(packages(server)) >= 20, while_=process)
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=LIMIT)
    assert process.returncode == 3, stdout + stderr
    assert "interrupted" in stdout + stderr
    assert packages(server) == []


@pytest.mark.parametrize(
    ("expression", "exit_code", "message"),
    [("simple and", 2, "is not an expression of pytest"), ("no-such-check", 5, "no check of profile gitlab")],
)
def test_an_expression_that_selects_nothing_publishes_nothing(
    server: ReferenceServer, expression: str, exit_code: int, message: str
) -> None:
    run = command("run", server.url, *TOKEN, "-k", expression)
    assert run.returncode == exit_code
    assert message in run.stderr
    assert server.requests.total == 0


def test_the_plan_publishes_nothing(server: ReferenceServer) -> None:
    run = command("run", server.url, *TOKEN, "--plan")
    assert run.returncode == 0
    some = command("run", server.url, *TOKEN, "--plan", "-k", "gitlab.rest")
    assert re.search(rf"gitlab: {OF_REST} of \d+ checks selected", some.stdout), some.stderr
    assert "conformance_xxxxxxxx_main-1.0-py3-none-any.whl" in run.stdout
    assert server.requests.total == 0


def test_the_plan_of_a_profile_without_uploads_says_so(server: ReferenceServer) -> None:
    run = command("run", server.index_url, "--profile", "index", "--plan")
    assert run.stdout.endswith("publishes nothing\n"), run.stderr
    assert server.requests.total == 0


def test_there_is_no_plan_of_a_run_that_cannot_be() -> None:
    runs = [command("run", "--profile", "index", *more) for more in ([], ["--plan"])]
    assert [(run.returncode, run.stdout) for run in runs] == [(2, "")] * 2
    assert runs[0].stderr == runs[1].stderr


def test_the_list_is_the_catalogue() -> None:
    rows = json.loads(command("list", "--format", "json").stdout)
    text = command("list").stdout
    assert all(row["id"] in text for row in rows)
    assert {row["id"] for row in rows if row["untested"]} != set()
    of_others = json.loads(command("list", "--format", "json", "--profile", "pep503-upload").stdout)
    areas = {row["id"].partition(".")[0] for row in of_others}
    assert {"clients", "simple", "upload"} <= areas
    assert "gitlab" not in areas


def test_a_requirement_is_explained() -> None:
    run = command("explain", "gitlab.duplicate.message")
    assert run.returncode == 0
    assert "Validation failed: File name has already been taken" in run.stdout
    assert "source   GitLab PyPI Repository (GitLab documentation, 13.4), #uploading-packages" in run.stdout


def test_two_results_are_compared(tmp_path: Path) -> None:
    one, other = tmp_path / "one.json", tmp_path / "other.json"
    assert command("run", "-k", "gitlab.page", "--json", one).returncode == 0
    with ReferenceServer(faults=[RepeatsEachFile()]) as server:
        file = registry_toml(server, tmp_path)
        assert command("run", "--config", file, "-k", "gitlab.page", "--json", other).returncode == 1
    run = command("compare", one, other)
    assert run.returncode == 0, run.stderr
    assert re.search(r"regressed +gitlab\.page\.lists-exactly-the-uploads +passed → failed", run.stdout)
    assert "1 regressed, of 5 requirements in both results" in run.stdout


@pytest.mark.parametrize("parallel", [(), ("-n", "2")], ids=["serial", "parallel"])
def test_plain_pytest_judges_too(parallel: tuple[str, ...], server: ReferenceServer, tmp_path: Path) -> None:
    file = registry_toml(server, tmp_path)
    run = plain_pytest(
        *("--registry-config", file, "-k", "gitlab.rest", "--registry-json", tmp_path / "r.json", *parallel),
        *("--registry-ledgers", tmp_path / "ledgers"),
        folder=tmp_path,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert f"{OF_REST} passed" in run.stdout
    assert "judged, all passed" in run.stdout
    assert len(json.loads((tmp_path / "r.json").read_text())["results"]) == OF_REST
    assert packages(server) == []


def test_plain_pytest_starts_the_embedded_server(tmp_path: Path) -> None:
    run = plain_pytest("-k", "gitlab.page", folder=tmp_path)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "judged, all passed" in run.stdout


def test_plain_pytest_fails_with_the_explanation(tmp_path: Path) -> None:
    with ReferenceServer(faults=[RepeatsEachFile()]) as server:
        file = registry_toml(server, tmp_path)
        run = plain_pytest("--registry-config", file, "-k", "gitlab.page", folder=tmp_path)
    assert run.returncode == 1, run.stdout + run.stderr
    assert "A project page lists every uploaded file exactly once and no other file." in run.stdout
    assert "1 failed" in run.stdout


def test_plain_pytest_says_what_is_wrong_with_the_target(tmp_path: Path) -> None:
    run = plain_pytest("--registry-url", "http://127.0.0.1:1" + PATH, folder=tmp_path)
    assert run.returncode == 2, run.stdout + run.stderr
    assert "Give --username and --password" in run.stdout + run.stderr
    assert "Traceback" not in run.stdout + run.stderr


def test_the_suite_stays_out_of_other_peoples_tests(tmp_path: Path) -> None:
    (tmp_path / "test_own.py").write_text("def test_own(): pass\n")
    program = (
        "import sys, pytest; code = pytest.main(['-q', '-p', 'no:cacheprovider']); "
        "assert code == 0; large = {'requests', 'hypothesis', 'rich', 'conformance.run.judge'}; "
        "print(sorted(set(sys.modules) & large))"
    )
    run = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "'conformance.run.judge'" not in run.stdout
