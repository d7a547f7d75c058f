"""The log of requests: what it keeps, what it hides, and what tests ask it."""

from __future__ import annotations

import io
import json
import logging
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
import requests
from werkzeug.test import EnvironBuilder

from reference_server import ReferenceServer
from reference_server.distributions import wheel
from reference_server.faults.path_pattern import PathPattern
from reference_server.http.paths import names_path, path_expression
from reference_server.http.request import Request
from reference_server.http.request_log import RequestLog, redaction
from reference_server.http.request_log import log as log_module
from reference_server.http.request_log.entry import LONGEST_BODY, LONGEST_VALUE, MOST_FIELDS, Entry
from reference_server.http.request_log.lines import json_line, line
from reference_server.serving.printed_requests import printing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DEMO = wheel("demo", "1.0", size=3000)
SECRET = "hunter2-hunter2"
PAGE = "/api/v4/projects/1/packages/pypi/simple/demo/"


@pytest.fixture(scope="module")
def running() -> Iterator[ReferenceServer]:
    with ReferenceServer(users={"alice": SECRET}) as server:
        server.publish(DEMO)
        yield server


@pytest.fixture
def server(running: ReferenceServer) -> ReferenceServer:
    running.requests.clear()
    return running


def get(
    server: ReferenceServer, url: str, *, alone: bool = False, agent: str = "pip/26.0 {}", **more: str
) -> int:
    auth = None if alone else (server.username, server.password)
    return requests.get(url, auth=auth, headers={"User-Agent": agent, **more}, timeout=10).status_code


def wait_for(holds: Callable[[], object]) -> None:
    """Wait until the server is done with a request: a client has its answer a little earlier."""
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0)


def entry_ended(entry: Entry) -> None:
    wait_for(lambda: entry.seconds is not None)


def upload(server: ReferenceServer, **fields: str) -> int:
    return requests.post(
        server.url,
        data={**dict(DEMO.form()), **fields},
        files={"content": (DEMO.filename, DEMO.content)},
        auth=(server.username, server.password),
        timeout=10,
    ).status_code


def test_a_request_has_its_place_its_caller_and_its_answer(server: ReferenceServer) -> None:
    assert get(server, f"{server.index_url}demo/", Accept="text/html") == 200
    (entry,) = server.requests
    assert (entry.method, entry.path, entry.target, entry.status) == ("GET", PAGE, PAGE, 200)
    assert (entry.route, entry.project, entry.host) == (
        "project_page",
        "demo",
        server.origin.removeprefix("http://"),
    )
    assert (entry.credential, entry.username) == ("basic", "alice")
    assert (entry.caller, entry.name, entry.client) == ("personal access token", "alice", "pip")
    assert entry.headers["accept"] == "text/html"
    assert (entry.received, entry.upload, entry.body, entry.faults, entry.broken_off) == (
        0,
        None,
        "",
        (),
        False,
    )


def test_the_bytes_of_an_answer_are_counted_before_a_client_has_them(server: ReferenceServer) -> None:
    file = f"{server.origin}/api/v4/projects/1/packages/pypi/files/{DEMO.sha256}/{DEMO.filename}"
    for _ in range(5):
        get(server, file)
        assert server.requests[-1].sent == 3000
    assert server.requests.bytes_sent == 5 * 3000
    assert requests.head(file, auth=("alice", SECRET), timeout=10).status_code == 200
    assert server.requests[-1].sent == 0


def test_an_upload_is_summarized(server: ReferenceServer) -> None:
    assert upload(server, password=SECRET, description="x" * 5000) == 400  # it is there already
    entry = server.requests.uploads.assert_once()
    assert entry.upload is not None
    assert (entry.upload.filename, entry.upload.size) == (DEMO.filename, 3000)
    assert entry.upload.fields["name"] == ("demo",)
    assert entry.upload.fields["password"] == ("[hidden]",)
    assert len(entry.upload.fields["description"][0]) < 5000
    assert entry.received > 3000
    assert entry.body == ""


def test_the_reason_of_a_refusal_is_in_the_log(server: ReferenceServer) -> None:
    reason = "Validation failed: File name has already been taken"
    assert upload(server) == 400
    entry = server.requests[-1]
    assert entry.refusal == reason
    assert f"refused: {reason}" in line(entry)
    assert json.loads(json_line(entry))["refusal"] == reason
    assert get(server, f"{server.index_url}demo/") == 200
    with server.answer("simple/demo", status=403, reason="no"):
        assert get(server, f"{server.index_url}demo/") == 403
    assert [entry.refusal for entry in server.requests[-2:]] == ["", ""]


