"""What the tests of the server share: a registry whose clock stands still, and a client without a socket."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
import requests
from werkzeug.test import Client, TestResponse

from reference_server import create_app
from reference_server.distributions import sdist, wheel
from reference_server.model.grammar import name_and_version
from reference_server.rules.ready_made import PASSWORD
from reference_server.serving.default_registry import default_registry

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reference_server.faults import Fault
    from reference_server.rules.registry import Registry

NOON = datetime(2026, 11, 22, 12, 0, 0, 170_000, tzinfo=UTC)
WHEEL = "demo_pkg-1.0-py3-none-any.whl"


@dataclass
class Api:
    """The application of a registry, spoken to as the ready-made owner of everything."""

    registry: Registry
    faults: Iterable[Fault] = ()
    client: Client = field(init=False)

    def __post_init__(self) -> None:
        self.client = Client(create_app(self.registry, faults=self.faults))

    def request(
        self,
        method: str,
        path: str,
        *,
        password: str | None = PASSWORD,
        username: str = "__token__",
        **more: Any,
    ) -> TestResponse:
        headers = dict(more.pop("headers", {}))
        if password is not None:
            pair = base64.b64encode(f"{username}:{password}".encode()).decode()
            headers["Authorization"] = f"Basic {pair}"
        return self.client.open(f"/api/v4{path}", method=method, headers=headers, **more)

    def get(self, path: str, **more: Any) -> TestResponse:
        return self.request("GET", path, **more)

    def upload(
        self,
        filename: str = WHEEL,
        content: bytes | None = None,
        *,
        project: str = "1",
        without: Iterable[str] = (),
        fields: dict[str, Any] | None = None,
        **more: Any,
    ) -> TestResponse:
        form: dict[str, Any] = {":action": "file_upload", "name": "demo-pkg", "version": "1.0"}
        form |= fields or {}
        form = {name: value for name, value in form.items() if name not in set(without)}
        content = distribution_of(filename) if content is None else content
        files = {} if "content" in set(without) else {"content": (filename, content)}
        sent = requests.Request("POST", "http://localhost", data=form, files=files).prepare()
        path = f"/projects/{project}/packages/pypi"
        content_type = sent.headers["Content-Type"]
        return self.request("POST", path, data=sent.body, content_type=content_type, **more)


def distribution_of(filename: str) -> bytes:
    """Make what a file of this name should hold; any bytes where the name is no distribution's."""
    told = name_and_version(filename)
    if told is None:
        return b"content"
    make = wheel if filename.endswith(".whl") else sdist
    return make(told[0], str(told[1])).content


@pytest.fixture
def registry() -> Registry:
    return default_registry(now=lambda: NOON)


@pytest.fixture
def api(registry: Registry) -> Api:
    return Api(registry)


@pytest.fixture
def api_with(registry: Registry) -> Any:
    return lambda *faults: Api(registry, faults)
