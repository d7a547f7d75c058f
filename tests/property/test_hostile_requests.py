"""Whatever is sent to the server: it answers, below 500, and nothing is written but into its store."""

from __future__ import annotations

import gc
import io
import socket
import tracemalloc
from base64 import b64encode
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from conformance.wire import Part, UploadForm, upload_form
from reference_server import create_app
from reference_server.distributions import INVALID, invalid, sdist, wheel
from reference_server.http.request_log import RequestLog
from reference_server.rules.ready_made import PASSWORD
from reference_server.serving.default_registry import default_registry
from reference_server.serving.in_process import ReferenceServer
from reference_server.store.memory import MemoryStore
from reference_server.store.sqlite import SQLiteStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment
    from hypothesis.strategies import SearchStrategy

    from reference_server.distributions import Distribution

ANYWHERE, UPLOADS, OVER_SOCKETS = 900, 800, 300
"""Requests of each kind: 2,000 in all."""
REPLAYED = 80
ROUNDS = 3
GROWTH = 64 * 1024
"""Bytes by which the same requests, sent again, may let the memory grow: the noise, and no leak of any."""

PATIENCE = 10.0  # seconds, for a connection that ends at once
LONGEST_FILE_NAME = 200

DETERMINED = settings(
    derandomize=True,
    database=None,
    deadline=None,
    phases=(Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
)


@dataclass(frozen=True, kw_only=True)
class Hostile:
    """A request as it goes over the wire; text is Latin-1, so that any byte can stand in it."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = field(default=b"")

    def environ(self) -> WSGIEnvironment:
        """Return what a WSGI server makes of it."""
        path, _, query = self.target.partition("?")
        decoded = unquote_to_bytes(path.encode("latin-1")).decode("latin-1")
        named = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in self.headers}
        return {
            "REQUEST_METHOD": self.method,
            "SCRIPT_NAME": "",
            "PATH_INFO": decoded,
            "RAW_URI": self.target,
            "QUERY_STRING": query,
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "CONTENT_TYPE": named.pop("HTTP_CONTENT_TYPE", ""),
            "CONTENT_LENGTH": named.pop("HTTP_CONTENT_LENGTH", ""),
            **named,
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(self.body),
        }

    def wire(self) -> bytes:
        """Return its bytes; what would end a line or a word stays in it."""
        lines = [f"{self.method} {self.target} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + self.body


# What hostile clients send

PIECES = (
    *(".", "..", "/", "//", "%", "%2", "%2e", "%2f", "%2F", "%5c", "%00", "%0d%0a", "%ff", "%c3%a9", "%252f"),
    *("+", "!", "~", "\u00c3\u00a9", "\u00e9", "\0", "?", "#", "\\", ":", "@", ";", "&", "=", "*", "'", '"'),
    *("1", "2", "0", "-1", "9" * 40, "\u00b2", "demo", "Demo_Pkg", "1.0", "etc/passwd", "x" * 3_000, "C:"),
    *("demo-1.0.tar.gz", "demo-1.0-py3-none-any.whl", ".metadata", "?page=-1&per_page=x", "?format=%00"),
)
PLACES = (
    *("", "/", "/api/v4", "/api/v4/projects/1", "/api/v4/projects/reference%2Fprivate", "/api/v4/projects/"),
    *("/api/v4/projects/1/packages", "/api/v4/projects/1/packages/pypi", "/-/reference/projects/1"),
    *("/api/v4/projects/1/packages/pypi/simple/", "/api/v4/projects/1/packages/pypi/files/"),
    *("/api/v4/projects/1/packages/pypi/integrity/", "/-/reference/projects/1/packages/pypi/demo/"),
    *("/api/v4/projects/1/packages/1/package_files/", "http://other.example/api/v4/projects/1/packages"),
)
UPLOAD = "/api/v4/projects/1/packages/pypi"
KNOWN = "Basic " + b64encode(f"__token__:{PASSWORD}".encode()).decode()

CREDENTIALS = st.sampled_from(
    [
        (),
        *[(("Authorization", KNOWN),)] * 40,
        (("PRIVATE-TOKEN", PASSWORD),),
        (("PRIVATE-TOKEN", "\u00e9\0"),),
        (("Authorization", "Basic " + b64encode(b"\xff\xfe:\xff").decode()),),
        (("Authorization", "Basic " + b64encode(b"no colon").decode()),),
        (("Authorization", "Basic \u00ff%"),),
        (("Authorization", "Basic"),),
        (("Authorization", f"Bearer {PASSWORD}"),),
        (("Authorization", "Bearer " + "x" * 5_000),),
        (("Authorization", 'Digest username="a", nonce="'),),
    ]
)
VALUES = (
    "",
    "*/*",
    ";q=",
    "bytes=0-0,-1",
    "bytes=-" + "9" * 30,
    '"',
    'W/"x", *',
    "\u00ff\u00fe",
    "a" * 4_000,
)
HEADERS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                *("Accept", "Accept-Encoding", "Range", "If-Range", "If-None-Match", "If-Modified-Since"),
                *("Host", "X-Forwarded-Host", "Cookie", "Content-Encoding", "Content-Type", "User-Agent"),
                *("X-HTTP-Method-Override", "Origin", "Job-Token", "Deploy-Token", "Transfer-Encoding"),
            ]
        ),
        st.sampled_from(VALUES)
        | st.text(st.characters(max_codepoint=255, exclude_characters="\r\n"), max_size=40),
    ),
    max_size=4,
    unique_by=lambda pair: pair[0],
)
METHODS = st.sampled_from(
    ["GET", "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "QUERY", "get", "X" * 40]
)
TEXTS = st.sampled_from(PIECES) | st.text(max_size=30)


def anywhere() -> SearchStrategy[Hostile]:
    """Draw requests to any place, with any small body."""
    targets = st.builds(
        lambda place, pieces: place + "".join(pieces),
        st.sampled_from(PLACES),
        st.lists(st.sampled_from(PIECES), max_size=3),
    )
    bodies = st.sampled_from([b"", b"{}", b'{"status": "active"}', b'{"reason": 1}', b"[", b"\xff\0"])
    return st.builds(
        lambda method, target, credential, headers, body: Hostile(
            method=method,
            target=target or "/",
            headers=(*credential, *headers, ("Content-Length", str(len(body)))),
            body=body,
        ),
        METHODS,
        targets,
        CREDENTIALS,
        HEADERS,
        bodies,
    )


@cache
def broken(kind: str) -> Distribution:
    """Make a bad archive; bombs take their time."""
    return invalid(kind, "demo", "1.0")


def files() -> SearchStrategy[Distribution]:
    """Draw archives, good and bad, mostly under a name that they could have."""
    bad = st.sampled_from(sorted(INVALID)).map(broken)
    good = st.sampled_from([wheel("demo", "1.0"), sdist("demo", "1.0"), wheel("other", "2")])
    paths = st.lists(TEXTS, min_size=1, max_size=3).map("".join)
    renamed = st.builds(
        lambda distribution, path, end: replace(distribution, filename=(path + end)[:LONGEST_FILE_NAME]),
        good,
        paths,
        st.sampled_from(["", "-1.0-py3-none-any.whl", "/../../demo-1.0.tar.gz", "\\demo-1.0.zip"]),
    )
    return st.one_of(bad, good, renamed)


def forms() -> SearchStrategy[UploadForm]:
    """Draw forms with hostile values in a few fields, in any order."""
    names = st.sampled_from(
        [
            *("name", "version", "requires_python", "metadata_version", "filetype", "sha256_digest"),
            *("md5_digest", "summary", ":action", "protocol_version", "description", "\u00e9", ""),
        ]
    )

    def altered(distribution: Distribution, fields: list[tuple[str, str]], *, twice: bool) -> UploadForm:
        form = upload_form(distribution)
        for name, value in fields:
            form = form.with_more([(name, value)]) if twice else form.with_field(name, value)
        return form

    made = st.builds(altered, files(), st.lists(st.tuples(names, TEXTS), max_size=3), twice=st.booleans())
    odd = st.builds(
        Part, name=st.sampled_from(["content", "name", "gpg_signature"]), content=st.binary(max_size=9)
    )
    return st.one_of(made, st.builds(lambda form, part: replace(form, parts=(*form.parts, part)), made, odd))


def uploads() -> SearchStrategy[Hostile]:
    """Draw uploads: such forms, whole or with bytes lost, changed and put in between, and their length right or not."""
    breaks: dict[str, Callable[[bytes, int], bytes]] = {
        "whole": lambda body, _at: body,
        "cut": lambda body, at: body[:at],
        "without its beginning": lambda body, at: body[at:],
        "without a piece": lambda body, at: body[:at] + body[at + 40 :],
        "with a boundary in it": lambda body, at: (
            body[:at] + b"\r\n--registry-conformance-boundary" + body[at:]
        ),
        "with a NUL": lambda body, at: body[:at] + b"\0" + body[at:],
        "without line ends": lambda body, _at: body.replace(b"\r\n", b"\n"),
        "nested": lambda body, _at: body.replace(b"form-data", b"form-data; name=content; filename*=x''%2e"),
    }

    def built(
        form: UploadForm, way: str, at: float, credential: tuple[tuple[str, str], ...], typed: str
    ) -> Hostile:
        body = form.body()
        body = breaks[way](body, int(at * len(body)))
        headers = (("Content-Type", typed or form.content_type), ("Content-Length", str(len(body))))
        return Hostile(method="POST", target=UPLOAD, headers=(*credential, *headers), body=body)

    types = st.sampled_from(
        [
            *[""] * 12,
            *(
                "multipart/form-data",
                "multipart/form-data; boundary=",
                "multipart/form-data; boundary=\u00e9",
            ),
            *(
                "multipart/form-data; boundary=" + "b" * 4_000,
                "multipart/mixed; boundary=x",
                "\0",
                "application/json",
            ),
        ]
    )
    return st.builds(built, forms(), st.sampled_from(["whole", *breaks]), st.floats(0, 1), CREDENTIALS, types)


def over_a_socket() -> SearchStrategy[Hostile]:
    """Draw requests of both kinds, with lengths that are not true."""
    lengths = st.sampled_from(
        [
            (),
            (("Content-Length", "-1"),),
            (("Content-Length", "9" * 30),),
            (("Content-Length", "5, 5"),),
            (("Content-Length", "\u00b2"),),
            (("Transfer-Encoding", "chunked"),),
            (("Transfer-Encoding", "chunked"), ("Expect", "100-continue")),
            (("Transfer-Encoding", "gzip, chunked"),),
            (("Expect", "nonsense"),),
        ]
    )
    return st.builds(
        lambda request, more: replace(request, headers=(*request.headers, *more)),
        st.one_of(anywhere(), uploads()),
        lengths,
    )


# Where they are sent to


@dataclass(frozen=True)
class Stage:
    """A folder with the store in it, from where the server runs, and an application for each kind of store."""

    folder: Path
    applications: tuple[WSGIApplication, ...]

    def outside(self) -> dict[str, bytes]:
        """Return everything in the folder, and beside the process, that is not the store's."""
        return {
            str(path): path.read_bytes() if path.is_file() else b""
            for path in sorted(self.folder.rglob("*"))
            if not path.is_relative_to(self.folder / "a" / "store")
        }


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("hostile")
    for name in ("a/b/c/work", "a/temporary"):
        (folder / name).mkdir(parents=True)
    (folder / "a" / "canary").write_bytes(b"alive")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder / "a" / "b" / "c" / "work")
        patch.setattr("tempfile.tempdir", str(folder / "a" / "temporary"))
        stores = (MemoryStore(), SQLiteStore(folder / "a" / "store"))
        registries = [default_registry(store=store) for store in stores]
        for registry in registries:
            registry.publish("demo-0.1.tar.gz", b"content")
        yield Stage(folder, tuple(create_app(registry) for registry in registries))
        for registry in registries:
            registry.close()