def test_a_request_of_another_site_is_refused_with_a_reason() -> None:
    with ReferenceServer(flavour="pypi") as server:
        headers = {"Origin": "https://elsewhere.example.com", "Sec-Fetch-Site": "cross-site"}
        assert requests.post(server.url, headers=headers, timeout=5).status_code == 403
        assert server.requests[-1].refusal


def test_the_reason_of_a_refusal_has_no_secret_and_a_limit() -> None:
    entry = Entry(1, datetime.now(UTC), {})
    entry.refused(f"The URL https://alice:{SECRET}@registry.example.com/ is invalid. {'x' * 5000}")
    assert SECRET not in entry.refusal
    assert len(entry.refusal) == 500


def test_no_secret_is_kept(server: ReferenceServer) -> None:
    fields = {
        "PRIVATE-TOKEN": SECRET,
        "Deploy-Token": SECRET,
        "JOB-TOKEN": SECRET,
        "Cookie": f"session={SECRET}",
        "X-Api-Key": SECRET,
        "Proxy-Authorization": f"Bearer {SECRET}",
        "Referer": f"http://alice:{SECRET}@127.0.0.1/?access_token={SECRET}",
    }
    get(server, f"{server.index_url}?private_token={SECRET}&a=b&job_token={SECRET}", **fields)
    status = f"{server.origin}/-/reference/projects/1/packages/pypi/demo/status"
    auth = ("alice", SECRET)
    body = {"status": "active", "token": SECRET, "deep": {"my_password": SECRET}}
    requests.put(status, json=body, auth=auth, timeout=10)
    requests.post(server.url, data={"secret": SECRET, "plain": "kept"}, auth=auth, timeout=10)
    requests.get(server.index_url, auth=(SECRET, ""), timeout=10)  # a token in the place of a name
    with socket.create_connection(("127.0.0.1", server.port)) as raw:
        raw.sendall(f"GET http://alice:{SECRET}@host/x HTTP/1.1\r\nHost: host\r\n\r\n".encode())
        raw.recv(1000)
    assert len(server.requests) == 5
    for entry in server.requests:
        entry_ended(entry)
        assert entry.credential
        assert SECRET not in json_line(entry) + line(entry) + repr(entry)
    first, put, form, *_ = server.requests
    assert first.query == "private_token=[hidden]&a=b&job_token=[hidden]"
    assert first.headers["private-token"] == "[hidden]"
    assert json.loads(put.body) == {
        "status": "active",
        "token": "[hidden]",
        "deep": {"my_password": "[hidden]"},
    }
    assert SECRET not in form.body
    assert (
        redaction.body("secret=a&plain=kept", "application/x-www-form-urlencoded")
        == "secret=[hidden]&plain=kept"
    )


def test_what_is_kept_is_bounded(server: ReferenceServer) -> None:
    many = {f"X-{number}": "v" * 900 for number in range(80)}
    requests.post(f"{server.origin}/{'p' * 3000}", data=b"b" * 100_000, headers=many, timeout=10)
    (entry,) = server.requests
    entry_ended(entry)
    assert len(entry.path) == len(entry.target) == 1000
    assert len(entry.headers) <= MOST_FIELDS + 1
    assert max(map(len, entry.headers.values())) <= LONGEST_VALUE
    assert len(entry.body) <= LONGEST_BODY
    log = RequestLog(limit=2)
    server.app.log, kept = log, server.app.log
    try:
        for _ in range(5):
            get(server, server.index_url)
    finally:
        server.app.log = kept
    assert (len(log), log.total, log.dropped) == (2, 5, 3)
    assert [entry.number for entry in log] == [4, 5]
    with pytest.raises(AssertionError, match="dropped 3 earlier requests"):
        log.to("nowhere").assert_none()
    log.clear()
    assert (len(log), log.total, log.dropped) == (0, 0, 0)


