"""Makes pages with dir2pi, and serves them by nginx. Source: pip2pi's README."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from implementations.content import save_content
from implementations.nginx import served_by_nginx
from implementations.place import Place, Running

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def start(place: Place) -> Iterator[Running]:
    """Make the pages of all distributions, with links to the folder that has them, and serve both."""
    packages = place.folder("packages")
    save_content(packages, by_project=False)
    place.run(place.programs() / "dir2pi", packages)
    with served_by_nginx(place, packages) as url:
        yield Running(table={**place.implementation.declared.target, "url": f"{url}/simple"})
