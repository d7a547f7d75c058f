"""Makes pages with dumb-pypi, and serves them by nginx. Source: dumb-pypi's README."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING

from implementations.content import CONTENT, save_content
from implementations.nginx import served_by_nginx
from implementations.place import Place, Running

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reference_server.distributions import Distribution

UPLOADED = 1_700_000_000


@contextmanager
def start(place: Place) -> Iterator[Running]:
    """Make the pages with all that the list of distributions can say, and serve them."""
    root, listed = place.folder("root"), place.work / "packages.json"
    save_content(root / "packages", by_project=False)
    lines = [_line(each) for files in CONTENT.values() for each in files]
    listed.write_text("\n".join(lines) + "\n", encoding="utf-8")
    place.run(
        place.programs() / "dumb-pypi",
        *("--package-list-json", listed, "--packages-url", "../../packages", "--output-dir", root),
    )
    with served_by_nginx(place, root) as url:
        yield Running(table={**place.implementation.declared.target, "url": f"{url}/simple"})


def _line(file: Distribution) -> str:
    return json.dumps(
        {
            "filename": file.filename,
            "hash": f"sha256={file.sha256}",
            "requires_python": file.metadata.requires_python,
            "upload_timestamp": UPLOADED,
        }
    )
