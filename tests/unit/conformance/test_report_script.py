"""A script asks again what a check has asked: on the same registry, on a mended one, and on none."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from collections import Counter
from functools import cache
from secrets import token_hex
from typing import TYPE_CHECKING, Any

import pytest
from msgspec import to_builtins
from werkzeug import Request, Response

from conformance.catalogue import catalogue
from conformance.commands.main import main
from conformance.report.result_file import result_from_json
from conformance.report.script import as_script, scripts
from conformance.run.checks_run import run_checks
from conformance.run.selection import Selection
from conformance.target import target_from_table
from conformance.verdicts.options import RunOptions, TrafficLimits
from conformance.wire import Follow, Redactor, Session, Transcript
from reference_server import ReferenceServer
from reference_server.distributions import wheel
from reference_server.faults import fault_named

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_httpserver import HTTPServer

CASES = {
    "simple.html.doctype": "no-doctype",
    "simple.html.root.one-anchor-per-project": "spellings-listed",
    "gitlab.access.challenge": "no-challenge",
    "gitlab.duplicate.message": "duplicates-in-other-wording",
    "robustness.disconnect-before-response": "abandoned-uploads-halved",
    "simple.html.anchor-syntax-plain": "anchors-in-scripts",
    "simple.name.valid-charset": "letters-that-look-alike",
    "auth.read.scheme-case": "scheme-has-a-case",
    "auth.read.wrong-401": "wrong-readers-forbidden",
    "gitlab.upload.sdist": "page-kept-from-first-request",
    "negotiation.vary": "vary-left-out-when-unchanged",
    "security.reserved-names": "routes-before-projects",
    "gitlab.rest.filters-by-type": "type-filter-ignored",
    "http.pages.etag-changes": "etag-of-the-length",
    "http.pages.gzip": "deflate-named-gzip",
}
"""Requirements of pages, of the root page, of a header field, of uploads and of plain sockets; of lists that show what
others have published, too; of credentials that checks make up, answers that are kept, conditional requests, names
without the id of a run, parts of lists, entity tags, and answers that cannot be read to their end. Faults of each."""

HOSTILE = (
    '"""\r\nimport os; os.abort()\u2028\u0085\x00\x1b[2J\\N{BULLET}\\x00 </script><!-- {} % \x7f\U0001f600'
)


@cache
def script_of(name: str) -> str:
    """Judge a server that has the fault, and return the script that comes of it."""
    with ReferenceServer(faults=[fault_named(CASES[name])]) as server:
        target = target_from_table(server.target(), embedded=True)
        result = run_checks(target, RunOptions(examples=2, rounds=2), Selection(only=frozenset({name})))
    return scripts(result_from_json(json.loads(json.dumps(result.as_json()))))[name]


