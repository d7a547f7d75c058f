"""HTTP as checks see it: recorded, redacted, within a budget, and blind to the user's settings."""

from __future__ import annotations

import base64
import io
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import TYPE_CHECKING

import pytest
from werkzeug import Request, Response
from werkzeug.formparser import parse_form_data

from conformance.verdicts.options import TrafficLimits
from conformance.wire import (
    BudgetSpent,
    Follow,
    Redactor,
    Session,
    Transcript,
    Unreachable,
    upload_form,
)
from conformance.wire.bounds import BrokenAnswer
from conformance.wire.credential import Credential
from conformance.wire.transcript import KEPT_CHARACTERS, excerpt
from reference_server.distributions import wheel
from reference_server.serving.wsgi_server import Server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_httpserver import HTTPServer

SECRET = Credential(username="jane", password="pass/word+ä")


@pytest.fixture
def transcript() -> Transcript:
    return Transcript()


@pytest.fixture
def session(transcript: Transcript) -> Iterator[Session]:
    session = Session(
        transcript=transcript,
        redact=Redactor([(SECRET.username, SECRET.password)]),
        limits=TrafficLimits(max_requests=3, timeout=60),
    )
    yield session
    session.close()


def test_an_exchange_is_recorded_without_secrets(
    session: Session, transcript: Transcript, httpserver: HTTPServer
) -> None:
    def echo(request: Request) -> Response:
        return Response(f"you sent {request.headers['Authorization']} for {request.url}", status=403)

    httpserver.expect_request("/page").respond_with_handler(echo)
    answer = session.send("GET", httpserver.url_for("/page"), credential=SECRET, credential_name="default")
    assert answer.status == 403
    exchange = transcript.used[0]
    assert exchange.response_body.startswith("you sent Basic ***")
    assert exchange.request_headers["Authorization"] == "Basic ***"
    kept = repr(exchange)
    assert SECRET.password not in kept
    assert base64.b64encode(f"jane:{SECRET.password}".encode()).decode() not in kept
    assert str(answer) == f"GET {httpserver.url_for('/page')} as default → 403 FORBIDDEN [1]"


@pytest.mark.parametrize(
    "near", [SECRET.password[:-1], SECRET.password.swapcase(), f"{SECRET.password}x", "of another user"]
)
def test_a_password_that_is_nearly_right_is_hidden_too(
    near: str, session: Session, transcript: Transcript, httpserver: HTTPServer
) -> None:
    httpserver.expect_request("/").respond_with_data(f"no user has {near}", status=401)
    wrong = replace(SECRET, password=near)
    session.send("GET", httpserver.url_for("/"), credential=wrong, credential_name="near")
    exchange = transcript.used[0]
    assert exchange.request_headers["Authorization"] == "Basic ***"
    if near.lower().startswith(SECRET.password[:-1].lower()):
        assert exchange.response_body.startswith("no user has ***")


def test_an_answer_that_breaks_off_is_recorded_with_the_login_of_its_request(
    transcript: Transcript, httpserver: HTTPServer
) -> None:
    """A script asks as the run did: without the login it would get another answer."""
    session = Session(
        transcript=transcript, redact=Redactor(SECRET.secrets), limits=TrafficLimits(timeout=60)
    )
    httpserver.expect_request("/").respond_with_data(b"no gzip", headers={"Content-Encoding": "gzip"})
    with pytest.raises(BrokenAnswer):
        session.send("GET", httpserver.url_for("/"), credential=SECRET, credential_name="default")
    exchange = transcript.used[0]
    assert exchange.request_headers["Authorization"] == "Basic ***"
    with pytest.raises(BrokenAnswer):
        session.send("GET", httpserver.url_for("/"), credential=None, credential_name="anonymous")
    assert "Authorization" not in transcript.used[-1].request_headers
    session.close()


