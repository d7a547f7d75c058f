"""Starts Morgan's server over a folder as a mirror has it. Source: morgan 0.15, `mirror.py` and `server.py`."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from implementations.content import CONTENT, save_content
from implementations.place import HOST, Place, Running
from reference_server.distributions.archives import zip_members

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reference_server.distributions import Distribution


@contextmanager
def start(place: Place) -> Iterator[Running]:
    """Start the server; beside each file lie its digest, and the metadata of a wheel."""
    port, index = place.port(), place.folder("index")
    save_content(index)
    for name, files in CONTENT.items():
        for each in files:
            (index / name / f"{each.filename}.hash").write_text(f"sha256={each.sha256}", encoding="utf-8")
            for path, content in _metadata(each).items():
                (index / name / path).write_bytes(content)
    url = f"http://{HOST}:{port}"
    command = (place.programs() / "morgan", "-i", index, "-H", HOST, "-p", str(port), "serve")
    with place.process(*command, ready=f"{url}/"):
        yield Running(table={**place.implementation.declared.target, "url": f"{url}/"})


def _metadata(file: Distribution) -> dict[str, bytes]:
    """Return the metadata of a wheel, by the file name that it gets."""
    if not file.filename.endswith(".whl"):
        return {}
    members = zip_members(file.content)
    return {f"{file.filename}.metadata": text for path, text in members.items() if path.endswith("/METADATA")}
