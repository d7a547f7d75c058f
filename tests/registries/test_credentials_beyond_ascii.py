"""A user name and a password beyond ASCII: RFC 7617 leaves their encoding open, and clients differ in it."""

from __future__ import annotations

import base64
import threading
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from conformance.catalogue import catalogue
from conformance.clients import IndexURL, Pip, Twine, Uv
from conformance.run.checks_run import run_checks
from conformance.run.run import CannotJudge
from conformance.run.selection import Selection
from conformance.target import BadTarget, target_from_table
from conformance.verdicts import ExitCode, Verdict
from conformance.verdicts.options import RunOptions
from conformance.wire import Credential
from reference_server import ReferenceServer
from reference_server.distributions import wheel
from reference_server.faults import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from werkzeug import Response

    from conformance.report.result import RunResult
    from reference_server.http.request import Request

USERNAME, PASSWORD = "jürgen", "grüße-aus-köln-4711"
HERE = Credential(username=USERNAME, password=PASSWORD)
CLIENTS = ("clients.pip.index-url", "clients.twine.environment", "clients.twine.duplicate-fails")


class ReadsOneEncoding(Fault):
    """Knows the ready-made token under a name and a password beyond ASCII, in one encoding."""

    def __init__(self, encoding: str, *, announced: bool = False) -> None:
        self._bytes = b":".join(replace(HERE, encoding=encoding).encoded)
        self._announced = announced

    def handle(self, request: Request) -> Response | None:
        scheme, _, value = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "basic" and base64.b64decode(value) == self._bytes:
            request.credentials = replace(request.credentials, basic=("__token__", "reference-api-token"))
        return None

    def respond(self, request: Request, response: Response) -> Response:
        if self._announced and response.status_code == 401 and not request.authorization:
            response.headers["WWW-Authenticate"] = 'Basic realm="packages", charset="UTF-8"'
        return response


def judge(fault: Fault, *only: str, utf8: bool = False, **credential: str) -> RunResult:
    """Judge a registry; with `utf8` by an ASCII token, and the other credential as `utf8`."""
    with ReferenceServer(faults=[fault]) as server:
        table = server.target()
        own = {"username": USERNAME, "password": PASSWORD, **credential}
        table["credentials"] = (
            {"default": table["credentials"]["default"], "utf8": own} if utf8 else {"default": own}
        )
        return run_checks(
            target_from_table(table, embedded=True), RunOptions(), Selection(only=frozenset(only))
        )


@pytest.fixture(autouse=True)
def _own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PYTEST_DEBUG_TEMPROOT", str(tmp_path))  # of the inner sessions


def test_no_registry_is_blamed_for_what_a_client_sends() -> None:
    auth = [row.id for row in catalogue() if row.id.startswith("auth.")]
    result = judge(ReadsOneEncoding("utf-8"), *auth, *CLIENTS)
    found = {each.id: each for each in result.results}
    assert result.of(Verdict.FAILED, Verdict.WARNED, Verdict.NOTED, Verdict.ERROR) == []
    assert found["auth.read.basic"].verdict is Verdict.PASSED
    assert {found[name].verdict for name in CLIENTS} == {Verdict.UNTESTABLE}
    for name in CLIENTS:
        client = name.split(".")[1]
        assert found[name].message.startswith(f"{client} ")
        assert (
            " sends the credential 'default' as latin-1, and the registry reads utf-8: "
            in found[name].message
        )
    assert_hidden(result)


def test_a_registry_that_reads_latin1_is_judged_with_a_line_of_configuration() -> None:
    with pytest.raises(CannotJudge) as refusal:
        judge(ReadsOneEncoding("latin-1"), "auth.read.basic")
    assert 'write `encoding = "latin-1"` below [credentials.default] in registry.toml.' in str(refusal.value)
    assert refusal.value.exit_code is ExitCode.USAGE
    result = judge(ReadsOneEncoding("latin-1"), "auth.read.basic", *CLIENTS, encoding="latin-1")
    assert set(result.verdict_by_id.values()) == {Verdict.PASSED}
    assert_hidden(result)


