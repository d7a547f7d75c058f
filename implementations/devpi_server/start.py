"""Starts devpi-server, and makes a user with an index.

Source: devpi documentation, quickstart for a release process; devpi-server 6, `views.py`.
"""

from __future__ import annotations

import base64
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import requests

from implementations.place import HOST, CannotStart, Place, Running

if TYPE_CHECKING:
    from collections.abc import Iterator

USER, INDEX = "conformance", "dev"


@contextmanager
def start(place: Place) -> Iterator[Running]:
    """Start the server with an index that is volatile, so that files can be deleted."""
    port, data, password = place.port(), place.work / "server", place.secret()
    programs = place.programs()
    place.run(programs / "devpi-init", "--serverdir", data, "--no-root-pypi")
    origin = f"http://{HOST}:{port}"
    command = (programs / "devpi-server", "--serverdir", data, "--host", HOST, "--port", str(port))
    with place.process(*command, ready=f"{origin}/+api"):
        _make_index(origin, password)
        table = {
            **place.implementation.declared.target,
            "url": f"{origin}/{USER}/{INDEX}",
            "credentials": {"default": {"username": USER, "password": password}},
        }
        yield Running(table=table)


def _make_index(origin: str, password: str) -> None:
    with requests.Session() as session:
        session.trust_env = False
        _changed(session, "PUT", f"{origin}/{USER}", {"password": password})
        signed_in = _changed(session, "POST", f"{origin}/+login", {"user": USER, "password": password})
        secret = base64.b64encode(f"{USER}:{signed_in['result']['password']}".encode()).decode()
        session.headers["X-Devpi-Auth"] = secret
        _changed(session, "PUT", f"{origin}/{USER}/{INDEX}", {"type": "stage", "bases": [], "volatile": True})


def _changed(session: requests.Session, method: str, url: str, body: dict[str, Any]) -> Any:
    answer = session.request(method, url, json=body, timeout=60)
    if not answer.ok:
        raise CannotStart(f"devpi answered {method} {url} with {answer.status_code}")
    return answer.json()
