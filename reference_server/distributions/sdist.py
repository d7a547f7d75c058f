"""A factory for sdists."""

from __future__ import annotations

import gzip
import io
import tarfile
from functools import cache
from importlib.resources import files

from reference_server.distributions.distribution import Distribution, escaped_name, escaped_version
from reference_server.distributions.metadata import Metadata

_BACKEND = "self_contained_backend"
_BUILD_SYSTEM = f"""[build-system]
requires = []
build-backend = "{_BACKEND}"
backend-path = ["."]
""".encode()


def sdist(
    name: str,
    version: str,
    *,
    requires_python: str | None = None,
    summary: str | None = "Published by a registry's conformance run; safe to delete.",
    marker: str = "",
) -> Distribution:
    """Build a valid sdist (`.tar.gz`) with one importable package, which installs without any build tool.

    `marker` is text that only changes the content.
    Source: Source distribution format.
    """
    metadata = Metadata(name=name, version=version, summary=summary, requires_python=requires_python)
    stem = f"{escaped_name(name)}-{escaped_version(version)}"
    members = {
        f"{stem}/PKG-INFO": metadata.document(),
        f"{stem}/pyproject.toml": _BUILD_SYSTEM + _project_table(metadata),
        f"{stem}/{_BACKEND}.py": _backend_source().replace(b"name-version", stem.encode()),
        f"{stem}/{escaped_name(name)}/__init__.py": f"MARKER = {marker!r}\n".encode(),
    }
    return Distribution(
        filename=f"{stem}.tar.gz",
        content=_archive(members),
        metadata=metadata,
        filetype="sdist",
        pyversion="source",
    )


@cache
def _backend_source() -> bytes:
    return files(__package__).joinpath("backend.py").read_bytes()


def _project_table(metadata: Metadata) -> bytes:
    lines = ["[project]", f'name = "{metadata.name}"', f'version = "{metadata.version}"']
    if metadata.requires_python is not None:
        lines.append(f'requires-python = "{metadata.requires_python}"')
    return ("\n" + "\n".join(lines) + "\n").encode()


def _archive(members: dict[str, bytes]) -> bytes:
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for path, content in members.items():
            member = tarfile.TarInfo(path)
            member.size = len(content)
            member.mode = 0o644
            archive.addfile(member, io.BytesIO(content))
    return gzip.compress(plain.getvalue(), mtime=0)
