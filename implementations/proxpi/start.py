"""Starts proxpi in front of the reference server. Source: proxpi's README."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from implementations.place import HOST, Place, Running
from implementations.publishing import publish_content, yank_content

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def start(place: Place) -> Iterator[Running]:
    """Publish to the reference server, yank two files, and start proxpi in front of it."""
    programs, port = place.programs(), place.port()
    with place.started("reference-server") as behind:
        project = behind.table["gitlab-projects"]["public"]
        origin, _, _ = behind.table["url"].partition("/api/")
        url = f"{origin}/api/v4/projects/{project}/packages/pypi"
        credential = behind.table["credentials"]["default"]
        publish_content(url, credential)
        yank_content(origin, project, credential)
        environment = {"PROXPI_INDEX_URL": f"{url}/simple/", "PROXPI_CACHE_DIR": str(place.folder("cache"))}
        command = (programs / "flask", "--app", "proxpi.server", "run", "--host", HOST, "--port", str(port))
        with place.process(*command, ready=f"http://{HOST}:{port}/health", environment=environment):
            yield Running(
                table={**place.implementation.declared.target, "url": f"http://{HOST}:{port}/index"},
                note=f"It stands in front of {url}/simple/.",
            )
