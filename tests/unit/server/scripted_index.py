"""An index of canned answers, and a mirror of it."""

from __future__ import annotations

import hashlib
import json
import socket
from collections import Counter
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

import pytest
from werkzeug import Request, Response
from werkzeug.test import Client

from reference_server.distributions import wheel
from reference_server.faults import Switchboard
from reference_server.flavours import flavour_named
from reference_server.http.request_log.log import RequestLog
from reference_server.serving.create_app import RegistryApplication
from reference_server.serving.default_registry import default_registry
from reference_server.serving.in_process import Server
from reference_server.sources.mirror import Mirror
from reference_server.sources.upstream import Upstream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

JSON = "application/vnd.pypi.simple.v1+json"
DEMO = wheel("demo", "1.0", requires_python=">=3.8")
METADATA = DEMO.metadata.document()
Answer = tuple[int, dict[str, str], bytes]


@dataclass
class Script:
    """An index of canned answers, by path. Notes every request."""

    answers: dict[str, Answer | Callable[[Request], Answer]] = field(default_factory=dict)
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def __call__(self, environ: Any, start_response: Any) -> Any:
        request = Request(environ)
        self.requests.append((request.path, {k.lower(): v for k, v in request.headers}))
        answer = self.answers.get(request.path, (404, {}, b""))
        status, headers, body = answer(request) if callable(answer) else answer
        return Response(body, status=status, headers=headers)(environ, start_response)

    @property
    def counts(self) -> Counter[str]:
        return Counter(path for path, _ in self.requests)

    def page(self, name: str = "demo", *, headers: dict[str, str] | None = None, **file: Any) -> None:
        """List one file as JSON, beside the page, with its true hash unless `file` says otherwise."""
        entry = {
            "filename": DEMO.filename,
            "url": f"../../packages/{DEMO.filename}",
            "hashes": {"sha256": DEMO.sha256},
            "requires-python": ">=3.8",
            "size": len(DEMO.content),
            "upload-time": "2020-01-02T03:04:05.000006Z",
            "yanked": "broken",
            "core-metadata": {"sha256": hashlib.sha256(METADATA).hexdigest()},
        } | file
        body = {"meta": {"api-version": "1.1"}, "name": name, "files": [entry]}
        self.answers[f"/simple/{name}/"] = (
            200,
            {"Content-Type": JSON, **(headers or {})},
            json.dumps(body).encode(),
        )

    def html(self, text: str, name: str = "demo", content_type: str = "text/html") -> None:
        self.answers[f"/simple/{name}/"] = (200, {"Content-Type": content_type}, text.encode())

    def file(self, content: bytes = DEMO.content, path: str = f"/packages/{DEMO.filename}") -> None:
        self.answers[path] = (200, {}, content)


@dataclass
class Mirrored:
    """A mirror of the script, in the flavour without credentials for readers."""

    upstream: Upstream
    clock: list[float] = field(default_factory=lambda: [0.0])

    def __post_init__(self) -> None:
        self.registry = default_registry()
        flavour = flavour_named("pypi")
        self.mirror = Mirror(self.upstream, clock=lambda: self.clock[0])
        app = RegistryApplication(
            self.registry.under(flavour.rules(self.registry.rules)),
            flavour,
            Switchboard(),
            controlled=False,
            variations=(),
            log=RequestLog(100),
            mirror=self.mirror,
        )
        self.client = Client(app)

    def page(self, name: str = "demo", accept: str = JSON) -> Any:
        return self.client.get(f"/simple/{name}/", headers={"Accept": accept})

    def entry(self) -> dict[str, Any]:
        answer = self.page()
        assert answer.status_code == 200, answer.text
        (entry,) = answer.json["files"]
        return dict(entry)

    def file(self, suffix: str = "") -> Any:
        url = self.entry()["url"].removeprefix("../..")
        return self.client.get(url + suffix)


@pytest.fixture(autouse=True)
def only_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a connection to any other host fail the test."""
    real = socket.socket.connect

    def connect(self: socket.socket, address: Any) -> None:
        assert ip_address(address[0]).is_loopback, f"a connection to {address}"
        real(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[Server, Script]]:
    script = Script()
    with Server(script, "127.0.0.1", 0) as server:
        yield server, script


@pytest.fixture
def script(running: tuple[Server, Script]) -> Script:
    script = running[1]
    script.answers.clear()
    script.requests.clear()
    script.file()
    script.file(METADATA, f"/packages/{DEMO.filename}.metadata")
    return script


@pytest.fixture
def mirrored(running: tuple[Server, Script]) -> Iterator[Mirrored]:
    mirrored = Mirrored(Upstream(url=f"{running[0].origin}/simple/", timeout=5))
    yield mirrored
    mirrored.mirror.close()