def test_the_order_of_the_log_is_that_of_the_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    class Slow(log_module.Entry):  # lets another thread in between the number and the place in the log
        __slots__ = ()

        def __init__(self, number: int, *rest: Any) -> None:
            time.sleep(0.02 if number % 2 else 0)
            super().__init__(number, *rest)

    monkeypatch.setattr(log_module, "Entry", Slow)
    log, now = RequestLog(), datetime(2026, 1, 1, tzinfo=UTC)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: log.begin(now, Request(EnvironBuilder().get_environ())), range(8)))
    assert [entry.number for entry in log] == list(range(1, 9))
    assert (log.total, log.dropped) == (8, 0)


def test_filters_read_as_prose(server: ReferenceServer) -> None:
    page = f"{server.index_url}demo/"
    get(server, page, alone=True)
    get(server, page)
    get(server, page, agent="uv/0.13", Accept="application/vnd.pypi.simple.v1+json")
    get(server, server.index_url, agent="uv/0.13")
    log = server.requests
    assert len(log.to("simple/demo")) == len(log.to("/api/v4/projects/1/packages/pypi/simple/demo")) == 3
    assert [
        len(log.to(each)) for each in ("simple", "demo", "simple/*", "simple/d?mo/", "em", "/simple")
    ] == [*(1, 3, 3, 3, 0, 0)]
    assert len(log.to("simple/demo").by("pip").without_credentials()) == 1
    assert len(log.by("UV").with_credentials("alice")) == 2
    assert len(log.with_credentials()) == 3
    assert not log.with_credentials("bob")
    assert len(log.with_header("accept", "*json*")) == 1
    assert len(log.answered(401)) == 1
    assert len(log.answered(200, 401)) == 4
    assert len(log.with_method("GET").on_route("root_page")) == 1
    assert len(log.with_method("get")) == 4
    assert len(log.pages) == 4
    assert [*log.files, *log.metadata_files, *log.uploads] == []
    assert len(log.to_host("127.0.0.1")) == len(log.to_host(f"127.0.0.1:{server.port}")) == 4
    assert not log.to_host("elsewhere")
    get(server, server.index_url, Host="[::1]:8080")
    found = [len(log.to_host(each)) for each in ("::1", "[::1]", "[::1]:8080", "::1]", "[:")]
    assert found == [1, 1, 1, 0, 0]
    assert log.per_route() == {"project_page": 3, "root_page": 2}
    assert log[-1] == log[4:][0] == log.entries()[4]


def test_a_part_of_the_log_knows_the_other_requests(server: ReferenceServer) -> None:
    with pytest.raises(AssertionError, match=r"found none\nthe log has no request$"):
        server.requests.assert_any()
    get(server, f"{server.index_url}demo/")
    rest = server.requests[1:]
    for nothing in (rest, rest.to("other"), rest[:1]):
        with pytest.raises(AssertionError, match=r"(?s)the last of 1 other request:.*simple/demo/  200"):
            nothing.assert_any()


def test_assertions_show_the_difference(server: ReferenceServer) -> None:
    page = f"{server.index_url}demo/"
    get(server, page, alone=True)
    get(server, page)
    log = server.requests
    log.assert_are("GET simple/demo 401", "GET simple/demo 200")
    log.assert_are("GET simple/demo", "get demo")
    log.to("*.whl").assert_none()
    assert log.answered(401).assert_once().status == 401
    log.assert_count(2)
    log.assert_any()
    with pytest.raises(AssertionError) as difference:
        log.by("pip").assert_are("GET simple/demo 401", "GET other 404", "GET simple/demo 200", "GET more")
    lines = str(difference.value).splitlines()
    assert lines[0] == "other requests by pip than expected"
    assert [each[0] for each in lines[1:]] == [" ", "-", " ", "-"]
    assert lines[2] == "- GET other 404"
    with pytest.raises(AssertionError, match=r"(?s)\+ .*simple/demo/  401") as difference:
        log.assert_are("GET simple/demo 200")
    assert [each[0] for each in str(difference.value).splitlines()[1:]] == ["+", " "]
    with pytest.raises(
        AssertionError, match=r"(?s)expected no requests to simple/demo, found 2\n.*simple/demo/  401"
    ):
        log.to("simple/demo").assert_none()
    with pytest.raises(AssertionError, match="expected 1 request answered 404, found 0"):
        log.answered(404).assert_once()
    with pytest.raises(AssertionError, match=r"expected requests to \*.whl, found none"):
        log.to("*.whl").assert_any()
    for wrong in ("GET", "GET a b", "GET a 200 c"):
        with pytest.raises(ValueError, match="is not METHOD PATH"):
            log.assert_are(wrong)


