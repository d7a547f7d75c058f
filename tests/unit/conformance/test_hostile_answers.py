"""Whatever a target answers: a finding or a refusal, within limits of time and memory, and the run goes on."""

from __future__ import annotations

import gzip
import json
import os
import re
import resource
import socketserver
import subprocess
import sys
import zlib
from contextlib import contextmanager, suppress
from itertools import repeat
from threading import Event, Thread
from typing import TYPE_CHECKING, ClassVar

import pytest
from hypothesis import strategies

from conformance.kit.properties.examples import Examples
from conformance.pages import (
    read_html,
    read_json,
    read_project_json,
    read_project_page,
    read_root_json,
    read_root_page,
)
from conformance.pages.json_form import MOST_VALUES
from conformance.pages.plain_html import MOST_LINKS
from conformance.verdicts import Deviation
from conformance.verdicts.options import TrafficLimits
from conformance.wire import (
    BrokenAnswer,
    EndlessAnswer,
    Follow,
    Redactor,
    Session,
    Transcript,
    Unreachable,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

MIB = 1024 * 1024
LONG = 300.0
"""Seconds that only a test that hangs takes."""
SHORT = 0.5
"""Seconds that a drip always exceeds."""

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
SIGN_IN = b'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm="x"\r\nContent-Length: 0\r\n\r\n'
FINE = HEAD + b"Content-Length: 4\r\n\r\nfine"
INFORMATIONAL = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n"


def zeros(size: int) -> bytes:
    """Return zeros as gzip."""
    packer = zlib.compressobj(9, wbits=31)
    return b"".join([*(packer.compress(bytes(MIB)) for _ in range(size // MIB)), packer.flush()])


def packed(codings: str, body: bytes) -> bytes:
    length = f"Content-Encoding: {codings}\r\nContent-Length: {len(body)}\r\n\r\n"
    return HEAD + length.encode() + body


class Hostile(socketserver.ThreadingTCPServer):
    """Answers each path with pieces that need not end; a piece of None waits until the server ends."""

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False

    def __init__(self, answers: Callable[[str], Iterable[bytes | None]], *, locked: bool = False) -> None:
        self.answers = answers
        self.locked = locked
        self.ended = Event()
        super().__init__(("127.0.0.1", 0), Connection)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Connection(socketserver.StreamRequestHandler):
    server: Hostile

    def handle(self) -> None:
        with suppress(OSError):  # the client has enough
            while line := self.rfile.readline().decode("latin-1"):
                fields = [field.lower() for field in iter(self.rfile.readline, b"\r\n")]
                length = sum(int(field[15:]) for field in fields if field.startswith(b"content-length:"))
                self.rfile.read(length)
                known = any(field.startswith(b"authorization:") for field in fields)
                self.answer(
                    [SIGN_IN] if self.server.locked and not known else self.server.answers(line.split()[1])
                )

    def answer(self, pieces: Iterable[bytes | None]) -> None:
        for piece in pieces:
            if self.server.ended.wait(0.05 if piece is None else 0):
                raise ConnectionAbortedError
            self.wfile.write(piece or b"")


@contextmanager
def hostile(answers: Callable[[str], Iterable[bytes | None]], *, locked: bool = False) -> Iterator[str]:
    with Hostile(answers, locked=locked) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server.url
        server.ended.set()
        server.shutdown()


def drip(text: bytes, before: bytes = b"") -> Iterator[bytes | None]:
    yield before
    while True:
        yield text
        yield None


def endless(text: bytes, before: bytes = b"") -> Iterator[bytes]:
    yield before
    yield from repeat(text)


CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
ENDLESS: dict[str, tuple[Callable[[], Iterable[bytes | None]], float, str]] = {
    "body": (lambda: endless(bytes(MIB), HEAD + b"\r\n"), LONG, "a body of at most 64 MiB"),
    "body of a stated length": (
        lambda: endless(bytes(MIB), HEAD + b"Content-Length: 99999999999\r\n\r\n"),
        LONG,
        "a body of at most 64 MiB",
    ),
    "chunks": (
        lambda: endless(b"10000\r\n" + bytes(65536) + b"\r\n", CHUNKED),
        LONG,
        "a body of at most 64 MiB",
    ),
    "drip of a body": (lambda: drip(b"x", HEAD + b"\r\n"), SHORT, "the answer to end within 0.5 s"),
    "drip of a status": (lambda: drip(b"H"), SHORT, "the answer to end within 0.5 s"),
    "drip of a field": (lambda: drip(b"x", HEAD + b"X: "), SHORT, "the answer to end within 0.5 s"),
    "drip of informational answers": (
        lambda: drip(b"HTTP/1.1 100 Continue\r\n\r\n"),
        SHORT,
        "the answer to end within 0.5 s",
    ),
    "trailer": (
        lambda: endless(b"X: " + b"y" * 8000 + b"\r\n", CHUNKED + b"0\r\n"),
        LONG,
        "a body of at most 64 MiB",
    ),
    "field": (lambda: endless(b"x" * 4096, HEAD + b"X: "), LONG, "a header that ends"),
    "fields": (lambda: endless(b"X: y\r\n", HEAD), LONG, "a header that ends"),
    "informational answers": (lambda: endless(INFORMATIONAL), LONG, "at most 100 informational answers"),
    "continuations": (
        lambda: endless(b"HTTP/1.1 100 Continue\r\n\r\n"),
        LONG,
        "at most 100 informational answers",
    ),
}
BOMBS: dict[str, tuple[Callable[[], Iterable[bytes | None]], float, str]] = {
    "gzip": (lambda: [packed("gzip", zeros(80 * MIB))], LONG, "at most 64 MiB after decompression"),
    "deflate": (
        lambda: [packed("deflate", zlib.compress(bytes(80 * MIB)))],
        LONG,
        "at most 64 MiB after decompression",
    ),
    "gzip in gzip": (
        lambda: [packed("gzip, gzip", gzip.compress(zeros(80 * MIB)))],
        LONG,
        "at most 64 MiB after decompression",
    ),
    "codings": (lambda: [packed(", ".join(["gzip"] * 9), b"")], LONG, "at most 4 content codings"),
}


@contextmanager
def session(seconds: float, transcript: Transcript | None = None) -> Iterator[Session]:
    limits = TrafficLimits(timeout=LONG, answer_time=seconds)
    made = Session(transcript=transcript or Transcript(), redact=Redactor([]), limits=limits)
    yield made
    made.close()


def get(session: Session, url: str, follow: Follow = Follow.NO) -> bytes:
    return session.send("GET", url, credential=None, credential_name="anonymous", follow=follow).content


@pytest.mark.parametrize(
    ("answer", "seconds", "expected"), {**ENDLESS, **BOMBS}.values(), ids={**ENDLESS, **BOMBS}
)
def test_an_endless_answer_is_a_finding(
    answer: Callable[[], Iterable[bytes | None]], seconds: float, expected: str
) -> None:
    transcript = Transcript()
    with (
        hostile(lambda _: answer()) as url,
        session(seconds, transcript) as here,
        pytest.raises(EndlessAnswer) as raised,
    ):
        get(here, url + "/page")
    assert expected in raised.value.expected
    assert raised.value.where == f"GET {url}/page as anonymous [1]"
    (exchange,) = transcript.used
    assert expected in exchange.reason


def test_a_request_that_leaves_a_field_out_may_have_an_endless_answer() -> None:
    with (
        hostile(lambda _: ENDLESS["fields"][0]()) as url,
        session(LONG) as here,
        pytest.raises(EndlessAnswer),
    ):
        here.send("GET", url, credential=None, credential_name="a", headers={"Accept": None, "X": "y"})


@pytest.mark.parametrize(("answer", "seconds", "expected"), ENDLESS.values(), ids=ENDLESS)
def test_an_endless_answer_to_raw_bytes_is_a_finding(
    answer: Callable[[], Iterable[bytes | None]], seconds: float, expected: str
) -> None:
    with (
        hostile(lambda _: answer()) as url,
        session(seconds) as here,
        here.connect(url + "/page", credential=None, credential_name="anonymous") as connection,
    ):
        assert connection.request("GET")
        with pytest.raises(EndlessAnswer) as raised:
            connection.answer()
    assert expected in raised.value.expected


def test_a_server_that_takes_nothing_is_a_finding() -> None:
    """A body larger than all buffers between the two; the server reads none of it."""

    class Deaf(socketserver.BaseRequestHandler):
        ended: ClassVar[Event] = Event()

        def handle(self) -> None:
            self.ended.wait(LONG)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Deaf) as server, session(SHORT) as here:
        server.daemon_threads = True
        Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}/"
        with pytest.raises((EndlessAnswer, Unreachable)):
            here.send("POST", url, credential=None, credential_name="anonymous", body=bytes(32 * MIB))
        Deaf.ended.set()
        server.shutdown()


def test_the_session_goes_on_after_an_endless_answer() -> None:
    def answers(path: str) -> Iterable[bytes]:
        return [FINE] if path == "/fine" else endless(bytes(MIB), HEAD + b"\r\n")

    with hostile(answers) as url, session(LONG) as here:
        for _ in range(2):
            assert get(here, url + "/fine") == b"fine"
            with pytest.raises(EndlessAnswer):
                get(here, url + "/page")


def test_connections_are_kept() -> None:
    connections: list[str] = []

    class Counted(Connection):
        def setup(self) -> None:
            connections.append("one more")
            super().setup()

    with (
        Hostile(lambda path: [packed("gzip", gzip.compress(path.encode()))]) as server,
        session(LONG) as here,
    ):
        server.RequestHandlerClass = Counted
        Thread(target=server.serve_forever, daemon=True).start()
        assert [get(here, f"{server.url}/{number}") for number in range(9)] == [b"/%d" % n for n in range(9)]
        assert here.send("HEAD", server.url, credential=None, credential_name="a").content == b""
        server.shutdown()
    assert len(connections) == 1


@pytest.mark.parametrize(
    ("codings", "body"),
    [
        ("gzip", gzip.compress(b"a page", mtime=0)),
        ("x-gzip", gzip.compress(b"a ", mtime=0) + gzip.compress(b"page", mtime=0)),
        ("GZIP", gzip.compress(b"a page", mtime=0) + b"what follows"),
        ("deflate", zlib.compress(b"a page")),
        ("deflate", zlib.compress(b"a page", wbits=-15)),
        ("deflate, gzip", gzip.compress(zlib.compress(b"a page"), mtime=0)),
        ("gzip, unknown", b"a page"),
        ("", b"a page"),
    ],
)
def test_content_codings_are_undone(codings: str, body: bytes) -> None:
    with hostile(lambda _: [packed(codings, body)]) as url, session(LONG) as here:
        assert get(here, url) == b"a page"


GZIP, ZLIB = gzip.compress(b"a page", mtime=0), zlib.compress(b"a page")
BROKEN: dict[str, tuple[list[bytes], str]] = {
    "no gzip": ([packed("gzip", b"\x08\x1ddefinitely not")], "failed to decode gzip"),
    "no deflate": ([packed("deflate", b"\x08\x1ddefinitely not")], "failed to decode deflate"),
    "gzip without its end": ([packed("gzip", GZIP[:-9])], "the body ends before its data do"),
    "deflate without its end": ([packed("deflate", ZLIB[:-5])], "the body ends before its data do"),
    "gzip with another checksum": ([packed("gzip", GZIP[:-8] + bytes(8))], "incorrect data check"),
    "gzip in no deflate": ([packed("deflate, gzip", GZIP)], "failed to decode deflate"),
    "a chunk of no size": ([CHUNKED + b"x\r\nfine\r\n0\r\n\r\n"], "a chunk of the length 'x'"),
    "a chunk too short": ([CHUNKED + b"fff\r\nfine"], "4 of 4095 bytes, then the connection closed"),
    "chunks without an end": ([CHUNKED + b"4\r\nfine\r\n"], "no last chunk, then the connection closed"),
    "a body too short": (
        [HEAD + b"Content-Length: 9\r\n\r\nfine"],
        "4 of 9 bytes, then the connection closed",
    ),
    "two lengths": ([HEAD + b"Content-Length: 4, 9\r\n\r\nfine"], "4, 9"),
    "a status of words": ([b"HTTP/1.1 fine\r\n\r\nfine"], "the status line 'HTTP/1.1 fine'"),
    "another protocol": ([b"220 mail.example.com ESMTP\r\n"], "the status line '220 mail.example.com ESMTP'"),
    "a header without an end": ([HEAD[:-2]], "a part of it, then the connection closed"),
}


@pytest.mark.parametrize(("pieces", "found"), BROKEN.values(), ids=BROKEN)
def test_an_answer_that_contradicts_itself_is_a_finding(pieces: list[bytes], found: str) -> None:
    """It is read a second time before it is one: a connection can break."""
    asked: list[str] = []

    def answers(path: str) -> Iterator[bytes]:
        asked.append(path)
        yield from pieces
        raise ConnectionAbortedError

    transcript = Transcript()
    with (
        hostile(answers) as url,
        session(LONG, transcript) as here,
        pytest.raises(BrokenAnswer) as raised,
    ):
        get(here, url + "/page")
    assert found in raised.value.found
    assert not re.search(r"[A-Z][a-z]+[A-Z]\w+|\w\(", raised.value.found), (
        "the name of an exception is no word"
    )
    assert raised.value.where == f"GET {url}/page as anonymous [1]"
    assert found in transcript.used[0].reason
    assert asked == ["/page", "/page"]


def test_an_answer_that_was_broken_once_is_none() -> None:
    answers = iter([HEAD + b"Content-Length: 9\r\n\r\nfine", FINE])

    def broken_first(_: str) -> Iterator[bytes]:
        yield next(answers)
        raise ConnectionAbortedError

    with hostile(broken_first) as url, session(LONG) as here:
        assert get(here, url) == b"fine"


def test_a_connection_without_an_answer_is_no_finding() -> None:
    def answers(_: str) -> Iterator[bytes]:
        yield b""
        raise ConnectionAbortedError

    with hostile(answers) as url, session(LONG) as here, pytest.raises(Unreachable):
        get(here, url)


def test_informational_answers_are_skipped() -> None:
    continued = b"HTTP/1.1 100 Continue\r\n\r\n"
    with hostile(lambda _: [INFORMATIONAL, continued, INFORMATIONAL, FINE]) as url, session(LONG) as here:
        assert [get(here, url), get(here, url)] == [b"fine", b"fine"]


@pytest.mark.parametrize("location", ["http://[", "http://host:port/", "http://ex\u2100mple/"])
def test_a_redirect_to_no_url_is_not_followed(location: str) -> None:
    head = f"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode()
    with (
        hostile(lambda _: [head]) as url,
        session(LONG) as here,
        suppress(Unreachable),  # `requests` may find that it is no URL, or that it leads nowhere
    ):
        assert get(here, url, Follow.ANY_HOST) == b""


DEEP = 100_000
HTML = {
    "elements": "<div>" * 20_000,
    "formatting": "<p><b><i>" * 500,
    "tables": "<table><tr><td>" * 1_000,
    "anchors": "<a href=x>" * 2_000,
    "comments without an end": "<!--" * 20_000,
    "comments": "<!--x-->" * 20_000,
    "blanks": " " * DEEP,
    "no URL": "<base href='http://['><a href='http://[::1'>x</a><a href='//host:port/'>x</a>",
    "no URL after normalization": "<a href='http://ex\u2100mple/'>x</a>",
    "half a character": "<a href='\ud800'>\ud800</a>",
    "an attribute": f"<a href=x title={'x' * DEEP}>",
    "larger than a tree": "<a href='/x'>x</a>" + "x" * 5 * MIB,
}
JSON = {
    "arrays": b"[" * DEEP,
    "objects": b'{"a":' * DEEP,
    "arrays in files": b'{"files":[{"hashes":' + b"[" * DEEP,
    "digits": b'{"files":[{"size":' + b"9" * DEEP + b"}]}",
    "an exponent": b'{"files":[{"size":1e' + b"9" * 99 + b"}]}",
    "half a character": b'{"files":[{"filename":"\\ud800","url":"\\ud800"}],"projects":[{"name":"\\ud800"}]}',
    "no URL": b'{"files":[{"filename":"f","url":"http://["}]}',
    "other types": b'{"files":[1,{"url":[],"hashes":{"a":{}}}],"versions":[{}],"meta":[],"projects":{}}',
    "keys": b"{" + b",".join(b'"%d":1' % (number % 9) for number in range(DEEP)) + b"}",
    "no object": b"1",
    "UTF-16": "{}".encode("utf-16"),
}


@pytest.mark.parametrize("page", HTML.values(), ids=HTML)
def test_no_html_page_is_an_error_of_ours(page: str) -> None:
    project = read_project_page(page, url="http://host/simple/x/", where="")
    assert len(project.files) == len(read_root_page(page, url="http://host/simple/", where="").projects)


@pytest.mark.parametrize("page", JSON.values(), ids=JSON)
def test_no_json_page_is_an_error_of_ours(page: bytes) -> None:
    read_root_json(page, where="")
    for file in read_project_json(page, url="http://host/simple/x/", where="").files:
        assert file.size is None


@pytest.mark.parametrize(
    ("page", "is_cut"),
    [
        pytest.param("<a href=x>" * (MOST_LINKS + 1), True, marks=pytest.mark.long),
        pytest.param("<a href=x>x</a><a " + "x " * MIB, True, marks=pytest.mark.long),
        ("".join(f"<p><b id={number}>x" for number in range(3_000)), False),
        ("<div>" * 50_000, False),
    ],
    ids=["links", "a tag without an end", "formatting that stays open", "depth"],
)
def test_a_page_that_is_too_much_is_never_parsed_as_a_tree(page: str, *, is_cut: bool) -> None:
    document = read_html(page)
    assert document.too_large
    assert document.is_cut is is_cut
    assert len(document.anchors) <= MOST_LINKS


def test_the_links_of_a_page_that_is_read_packed_have_a_limit_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conformance.pages.html.LARGEST_TREE", 0)
    monkeypatch.setattr("conformance.pages.packed.MOST_PACKED", 10)
    for page, is_cut in [('<a href="x">x</a>' * 9, False), ('<a href="x">x</a>' * 100, True)]:
        document = read_html(page)
        assert document.is_packed
        assert document.is_cut is is_cut
        assert len(document.anchors) == min(10, page.count("<a"))


def test_json_with_too_many_values_is_not_read() -> None:
    assert read_json(b"[" + b"[]," * (MOST_VALUES // 2) + b"[]]").is_cut
    assert not read_json(b"[" + b"[]," * 1_000 + b"[]]").is_cut


@pytest.mark.long
def test_a_page_of_20_000_files_is_read_once_and_looked_up_by_name() -> None:
    page = "".join(f'<a href="x-{number}.whl#sha256=0">x-{number}.whl</a>' for number in range(20_000))
    read = [read_project_page(page, url="http://host/simple/x/", where=where) for where in ("one", "other")]
    assert [each.where for each in read] == ["one", "other"]
    assert read[0].files is read[1].files
    assert [read[0].file(each.filename) for each in read[0].files] == list(read[0].files)
    assert len(read[0].files) == 20_000


# End to end, through the command line

FILE = "demo-1.0-py3-none-any.whl"
PAGE = f'<!doctype html><html><head><title>demo</title></head><body><a href="/files/{FILE}">{FILE}</a></body></html>'


def answer(body: str, status: str = "200 OK") -> bytes:
    content = body.encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {len(content)}\r\n\r\n"
    return head.encode() + content


def index(page: Iterable[bytes], file: Iterable[bytes] = (FINE,)) -> Callable[[str], Iterable[bytes]]:
    """Return what an index with one project answers."""

    def answers(path: str) -> Iterable[bytes]:
        if path.startswith("/files/"):
            return file
        if path.endswith("/demo/"):
            return page
        is_root = path == "/" or path.endswith("/simple/")
        return [answer(PAGE.replace(FILE, "demo")) if is_root else answer("absent", "404 Not Found")]

    return answers


def run(url: str, folder: Path, *more: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Judge an index with a gigabyte of memory."""
    command = [sys.executable, "-m", "conformance", "run", url, "--project", "demo", "--read-only"]
    limits = ["--ledgers", str(folder / "ledgers"), "--json", str(folder / "result.json"), "--examples", "1"]
    return subprocess.run(
        [*command, *limits, *(more if "--profile" in more else ("--profile", "index", *more))],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (1024 * MIB, 1024 * MIB)),
        capture_output=True,
        timeout=600,
        env={**os.environ, **environment},
        check=False,
    )


def verdicts(folder: Path) -> dict[str, str]:
    return {row["id"]: row["verdict"] for row in json.loads((folder / "result.json").read_text())["results"]}


@pytest.mark.parametrize("name", ["body", "informational answers"])
def test_an_endless_page_ends_the_set_up(name: str, tmp_path: Path) -> None:
    make, _, expected = ENDLESS[name]
    with hostile(lambda path: make() if path == "/demo/" else index([])(path)) as url:  # type: ignore[arg-type, return-value]
        ended = run(url, tmp_path)
    output = (ended.stdout + ended.stderr).decode()
    assert ended.returncode == 2, output
    assert expected in output
    assert "Traceback" not in output
    assert "internal error" not in output


def test_a_bomb_is_a_finding_of_a_run(tmp_path: Path) -> None:
    bomb = packed("gzip", zeros(200 * MIB))
    with hostile(index([answer(PAGE)], [bomb])) as url:
        ended = run(url, tmp_path, "-k", "consistency.listed-is-downloadable or simple.html.doctype")
    output = (ended.stdout + ended.stderr).decode()
    assert ended.returncode == 1, output
    assert "a body of at most 64 MiB after decompression" in output
    assert verdicts(tmp_path) == {
        "consistency.listed-is-downloadable": "failed",
        "simple.html.doctype": "passed",
    }


@pytest.mark.parametrize(
    ("profile", "path"),
    [
        ("index", "/"),
        pytest.param("gitlab", "/api/v4/projects/1/packages/pypi", marks=pytest.mark.long),
        pytest.param("pypi", "/", marks=pytest.mark.long),
    ],
)
def test_a_page_without_links_is_judged(profile: str, path: str, tmp_path: Path) -> None:
    page = answer("<!doctype html><html><head><title>\u2603</title></head><body>\u2603</body></html>")
    with hostile(index([page]), locked=True) as url:
        ended = run(
            url + path,
            tmp_path,
            *("--profile", profile, "--username", "jane", "--password", "secret-of-jane"),
            PYTHONIOENCODING="ascii",
        )
    output = (ended.stdout + ended.stderr).decode("ascii")
    assert "Traceback" not in output, output
    found = verdicts(tmp_path)
    assert found["auth.read.preemptive"] == "untestable"
    assert [name for name, verdict in found.items() if verdict == "error"] == []


def test_a_property_ends_with_an_endless_answer() -> None:
    sent: list[int] = []

    def body(example: int) -> None:
        sent.append(example)
        raise EndlessAnswer(expected="an end", found="none", where="here")

    with pytest.raises(Deviation, match="expected an end"):
        Examples(count=20, seed=1, shrink=True).each(strategies.integers(), body)
    assert len(sent) == 1
