"""Starts pypi-redirect-server in front of the reference server. Source: its help text."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from implementations.content import save_content
from implementations.place import HOST, Place, Running

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def start(place: Place) -> Iterator[Running]:
    """Start the server with every version: without the option it lists the latest one only."""
    programs, port, packages = place.programs(), place.port(), place.folder("packages")
    save_content(packages)
    with place.started("reference-server") as behind:
        project = behind.table["gitlab-projects"]["public"]
        origin, _, _ = behind.table["url"].partition("/api/")
        upstream = f"{origin}/api/v4/projects/{project}/packages/pypi"
        options = ("--host", HOST, "--port", str(port), "--package-dir", packages, "--upstream", upstream)
        url = f"http://{HOST}:{port}"
        command = (programs / "pypi-redirect-server", *options, "--all-versions")
        with place.process(*command, ready=f"{url}/simple/"):
            yield Running(
                table={**place.implementation.declared.target, "url": f"{url}/simple"},
                note=f"It redirects to {upstream}/simple/.",
            )
