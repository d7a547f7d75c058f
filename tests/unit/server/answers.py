"""The application of a registry as a server calls it: what it is given, and what it gives."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from werkzeug.test import EnvironBuilder, run_wsgi_app

from reference_server import create_app
from reference_server.flavours import flavour_named
from reference_server.http.request import Request

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reference_server.rules.registry import Registry
    from reference_server.serving.create_app import RegistryApplication

IN_FULL = "latency,path=^no-such-path$"
"""A fault that is on for no request: while there is one, each is answered in full."""


def basic(secret: str, username: str = "__token__") -> dict[str, str]:
    return {"Authorization": f"Basic {b64encode(f'{username}:{secret}'.encode()).decode()}"}


@dataclass(frozen=True)
class Asked:
    """A request."""

    path: str
    method: str = "GET"
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    environ: Mapping[str, Any] = field(default_factory=dict)

    def sent(self) -> dict[str, Any]:
        """Give the environment of the request, as a server makes it."""
        builder = EnvironBuilder(
            path=self.path, method=self.method, query_string=self.query, headers=[*self.headers.items()]
        )
        environ = {**builder.get_environ(), **self.environ}
        return {name: value for name, value in environ.items() if value is not None}


@dataclass(frozen=True)
class Given:
    """An answer."""

    status: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


def answer(app: RegistryApplication, asked: Asked) -> Given:
    pieces, status, headers = run_wsgi_app(app, asked.sent())
    try:
        body = b"".join(pieces)
    finally:
        close = getattr(pieces, "close", None)
        if close is not None:
            close()
    return Given(status, tuple(headers.to_wsgi_list()), body)


@dataclass(frozen=True)
class Both:
    """A server that gives answers again, and one that answers every request in full, with the same registry."""

    again: RegistryApplication
    in_full: RegistryApplication

    def of(self, asked: Asked) -> Given:
        """Ask both, the first one twice: the second time it may give an answer again. All three are the same."""
        expected = answer(self.in_full, asked)
        assert answer(self.again, asked) == expected
        assert answer(self.again, asked) == expected
        return expected


def both(registry: Registry, *, flavour: str = "reference") -> Both:
    named = flavour_named(flavour)
    return Both(
        create_app(registry, flavour=named),
        create_app(registry, flavour=named, faults=[IN_FULL]),
    )


class Counter:
    """Counts the requests that an application answers in full."""

    def __init__(self, monkeypatch: Any) -> None:
        self.number = 0
        real = Request

        def counted(*arguments: Any, **more: Any) -> Any:
            self.number += 1
            return real(*arguments, **more)

        monkeypatch.setattr("reference_server.app.application.Request", counted)

    def of(self, app: RegistryApplication, asked: Asked) -> int:
        """Give how many of one request were answered in full: none or one."""
        before = self.number
        answer(app, asked)
        return self.number - before


def etags(given: Given) -> Iterator[str]:
    return (value for name, value in given.headers if name == "ETag")