def test_a_request_without_a_credential_is_anonymous(session: Session, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/").respond_with_data("", status=401)
    url = httpserver.url_for("/")
    answer = session.send("GET", url, credential=None, credential_name="default")
    assert str(answer) == f"GET {url} as anonymous → 401 UNAUTHORIZED [1]"
    token = {"PRIVATE-TOKEN": "x"}
    answer = session.send("GET", url, credential=None, credential_name="default", headers=token)
    assert answer.credential == answer.exchange.credential == "default"


def test_the_budget_ends_a_run(session: Session, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/").respond_with_data("")
    for _ in range(3):
        session.send("GET", httpserver.url_for("/"), credential=None, credential_name="anonymous")
    with pytest.raises(BudgetSpent, match="budget of 3 requests"):
        session.send("GET", httpserver.url_for("/"), credential=None, credential_name="anonymous")
    assert len(httpserver.log) == 3


def test_a_rate_is_kept(transcript: Transcript, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/").respond_with_data("")
    session = Session(transcript=transcript, redact=Redactor([]), limits=TrafficLimits(rate=50))
    started = time.monotonic()
    for _ in range(4):
        session.send("GET", httpserver.url_for("/"), credential=None, credential_name="anonymous")
    session.close()
    assert time.monotonic() - started >= 3 / 50


def test_settings_of_the_user_are_not_honoured(
    session: Session, httpserver: HTTPServer, tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = f"{tmp_path}/netrc"
    with open(netrc, "w", encoding="utf-8") as file:  # noqa: PTH123 - the variable holds a string
        file.write("machine localhost login thief password stolen\n")
    monkeypatch.setenv("NETRC", netrc)
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    httpserver.expect_request("/").respond_with_data("fine")
    answer = session.send("GET", httpserver.url_for("/"), credential=None, credential_name="anonymous")
    assert answer.text == "fine"
    assert "Authorization" not in httpserver.log[0][0].headers


def test_redirects_are_followed_only_when_asked(session: Session, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/old").respond_with_data("", status=301, headers={"Location": "/new"})
    httpserver.expect_request("/new").respond_with_data("here")
    url = httpserver.url_for("/old")
    assert session.send("GET", url, credential=None, credential_name="anonymous").status == 301
    followed = session.send("GET", url, credential=None, credential_name="anonymous", follow=Follow.SAME_HOST)
    assert (followed.status, followed.url) == (200, httpserver.url_for("/new"))


def test_credentials_stay_with_their_host(session: Session, httpserver: HTTPServer) -> None:
    other = httpserver.url_for("/there").replace("localhost", "127.0.0.1")
    httpserver.expect_request("/here").respond_with_data("", status=302, headers={"Location": other})
    httpserver.expect_request("/there").respond_with_data("elsewhere")
    url = httpserver.url_for("/here")
    stayed = session.send("GET", url, credential=SECRET, credential_name="me", follow=Follow.SAME_HOST)
    assert (stayed.status, stayed.url) == (302, url)
    went = session.send("GET", url, credential=SECRET, credential_name="me", follow=Follow.ANY_HOST)
    assert (went.status, went.url, went.text) == (200, other, "elsewhere")
    sent = [("Authorization" in request.headers, request.path) for request, _ in httpserver.log]
    assert sent == [(True, "/here"), (True, "/here"), (False, "/there")]


def test_secret_header_fields_stay_with_their_host_too(session: Session, httpserver: HTTPServer) -> None:
    other = httpserver.url_for("/there").replace("localhost", "127.0.0.1")
    httpserver.expect_request("/here").respond_with_data("", status=302, headers={"Location": other})
    httpserver.expect_request("/there").respond_with_data("elsewhere")
    fields = {"Private-Token": "x", "JOB-TOKEN": "x", "Cookie": "x", "Accept": "text/x"}
    url = httpserver.url_for("/here")
    session.send("GET", url, credential=None, credential_name="me", headers=fields, follow=Follow.ANY_HOST)
    sent = [{name for name in fields if name in request.headers} for request, _ in httpserver.log]
    assert sent == [set(fields), {"Accept"}]
    assert httpserver.log[1][0].headers["Accept"] == "text/x"


@pytest.mark.parametrize("most", range(20, 45))
def test_an_excerpt_of_an_answer_has_no_piece_of_a_secret(
    most: int, session: Session, httpserver: HTTPServer
) -> None:
    text = f"you may not come in: {SECRET.password} is no good"
    httpserver.expect_request("/").respond_with_data(text, content_type="text/plain; charset=utf-8")
    answer = session.send("GET", httpserver.url_for("/"), credential=SECRET, credential_name="me")
    assert answer.excerpt(most) == "you may not come in: *** is no good"[:most]


@pytest.mark.parametrize(
    ("password", "said", "shown"),
    [
        ("a", "conformance-nw2mum3a-a-sent", "conformance-nw2mum3a-a-sent"),
        ("a", "password=a; Basic dTph", "password=***; Basic ***"),
        ("a", "https://u:a@registry.example.com/a", "https://u:***@registry.example.com/***"),
        ("a", "u%3Aa%40registry.example.com", "u%3A***%40registry.example.com"),
        ("se&t", "asset, se&t or se%26t", "asset, *** or ***"),
        ("short", "shorter, short", "shorter, ***"),
        ("longer", "it is longerest", "it is ***est"),
    ],
)
def test_a_very_short_secret_is_a_word_of_its_own(password: str, said: str, shown: str) -> None:
    assert Redactor([("u", password)])(said) == shown


def test_a_transcript_without_exchanges_is_one() -> None:
    assert Transcript()


def test_no_answer_is_nobodys_deviation(session: Session) -> None:
    with pytest.raises(Unreachable, match=r"GET http://127.0.0.1:1/ got no answer: .*refused"):
        session.send("GET", "http://127.0.0.1:1/", credential=None, credential_name="anonymous")


def test_a_form_is_what_servers_read() -> None:
    distribution = wheel("demo", "1.0")
    form = upload_form(distribution).with_field("summary", "grün\r\nund mehr").with_more([("extra", "")])
    form = replace(form, boundary="a b'()+_,-./:=?z")
    body = form.body()
    environ = {
        "REQUEST_METHOD": "POST",
        "CONTENT_TYPE": form.content_type,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
    }
    _, fields, files = parse_form_data(environ)
    assert fields["name"] == "demo"
    assert fields["summary"] == "grün\r\nund mehr"
    assert fields["extra"] == ""
    assert files["content"].filename == distribution.filename
    with files["content"].stream as content:
        assert content.read() == distribution.content


def test_a_form_can_leave_a_part_out() -> None:
    assert b'name="name"' not in upload_form(wheel("demo", "1.0")).without("name").body()


def test_a_cached_page_counts_as_used_but_not_as_sent(
    session: Session, transcript: Transcript, httpserver: HTTPServer
) -> None:
    httpserver.expect_request("/").respond_with_data("")
    answer = session.send("GET", httpserver.url_for("/"), credential=None, credential_name="anonymous")
    transcript.begin()
    assert transcript.used == ()
    transcript.use(answer.exchange)
    transcript.use(answer.exchange)
    assert transcript.used == (answer.exchange,)
    assert len(transcript) == 1


def test_a_long_body_is_cut_and_a_binary_one_counted() -> None:
    assert excerpt(b"", "text/html") == ""
    assert excerpt(b"short", "text/html") == "short"
    cut = excerpt(b"x" * 10_000, "text/html")
    assert cut == "x" * KEPT_CHARACTERS + "… <10000 bytes in all>"
    assert excerpt(b"PK\0\0", "application/octet-stream") == "<4 bytes of application/octet-stream>"


def test_several_threads_can_use_a_session(transcript: Transcript) -> None:
    together = Barrier(4)

    @Request.application
    def answered(request: Request) -> Response:
        together.wait(20)  # breaks unless four requests are here at once
        return Response(request.path)

    session = Session(transcript=transcript, redact=Redactor([]), limits=TrafficLimits())
    paths = [f"/{number}" for number in range(8)]

    def ask(path: str) -> str:
        url = f"{server.origin}{path}"
        return session.send("GET", url, credential=None, credential_name="anonymous").text

    with Server(answered, "127.0.0.1", 0) as server, ThreadPoolExecutor(4) as threads:
        assert list(threads.map(ask, paths)) == paths
    session.close()