@pytest.mark.parametrize(
    ("fault", "verdict", "words"),
    [
        (ReadsOneEncoding("utf-8"), Verdict.PASSED, ""),
        (
            ReadsOneEncoding("latin-1"),
            Verdict.PASSED,
            "the registry reads Latin-1, and does not announce UTF-8",
        ),
        (ReadsOneEncoding("latin-1", announced=True), Verdict.WARNED, "status 401 with the right user name"),
    ],
    ids=["utf-8", "latin-1", "announced"],
)
def test_utf8_is_asked_for_only_where_it_is_announced(fault: Fault, verdict: Verdict, words: str) -> None:
    (found,) = judge(fault, "auth.read.basic-utf8", utf8=True).results
    assert found.verdict is verdict, found.message
    assert words in found.message
    assert bool(words) is bool(found.message)


def test_what_an_encoding_lacks_is_a_mistake_of_the_file() -> None:
    credential = {"username": "me", "password": "5 €", "encoding": "latin-1"}
    table = {"url": "http://127.0.0.1:1", "profile": "pep503-upload", "credentials": {"default": credential}}
    with pytest.raises(
        BadTarget, match=r"\[credentials.default\] has characters that latin-1 cannot express"
    ):
        target_from_table(table)


@contextmanager
def recording() -> Iterator[tuple[str, list[bytes]]]:
    """Serve 401 with a challenge in UTF-8, then 404; yield the URL, and the credentials that come."""
    sent: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            _, _, value = self.headers.get("Authorization", "").partition(" ")
            self.send_response(404 if value else 401)
            if value:
                sent.append(base64.b64decode(value))
            else:
                self.send_header("WWW-Authenticate", 'Basic realm="packages", charset="UTF-8"')
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_POST(self) -> None:
            self.do_GET()

        def do_HEAD(self) -> None:
            self.do_GET()

        def log_message(self, *_: Any) -> None:
            """Print nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/", sent
        finally:
            server.shutdown()


def test_each_client_sends_what_its_driver_says(tmp_path: Path) -> None:
    """pip and twine send Latin-1 even where UTF-8 is announced; uv sends UTF-8."""
    file = wheel("alpha", "1.0").save(tmp_path)
    for client in (Pip(), Twine(), Uv()):
        with recording() as (url, sent):
            if isinstance(client, Pip):
                client.download("alpha", dest=tmp_path / "pip", index_url=IndexURL(f"{url}simple/", HERE))
            else:
                client.publish([file], to=url, credential=HERE)
        expected = b":".join(replace(HERE, encoding=client.credential_encoding).encoded)
        assert set(sent) == {expected}, client.name


def test_pip_tells_a_failed_connection_from_a_missing_page() -> None:
    """It prints the same of both: only its log has the difference."""
    with recording() as (url, _):
        missing = Pip().index_versions("alpha", index_url=IndexURL(f"{url}simple/", HERE))
    failed = Pip().index_versions("alpha", index_url=IndexURL("http://127.0.0.1:1/simple/", HERE))
    for run in (missing, failed):
        assert run.exit_code == 1
        assert run.says("No matching distribution found for alpha")
        assert "Could not fetch URL" in run.log
        assert PASSWORD not in run.log + run.output
    assert missing.failed_connection == ""
    assert "connection error: " in failed.failed_connection


def assert_hidden(result: RunResult) -> None:
    """Require that the password is nowhere in the result."""
    text = str(result.as_json())
    assert PASSWORD not in text
    assert base64.b64encode(f"{USERNAME}:{PASSWORD}".encode()).decode().rstrip("=") not in text
    assert base64.b64encode(f"{USERNAME}:{PASSWORD}".encode("latin-1")).decode().rstrip("=") not in text
