"""The files that a client received from a registry: downloaded or installed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.client_report.faulty_registry import PUBLISHED, is_as_published
from conformance.clients import wheel_files

if TYPE_CHECKING:
    from pathlib import Path


def received_files(folder: Path, *, scratch: Path) -> dict[str, bool]:
    """Return each distribution in `folder`, saved or installed, by file name, and whether its bytes are right.

    In: `scratch`, a folder for the wheels to compare with.
    """
    saved = [path for pattern in ("*.whl", "*.tar.gz") for path in folder.rglob(pattern)]
    return {path.name: is_as_published(path.name, path.read_bytes()) for path in saved} | _installed(
        folder, scratch
    )


def _installed(folder: Path, scratch: Path) -> dict[str, bool]:
    found = {}
    for about in folder.rglob("*.dist-info"):
        filename = f"{about.name.removesuffix('.dist-info')}-py3-none-any.whl"
        if filename in PUBLISHED:  # an environment of its own holds more than what was asked for
            wheel = PUBLISHED[filename].save(scratch)
            found[filename] = all(
                _holds(about.parent / name, content) for name, content in wheel_files(wheel).items()
            )
    return found


def _holds(path: Path, content: bytes) -> bool:
    return path.is_file() and path.read_bytes() == content