def run(script: str, folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a script with nothing but Python: no packages, and no environment."""
    (folder / "reproduce.py").write_text(script, encoding="utf-8")
    return subprocess.run(
        [sys.executable, "-I", "-S", "-X", "utf8", "reproduce.py", *arguments],
        cwd=folder,
        env={name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ} | variables,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


@pytest.mark.parametrize("name", CASES)
def test_the_answers_are_those_of_then_until_the_registry_is_mended(name: str, tmp_path: Path) -> None:
    script = script_of(name)
    with ReferenceServer(faults=[fault_named(CASES[name])]) as broken:
        secret = f"{broken.username}:{broken.password}"
        again = run(script, tmp_path, broken.url, DEFAULT=secret)
    with ReferenceServer() as good:
        mended = run(script, tmp_path, good.url, DEFAULT=secret)

    assert (again.returncode, again.stderr) == (1, ""), again.stdout
    assert "answers are the same.\nReproduced." in again.stdout
    assert broken.password not in script + again.stdout
    assert (mended.returncode, mended.stderr) == (0, ""), mended.stdout
    assert "  before: " in mended.stdout
    assert "\nNot reproduced: " in mended.stdout


@pytest.mark.parametrize("name", [name for name in CASES if name.startswith("simple.")])
def test_what_others_have_published_makes_no_difference(name: str, tmp_path: Path) -> None:
    script, exit_codes = script_of(name), []
    for faults in ([fault_named(CASES[name])], []):
        with ReferenceServer(faults=faults) as server:
            secret = f"{server.username}:{server.password}"
            server.publish(wheel("someone-else", "1.0"))
            exit_codes += [run(script, tmp_path, server.url, DEFAULT=secret).returncode for _ in range(2)]
    assert exit_codes == [1, 1, 0, 0]


def test_the_parts_of_the_script_share_no_names() -> None:
    tree = ast.parse(script_of("simple.html.doctype"))
    defined = [each.name for each in tree.body if isinstance(each, (ast.FunctionDef, ast.ClassDef))]
    assigned = (target for each in tree.body if isinstance(each, ast.Assign) for target in each.targets)
    defined += [name.id for target in assigned for name in ast.walk(target) if isinstance(name, ast.Name)]
    assert defined
    assert [name for name, count in Counter(defined).items() if count > 1] == []


def test_the_script_needs_nothing_of_the_suite() -> None:
    modules = {
        module.partition(".")[0]
        for each in ast.walk(ast.parse(script_of("simple.html.doctype")))
        for module in ([each.module or ""] if isinstance(each, ast.ImportFrom) else [])
        + ([name.name for name in each.names] if isinstance(each, ast.Import) else [])
    }
    assert modules <= sys.stdlib_module_names


def test_the_names_are_new_each_time(tmp_path: Path) -> None:
    name = "gitlab.duplicate.message"
    script = script_of(name)
    with ReferenceServer(faults=[fault_named(CASES[name])]) as broken:
        secret = f"{broken.username}:{broken.password}"
        told = [run(script, tmp_path, broken.url, DEFAULT=secret) for _ in range(3)]
        projects = {each.name for each in broken.registry.packages(broken.registry.gitlab_project("1"))}
    assert [each.returncode for each in told] == [1, 1, 1]
    assert len(projects) == 3


def test_a_refused_upload_leaves_the_question_open(tmp_path: Path) -> None:
    script = script_of("simple.html.doctype")
    with ReferenceServer() as server:
        open_question = run(script, tmp_path, server.url, DEFAULT="somebody:wrong")
    assert open_question.returncode == 4, open_question.stdout
    assert "\nCould not be tried. The registry refused conformance" in open_question.stdout
    assert ": 401." in open_question.stdout


def presigning(httpserver: HTTPServer) -> str:
    """Return the URL of a file behind a redirect to a URL that works once."""
    signatures: set[str] = set()

    def redirect(_: Request) -> Response:
        signature = token_hex(20)
        signatures.add(signature)
        location = httpserver.url_for(f"/blob?X-Amz-Date=2026&X-Amz-Signature={signature}")
        return Response(status=302, headers={"Location": location})

    def blob(request: Request) -> Response:
        if request.args.get("X-Amz-Signature") not in signatures:
            return Response("expired", status=403)
        signatures.clear()
        return Response("a file", content_type="text/plain")

    httpserver.expect_request("/file").respond_with_handler(redirect)
    httpserver.expect_request("/blob").respond_with_handler(blob)
    return httpserver.url_for("/file")


def test_a_redirect_is_followed_to_where_it_leads_now(
    table: Any, httpserver: HTTPServer, tmp_path: Path
) -> None:
    table.url = httpserver.url_for("").rstrip("/")
    url, transcript = presigning(httpserver), Transcript()
    session = Session(transcript=transcript, redact=Redactor([]), limits=TrafficLimits())
    session.send("GET", url, credential=None, credential_name="anonymous", follow=Follow.ANY_HOST)
    session.close()
    exchanges = to_builtins(transcript.numbered([1, 2]))
    assert exchanges[1]["request"].endswith("X-Amz-Signature=***")
    result = table.add("simple.html.doctype", "failed", signature="1", exchanges=exchanges).stored()
    script = as_script(result, result.results[0])
    again = run(script, tmp_path)
    httpserver.clear_all_handlers()
    httpserver.expect_request("/file").respond_with_data("a file")
    mended = run(script, tmp_path)
    assert (again.returncode, mended.returncode) == (1, 0), again.stdout
    assert "X-Amz-Signature=***" in again.stdout
    assert not re.search("[0-9a-f]{40}", again.stdout), "what opens the URL"


def test_the_number_of_the_last_change_makes_no_difference(
    table: Any, httpserver: HTTPServer, tmp_path: Path
) -> None:
    """Registries in the manner of the Python Package Index count their changes."""
    table.url = httpserver.url_for("").rstrip("/")
    page = "<!DOCTYPE html><html><body></body></html><!--SERIAL {}-->"
    httpserver.expect_request("/simple/a/").respond_with_data(
        page.format(9), content_type="text/html", headers={"X-PyPI-Last-Serial": "9"}
    )
    session = Session(transcript=Transcript(), redact=Redactor([]), limits=TrafficLimits())
    url = httpserver.url_for("/simple/a/")
    fields = session.send("GET", url, credential=None, credential_name="anonymous").headers
    session.close()
    exchange = table.exchange(
        request=f"GET {url}",
        status=200,
        response_headers={**fields, "X-PyPI-Last-Serial": "7"},
        response_body=page.format(7),
    )
    result = table.add("simple.html.doctype", "failed", signature="1", exchanges=[exchange]).stored()
    again = run(as_script(result, result.results[0]), tmp_path, DEFAULT="somebody:secret")
    assert again.returncode == 1, again.stdout


class AsItIs(Response):
    """An answer whose Location is sent as it is: werkzeug would read it."""

    def get_wsgi_headers(self, _: Any) -> Any:
        return self.headers


@pytest.mark.parametrize(
    ("location", "exit_code"), [("http://[broken/x", 0), ("//[", 0), ("http://h:port/", 4)]
)
def test_a_redirect_to_what_is_no_url_is_no_reproduction(
    location: str, exit_code: int, table: Any, httpserver: HTTPServer, tmp_path: Path
) -> None:
    """A traceback has the exit code of a deviation that is still there."""
    table.url = httpserver.url_for("").rstrip("/")
    elsewhere = httpserver.url_for("/elsewhere")
    first = table.exchange(
        request=f"GET {httpserver.url_for('/file')}", status=302, response_headers={"Location": elsewhere}
    )
    second = table.exchange(request=f"GET {elsewhere}", status=200, response_headers={})
    redirect = AsItIs(status=302, headers={"Location": location})
    httpserver.expect_request("/file").respond_with_response(redirect)
    httpserver.expect_request("/elsewhere").respond_with_data("a file")
    table.add("simple.html.doctype", "failed", signature="1", exchanges=[first, second])
    result = table.stored()
    tried = run(as_script(result, result.results[0]), tmp_path, DEFAULT="somebody:secret")
    assert (tried.returncode, tried.stderr) == (exit_code, ""), tried.stdout


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
@pytest.mark.parametrize("body", [b"no archive", b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x4b"])
def test_an_answer_that_cannot_be_unpacked_is_no_reproduction(
    coding: str, body: bytes, table: Any, httpserver: HTTPServer, tmp_path: Path
) -> None:
    httpserver.expect_request("/file").respond_with_data(body, headers={"Content-Encoding": coding})
    table.url = httpserver.url_for("").rstrip("/")
    exchange = table.exchange(request=f"GET {httpserver.url_for('/file')}", status=200)
    result = table.add("simple.html.doctype", "failed", signature="1", exchanges=[exchange]).stored()
    other = run(as_script(result, result.results[0]), tmp_path, DEFAULT="user:password")
    assert (other.returncode, other.stderr) == (0, ""), other.stdout


def test_a_credential_that_a_registry_sends_back_is_not_printed(
    table: Any, httpserver: HTTPServer, tmp_path: Path
) -> None:
    """Neither from the body nor from the header; the answer is the same as the earlier one, without it."""
    secret, sent_back = "s3cret-&-Value", "s3cret-&amp;-value"
    page = "<p>you sent {}</p>"
    httpserver.expect_request("/a/").respond_with_data(
        page.format(sent_back), content_type="text/html", headers={"X-Sent": secret}
    )
    table.url = httpserver.url_for("").rstrip("/")
    session = Session(transcript=Transcript(), redact=Redactor([]), limits=TrafficLimits())
    url = httpserver.url_for("/a/")
    fields = session.send("GET", url, credential=None, credential_name="anonymous").headers
    session.close()
    exchange = table.exchange(
        request=f"GET {url}",
        response_headers={**fields, "X-Sent": "***"},
        response_body=page.format("***"),
    )
    result = table.add("simple.html.doctype", "failed", signature="1", exchanges=[exchange]).stored()
    again = run(as_script(result, result.results[0]), tmp_path, DEFAULT=f"me:{secret}")
    assert again.returncode == 1, again.stdout
    assert "you sent ***" in again.stdout
    assert not {secret, sent_back} & {*re.split(r"[\s<>]", again.stdout)}


def test_what_a_registry_says_is_text_in_the_script(table: Any, tmp_path: Path) -> None:
    exchange = table.exchange(
        request=f"GET http://127.0.0.1:9/{HOSTILE}",
        request_headers={"X": HOSTILE},
        response_headers={HOSTILE: HOSTILE},
        response_body=HOSTILE,
        reason=HOSTILE,
    )
    table.add("simple.html.doctype", "failed", HOSTILE, exchanges=[exchange])
    result = table.stored()
    script = as_script(result, result.results[0])
    assert script.isascii()
    (case,) = re.findall(r'json\.loads\(r"""(.*?)"""\)', script, re.DOTALL)
    assert json.loads(case)["requests"][0]["answer"] == HOSTILE
    told = run(script, tmp_path)
    assert told.returncode == 4
    assert "\x1b" not in told.stdout + told.stderr


def test_a_secret_that_is_missing_is_asked_for(tmp_path: Path) -> None:
    script = script_of("gitlab.duplicate.message")
    asked = run(script, tmp_path)
    assert (asked.returncode, asked.stdout) == (2, "")
    assert "DEFAULT" in asked.stderr
    assert "user:password" in asked.stderr
    assert run(script, tmp_path, "registry.example.com", DEFAULT="a:b").returncode == 2
    assert run(script, tmp_path, "--help").returncode == 2


def test_a_registry_that_is_not_there_is_said_to_be(tmp_path: Path) -> None:
    gone = run(script_of("simple.html.doctype"), tmp_path, DEFAULT="a:b")
    assert gone.returncode == 3
    assert "no answer" in gone.stderr
    assert "reference-server serve" in gone.stdout


class TestCommand:
    @pytest.fixture
    def result(self, table: Any, tmp_path: Path) -> Path:
        table.add("simple.html.doctype", "failed", exchanges=[table.exchange()])
        table.add("simple.html.hash.present", "warned", exchanges=[table.exchange()])
        table.add("simple.html.valid-html5", "passed", exchanges=[table.exchange()])
        path = tmp_path / "result.json"
        path.write_text(json.dumps(table.as_json()), encoding="utf-8")
        return path

    def test_one_is_written_where_it_is_wanted(self, result: Path, tmp_path: Path, capsysbinary: Any) -> None:
        assert main(["script", str(result), "simple.html.doctype"]) == 0
        printed = capsysbinary.readouterr().out
        assert main(["script", str(result), "simple.html.doctype", "-o", str(tmp_path / "a.py")]) == 0
        assert (tmp_path / "a.py").read_bytes() == printed

    def test_many_go_to_a_folder(self, result: Path, tmp_path: Path, capsys: Any) -> None:
        (tmp_path / "out").mkdir()
        assert main(["script", str(result), "-o", str(tmp_path / "out")]) == 0
        assert {path.name for path in (tmp_path / "out").iterdir()} == {
            "simple.html.doctype.py",
            "simple.html.hash.present.py",
        }
        assert main(["script", str(result)]) == 2
        assert "-o FOLDER" in capsys.readouterr().err

    @pytest.mark.parametrize("name", ["simple.html.valid-html5", "no.such-requirement"])
    def test_what_did_not_deviate_has_none(self, name: str, result: Path, capsys: Any) -> None:
        assert main(["script", str(result), name]) == 2
        message = capsys.readouterr().err
        assert "It has simple.html.doctype, simple.html.hash.present." in message
        assert ("its verdict is passed" if "valid" in name else "it was not judged") in message

    def test_some_of_many_are_named(self, table: Any, tmp_path: Path, capsys: Any) -> None:
        for row in [row for row in catalogue() if row.level == "MUST"][:12]:
            table.add(row.id, "failed")
        path = tmp_path / "result.json"
        path.write_text(json.dumps(table.as_json()), encoding="utf-8")
        assert main(["script", str(path), "no.such-requirement"]) == 2
        assert " and 4 more." in capsys.readouterr().err
