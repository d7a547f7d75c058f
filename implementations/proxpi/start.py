"""Starts proxpi in front of the reference server. Source: proxpi's README."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import requests

from implementations.content import CONTENT
from implementations.place import HOST, CannotStart, Place, Running

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reference_server.distributions import Distribution


@contextmanager
def start(place: Place) -> Iterator[Running]:
    """Publish to the reference server, and start proxpi in front of it."""
    programs, port = place.programs(), place.port()
    with place.started("reference-server") as behind:
        project = behind.table["gitlab-projects"]["public"]
        origin, _, _ = behind.table["url"].partition("/api/")
        url = f"{origin}/api/v4/projects/{project}/packages/pypi"
        credential = behind.table["credentials"]["default"]
        for files in CONTENT.values():
            for each in files:
                _publish(url, (credential["username"], credential["password"]), each)
        environment = {"PROXPI_INDEX_URL": f"{url}/simple/", "PROXPI_CACHE_DIR": str(place.folder("cache"))}
        command = (programs / "flask", "--app", "proxpi.server", "run", "--host", HOST, "--port", str(port))
        with place.process(*command, ready=f"http://{HOST}:{port}/health", environment=environment):
            yield Running(
                table={**place.implementation.declared.target, "url": f"http://{HOST}:{port}/index"},
                note=f"It stands in front of {url}/simple/.",
            )


def _publish(url: str, credential: tuple[str, str], file: Distribution) -> None:
    with requests.Session() as session:
        session.trust_env = False
        answer = session.post(
            url,
            data=file.form(),
            files={"content": (file.filename, file.content)},
            auth=credential,
            timeout=60,
        )
    if not answer.ok:
        raise CannotStart(f"the reference server refused {file.filename} with {answer.status_code}")
