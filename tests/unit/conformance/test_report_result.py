"""The JSON result: as its schema says, readable again, and without secrets in whatever is made from it."""

from __future__ import annotations

import json
import shlex
from importlib.resources import files
from typing import Any

import jsonschema
import pytest

from conformance.report.curl import caveat_of, command_line
from conformance.report.formats import FORMATS
from conformance.report.result_file import BadResult, read_finished, read_result, result_from_json
from conformance.run.checks_run import run_checks
from conformance.run.selection import Selection
from conformance.target import target_from_table
from conformance.verdicts import Verdict
from conformance.verdicts.options import RunOptions
from conformance.wire.exchange import Exchange
from conformance.wire.form import Part, UploadForm
from conformance.wire.presigned import MASK
from reference_server import ReferenceServer
from reference_server.faults import Fault
from reference_server.faults.auth.leaks import TokensInRefusals

SCHEMA = json.loads(files("conformance.report").joinpath("result.schema.json").read_text(encoding="utf-8"))
CANARY = "canary-3f9a/+q=="
"""A secret with characters that are written in several ways."""


class PasswordForDoctype(Fault):
    """Begins a page with the reader's password."""

    def respond(self, request: Any, response: Any) -> Any:
        basic = request.credentials.basic
        if basic is not None and response.mimetype == "text/html":
            response.set_data(f"{basic[1]}\n{response.get_data(as_text=True)}")
        return response


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The result of a real run with failures, and the passwords that it used."""
    only = frozenset({"simple.html.doctype", "auth.error-no-leak", "gitlab.duplicate.refused"})
    with (
        pytest.MonkeyPatch.context() as patch,
        ReferenceServer(faults=[PasswordForDoctype(), TokensInRefusals()]) as server,
    ):
        patch.setenv("PYTEST_DEBUG_TEMPROOT", str(tmp_path_factory.mktemp("inner")))
        target = target_from_table(server.target(), embedded=True)
        judged = run_checks(target, RunOptions(examples=1), Selection(only=only))
        result = json.loads(json.dumps(judged.as_json()))
    verdicts = {each["id"]: each["verdict"] for each in result["results"]}
    assert verdicts == {name: "passed" if name.startswith("gitlab") else "failed" for name in only}
    return result | {"secrets": sorted({each.password for each in target.credentials.values()})}


def test_a_real_result_is_as_the_schema_says(real: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(real, SCHEMA)


def test_the_schema_describes_every_key(real: dict[str, Any]) -> None:
    described = {
        name: each["properties"].keys() for name, each in SCHEMA["$defs"].items() if "properties" in each
    }
    assert real.keys() - {"secrets"} == SCHEMA["properties"].keys()
    assert real["summary"].keys() == described["RunSummary"]
    assert real["target"].keys() == described["JudgedTarget"]
    for result in real["results"]:
        assert result.keys() == described["CheckResult"]
        for exchange in result["exchanges"]:
            assert exchange.keys() == described["Exchange"]
    assert sorted(SCHEMA["$defs"]["Verdict"]["enum"]) == sorted(Verdict)


def test_what_the_tests_build_is_as_the_schema_says(every_verdict: Any) -> None:
    jsonschema.validate(every_verdict.as_json(), SCHEMA)


@pytest.mark.parametrize("name", FORMATS)
def test_no_report_of_a_real_run_holds_a_secret(name: str, real: dict[str, Any]) -> None:
    report = FORMATS[name].render(result_from_json(real))
    assert real["secrets"]
    assert [secret for secret in real["secrets"] if secret in report] == []


@pytest.mark.parametrize("name", FORMATS)
def test_secrets_that_somebody_left_in_a_result_stay_there(name: str, table: Any) -> None:
    table.url = f"https://user:{CANARY.replace('/', '%2F')}@registry.example.com/pypi"
    headers = ("Authorization", "PRIVATE-TOKEN", "Job-Token", "Deploy-Token", "Cookie", "Proxy-Authorization")
    exchange = table.exchange(
        request_headers=dict.fromkeys(headers, CANARY) | {"X": f"Basic {CANARY}"},
        response_headers={"Set-Cookie": f"session={CANARY}"},
        response_body=f"your header was Authorization: Bearer {CANARY}",
    )
    table.add("simple.html.doctype", "failed", f"Authorization: Basic {CANARY}", exchanges=[exchange])
    table.add("simple.html.valid-html5", "error", message=f"at {table.url}/simple/")
    report = FORMATS[name].render(table.stored())
    assert "canary" not in report


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"results": []}',
        '{"results": [{"id": "x", "verdict": "passed"}]}',
        "\udcff",
        "[" * 100_000,
    ],
    ids=["empty", "array", "object", "no summary", "no target", "bytes", "deep"],
)
def test_what_is_no_result_is_named(text: str, tmp_path: Any) -> None:
    path = tmp_path / "r.json"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(BadResult, match="is not a result"):
        read_result(path)


@pytest.mark.parametrize(
    "change",
    [
        {"id": "<script>"},
        {"id": 1},
        {"level": "must"},
        {"verdict": "fine"},
        {"exchanges": [{"number": 1}]},
        {"exchanges": None},
        {"duration": "long"},
    ],
    ids=str,
)
def test_a_row_that_is_not_whole_is_refused(change: dict[str, Any], table: Any, tmp_path: Any) -> None:
    path = tmp_path / "r.json"
    result = table.add("simple.html.doctype", "failed").as_json()
    result["results"][0] |= change
    path.write_text(json.dumps(result))
    with pytest.raises(BadResult, match="is not a result"):
        read_result(path)


def test_a_result_of_another_version_is_read(table: Any) -> None:
    table.add("simple.html.doctype", "failed", new="key", id="future.requirement")
    (finding,) = table.stored().results
    assert finding.requirement is None
    for each in FORMATS.values():
        each.render(table.stored())
    upload = {
        "project": "a",
        "filename": "a-1.0.tar.gz",
        "url": "",
        "credential": "",
        "content_type": "",
        "body": "",
    }
    newer = result_from_json(table.as_json() | {"published": {"a-1.0.tar.gz": upload | {"new": "key"}}})
    assert newer.published["a-1.0.tar.gz"].project == "a"


def test_a_run_that_has_died_is_read(table: Any) -> None:
    result = table.add("simple.html.doctype", "failed").as_json() | {"finished": None}
    assert result_from_json(result).seconds == 0
    assert "ended before its last check" in FORMATS["html"].render(result_from_json(result))


TOLD = ("expected", "found", "where")


def test_a_deviation_is_told_in_parts_and_nothing_else_is(real: dict[str, Any]) -> None:
    for result in real["results"]:
        for part in TOLD:
            assert bool(result[part]) == (result["verdict"] == "failed")
            assert all(line in result["message"] for line in result[part].splitlines())
        assert [secret for secret in real["secrets"] if any(secret in result[part] for part in TOLD)] == []
    (doctype,) = (result for result in real["results"] if result["id"] == "simple.html.doctype")
    assert MASK in doctype["found"], "what is redacted in the message is redacted in its parts"


@pytest.mark.parametrize("name", ["html", "junit", "markdown", "sarif"])
def test_a_result_of_before_is_told_by_its_message(name: str, table: Any) -> None:
    result = table.add("simple.html.doctype", "failed", "a surprising answer").as_json()
    for key in (*TOLD, "signature"):
        del result["results"][0][key]
    for key in ("examples", "rounds", "read_only", "projects"):
        del result["summary"][key]
    assert "a surprising answer" in FORMATS[name].render(result_from_json(result))


def test_a_failure_that_cannot_be_told_from_others_goes_into_no_baseline(table: Any, tmp_path: Any) -> None:
    path = tmp_path / "r.json"
    path.write_text(json.dumps(table.add("simple.html.doctype", "failed", signature="").as_json()))
    assert read_result(path).results
    with pytest.raises(BadResult, match="failures without a signature: run it again"):
        read_finished(path)


def exchange(**changes: Any) -> Exchange:
    return Exchange(
        **{
            "request": "POST https://registry.example.com/pypi?a=b&c=$(id)",
            "credential": "deploy-read",
            "request_headers": {"Authorization": "Basic ***", "Accept": "it's"},
            "status": 200,
        }
        | changes
    )


def test_a_command_can_be_pasted() -> None:
    words = shlex.split(command_line(exchange()))
    assert words == [
        *("curl", "--include", "--request", "POST", "--header", "Accept: it's"),
        *("--user", "$DEPLOY_READ", "https://registry.example.com/pypi?a=b&c=$(id)"),
    ]
    assert "'https://registry.example.com/pypi?a=b&c=$(id)'" in command_line(exchange())


def test_a_form_is_written_field_by_field() -> None:
    line = command_line(
        exchange(
            request_headers={"Content-Type": "multipart/form-data; boundary=x"},
            request_body="name: a\n@b\ncontent: 12 bytes as 'a-1.0.tar.gz'",
        )
    )
    words = shlex.split(line)
    assert words[4:-1] == ["--form-string", "name=a\n@b", "--form", "content=@a-1.0.tar.gz"]


def test_a_caveat_says_what_a_command_leaves_out() -> None:
    form = {"Content-Type": "multipart/form-data; boundary=x"}
    file = "content: 12 bytes as 'a-1.0.tar.gz'"
    long = UploadForm(parts=(Part(name="description", content=b"x" * 300),)).described()
    whole = exchange(request_headers=form, request_body="name: a")
    with_file = exchange(request_headers=form, request_body=f"name: a\n{file}")
    assert caveat_of(whole) == "The form gets another boundary. The script sends the same bytes."
    assert "curl reads a-1.0.tar.gz from the current folder" in caveat_of(with_file)
    assert "too long" not in caveat_of(with_file)
    assert "too long" in caveat_of(exchange(request_headers=form, request_body=long))
    assert "too long" in caveat_of(exchange(), is_cut=True)


def test_a_command_that_sends_all_has_no_caveat() -> None:
    assert caveat_of(exchange()) == ""
    assert caveat_of(exchange(request_body='{"a": 1}')) == ""


def test_other_credentials_travel_in_their_own_field() -> None:
    words = shlex.split(command_line(exchange(request_headers={"PRIVATE-TOKEN": "***"})))
    assert words[4:6] == ["--header", "PRIVATE-TOKEN: ${DEPLOY_READ#*:}"]


def test_nobody_has_no_credential() -> None:
    assert "--user" not in command_line(exchange(credential="anonymous"))
    assert "--user" not in command_line(exchange(credential=""))


@pytest.mark.parametrize(
    "request_", ["pip 26.3 install --target x y", "GET /%2e/simple (over a plain socket)", ""]
)
def test_what_curl_cannot_repeat_is_given_as_it_is(request_: str) -> None:
    assert command_line(exchange(request=request_)) == request_
