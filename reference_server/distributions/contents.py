"""The options that wheels and sdists share, and what they stand for."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from reference_server.distributions.distribution import escaped_name, escaped_version
from reference_server.distributions.metadata import Metadata
from reference_server.errors import no_option

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SUMMARY = "Published by a registry's conformance run; safe to delete."
REQUIRES_PYTHON = ">=3.8"
LICENSE_TEXT = b"Anybody may do anything with this file.\n"


class Contents(TypedDict, total=False):
    """What a distribution contains: keywords of `wheel` and `sdist`."""

    requires_python: str | None
    """Requires-Python (default: `>=3.8`, as most projects have one; None for none)."""
    requires_dist: tuple[str, ...]
    """Each Requires-Dist (default: none)."""
    requires: Iterable[str]
    """The same, in any sequence: `requires=["dep>=1"]`."""
    summary: str | None
    """Summary (default: a note that the distribution is safe to delete)."""
    metadata: Metadata | None
    """The whole metadata, instead of the fields above."""
    document: bytes | None
    """The metadata file, if it is to differ from the upload form."""
    packages: tuple[str, ...] | None
    """The import packages (default: one with the project's name)."""
    modules: tuple[str, ...]
    """The import modules of one file (default: none)."""
    members: Mapping[str, bytes] | None
    """Further files by path; an sdist has them in its top-level folder."""
    marker: str
    """Any text. Another marker makes a twin: the same file name, but other bytes."""
    filename: str | None
    """The file name (default: the valid one)."""


def stem(name: str, version: str) -> str:
    """Return `{name}-{version}`, the beginning of file names and of the folders in a distribution."""
    return f"{escaped_name(name)}-{escaped_version(version)}"


def dist_info(name: str, version: str) -> str:
    """Return the name of a wheel's `.dist-info` folder."""
    return f"{stem(name, version)}.dist-info"


def metadata_of(name: str, version: str, contents: Contents) -> Metadata:
    """Return the metadata for the upload form. Raises `TypeError` for an option of another name."""
    unknown = sorted(contents.keys() - Contents.__optional_keys__)
    if unknown:
        raise no_option(unknown, sorted(Contents.__optional_keys__), of="a distribution")
    return contents.get("metadata") or Metadata(
        name=name,
        version=version,
        summary=contents.get("summary", SUMMARY),
        requires_python=contents.get("requires_python", REQUIRES_PYTHON),
        requires_dist=(*contents.get("requires_dist", ()), *contents.get("requires", ())),
    )


def document_of(metadata: Metadata, contents: Contents) -> bytes:
    """Return the METADATA or PKG-INFO file."""
    document = contents.get("document")
    return metadata.document() if document is None else document


def sources(name: str, contents: Contents, text: str) -> dict[str, bytes]:
    """Return the files of all import packages and modules; each holds `text` and the marker."""
    packages = contents.get("packages")
    paths = [f"{each}/__init__.py" for each in ((escaped_name(name),) if packages is None else packages)]
    paths += [f"{each}.py" for each in contents.get("modules", ())]
    return dict.fromkeys(paths, f"{text}MARKER = {contents.get('marker', '')!r}\n".encode())