def test_faults_and_broken_answers_are_in_the_log(server: ReferenceServer) -> None:
    file = f"{server.origin}/api/v4/projects/1/packages/pypi/files/{DEMO.sha256}/{DEMO.filename}"
    with server.fault("truncated-downloads", first=1) as fault, pytest.raises(requests.RequestException):
        get(server, file)
    with server.fault("no-answer"), pytest.raises(requests.RequestException):
        get(server, file)
    get(server, file)
    cut, silent, whole = server.requests
    assert (fault.hits, cut.faults, cut.sent, cut.broken_off) == (1, ("truncated-downloads",), 1500, True)
    assert (silent.faults, silent.sent, silent.broken_off) == (("no-answer",), 0, True)
    assert (whole.faults, whole.sent, whole.broken_off) == ((), 3000, False)
    assert server.requests.per_fault() == {"truncated-downloads": 1, "no-answer": 1}
    assert len(server.requests.with_fault("no-answer")) == 1


def test_connections_end_after_a_number_of_bytes(server: ReferenceServer) -> None:
    file = f"{server.origin}/api/v4/projects/1/packages/pypi/files/{DEMO.sha256}/{DEMO.filename}"
    with server.fault("truncated-downloads", at=1234), pytest.raises(requests.RequestException):
        get(server, file)
    with server.fault("truncated-uploads", at=2000), pytest.raises(requests.ConnectionError):
        upload(server)
    with server.fault("truncated-uploads"), pytest.raises(requests.ConnectionError):
        upload(server)
    down, up, half = server.requests
    assert (down.sent, down.broken_off) == (1234, True)
    assert (up.received, up.sent, up.status, up.broken_off) == (2000, 0, None, True)
    assert 1500 < half.received < 3000
    assert "no answer" in line(up)
    assert "broken off" in line(up)


def test_a_line_obeys_no_terminal_and_goes_to_logging(
    server: ReferenceServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "reference_server.requests")
    get(server, server.index_url, agent="\x9b31mred/1", alone=True)
    entry = server.requests[-1]
    wait_for(lambda: any("without credentials" in record.getMessage() for record in caplog.records))
    assert "\\x9b31mred" in line(entry)
    assert not {"\x1b", "\x9b"} & {*line(entry)}
    assert "\x1b[33m401\x1b[0m" in line(entry, coloured=True)


def test_requests_are_printed_as_lines_on_a_terminal_and_as_json_elsewhere(
    server: ReferenceServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    get(server, server.index_url, alone=True)
    for on_terminal in (True, False):
        stream = io.StringIO()
        monkeypatch.setattr(stream, "isatty", lambda on_terminal=on_terminal: on_terminal)
        printing(stream)(server.requests[-1])
        (printed,) = stream.getvalue().splitlines()
        assert printed.startswith("{") is not on_terminal
        assert "\x1b[33m401\x1b[0m" in printed if on_terminal else json.loads(printed)["status"] == 401


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        ("simple/demo", "/api/simple/demo/", True),
        ("simple/demo/", "/simple/demo", True),
        ("simple/demo", "/simple/demo/more", False),
        ("simple/demo", "/notsimple/demo", False),
        ("/simple/demo", "/a/simple/demo", False),
        ("/", "/", True),
        ("*.whl", "/files/ab/demo-1.0-py3-none-any.whl", True),
        ("*.whl", "/files/ab/demo-1.0-py3-none-any.whl.metadata", False),
        ("files/**", "/files/ab/cd", True),
        ("files/*", "/files/ab/cd", False),
        ("a.b", "/axb", False),
        ("simple/**/demo", "/simple/demo/", True),
        ("simple/**/demo", "/simple/a/b/demo", True),
        ("simple/**/demo", "/simple/ademo", False),
        ("/**/**/demo", "/demo", True),
        ("files/**", "/files", True),
        ("files/**", "/myfiles/a", False),
        ("**", "/a/b", True),
    ],
)
def test_a_pattern_names_the_end_of_a_path(pattern: str, path: str, *, fits: bool) -> None:
    assert names_path(pattern, path) is fits
    assert PathPattern(path_expression(pattern).pattern).is_in(path) is fits