def status_of(application: WSGIApplication, request: Hostile) -> int:
    """Send a request to an application, read its answer whole, and return the status."""
    statuses: list[str] = []

    def start_response(status: str, _headers: object, _error: object = None) -> Callable[[bytes], object]:
        statuses.append(status)
        return lambda _data: None

    answer = application(request.environ(), start_response)
    try:
        for piece in answer:
            assert isinstance(piece, bytes)
    finally:
        answer.close()  # type: ignore[attr-defined]
    return int(statuses[0].split()[0])


@pytest.mark.parametrize(
    ("strategy", "count"), [(anywhere(), ANYWHERE), (uploads(), UPLOADS)], ids=["anywhere", "uploads"]
)
def test_no_request_fails_and_none_writes_elsewhere(
    stage: Stage, strategy: SearchStrategy[Hostile], count: int
) -> None:
    before = stage.outside()

    @settings(DETERMINED, max_examples=count)
    @given(strategy, st.sampled_from(range(len(stage.applications))))
    def answered(request: Hostile, store: int) -> None:
        assert 200 <= status_of(stage.applications[store], request) < 500

    answered()
    assert stage.outside() == before


def test_no_request_over_a_socket_fails(stage: Stage, capfd: pytest.CaptureFixture[str]) -> None:
    before = stage.outside()
    with ReferenceServer() as server:
        address = server.origin.removeprefix("http://").split(":")

        @settings(DETERMINED, max_examples=OVER_SOCKETS)
        @given(over_a_socket())
        def answered(request: Hostile) -> None:
            with socket.create_connection((address[0], int(address[1])), timeout=PATIENCE) as connection:
                answer = exchanged(connection, request.wire())
            assert not answer.startswith(b"HTTP/1.1 5")

        answered()
    assert "Traceback" not in capfd.readouterr().err
    assert stage.outside() == before


def exchanged(connection: socket.socket, sent: bytes) -> bytes:
    """Send a request, and that it is all, and return what comes back until the connection ends."""
    received = b""
    try:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        while data := connection.recv(65536):
            received += data
    except TimeoutError:
        raise
    except OSError:
        pass  # it may end at any time, but not be silent
    return received


def test_the_same_requests_again_leave_nothing_in_memory(stage: Stage) -> None:
    sent: list[Hostile] = []

    @settings(DETERMINED, max_examples=REPLAYED)
    @given(st.one_of(anywhere(), uploads()))
    def collect(request: Hostile) -> None:
        sent.append(request)

    collect()

    def replay() -> int:
        for request in sent:
            for application in stage.applications:
                status_of(application, request)
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    for application in stage.applications:
        application.log = RequestLog(limit=10)  # full after a part of the first replay
    replay()
    tracemalloc.start()
    try:
        first = replay()
        last = [replay() for _ in range(ROUNDS)][-1]
    finally:
        tracemalloc.stop()
    assert last - first < GROWTH
