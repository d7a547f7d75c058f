"""Starts pypi-timemachine in front of the reference server. Source: pypi-timemachine's README."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from implementations.place import HOST, Place, Running
from implementations.publishing import publish_content

if TYPE_CHECKING:
    from collections.abc import Iterator

DAY = "9999-01-01"
"""After everything was uploaded."""


@contextmanager
def start(place: Place) -> Iterator[Running]:
    """Start the server with the URL that its README gives to pip, which redirects to the pages of the day."""
    programs, port = place.programs(), place.port()
    url = f"http://{HOST}:{port}"
    with place.started("reference-server") as behind:
        project = behind.table["gitlab-projects"]["public"]
        origin, _, _ = behind.table["url"].partition("/api/")
        upstream = f"{origin}/api/v4/projects/{project}/packages/pypi"
        publish_content(upstream, behind.table["credentials"]["default"])
        index = f"{upstream}/simple/"
        command = (programs / "pypi-timemachine", "--port", str(port), "--index-url", index, DAY)
        with place.process(*command, ready=f"{url}/"):
            yield Running(
                table={**place.implementation.declared.target, "url": url},
                note=f"It stands in front of {index}.",
            )
