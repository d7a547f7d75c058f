"""The metadata inside a wheel or an sdist that others have made."""

from __future__ import annotations

import io
import tarfile
import zipfile
import zlib
from typing import TYPE_CHECKING

from packaging.metadata import parse_email

from conformance.kit.zip_archives import opened

if TYPE_CHECKING:
    from packaging.metadata import RawMetadata

MOST_UNPACKED = 64 * 1024 * 1024
"""Bytes of an sdist that are unpacked."""

MOST_METADATA = 1024 * 1024
"""Bytes of metadata that are read."""


def metadata_in(filename: str, content: bytes) -> RawMetadata | None:
    """Return the metadata of a wheel or an sdist; None where it cannot be read."""
    try:
        if filename.endswith((".whl", ".zip")):
            data = _from_zip(content, "METADATA" if filename.endswith(".whl") else "PKG-INFO")
        elif filename.endswith(".tar.gz"):
            data = _from_tar(content)
        else:
            return None
    except (
        LookupError,
        OSError,
        EOFError,
        RuntimeError,
        ValueError,
        zipfile.BadZipFile,
        tarfile.TarError,
        zlib.error,
    ):
        return None
    return parse_email(data)[0] if data is not None else None


def _from_zip(content: bytes, name: str) -> bytes | None:
    with opened(content) as archive:
        members = [each for each in archive.namelist() if _is_metadata(each, name)]
        if len(members) != 1:
            return None
        with archive.open(members[0]) as member:
            return member.read(MOST_METADATA)


def _from_tar(content: bytes) -> bytes | None:
    """Read the PKG-INFO of an sdist, if it stands among the first bytes of the archive."""
    unpacked = zlib.decompressobj(wbits=31).decompress(content, MOST_UNPACKED)
    with tarfile.open(fileobj=io.BytesIO(unpacked), mode="r|") as archive:
        for member in archive:
            if member.isfile() and _is_metadata(member.name, "PKG-INFO"):
                file = archive.extractfile(member)
                return file.read(MOST_METADATA) if file else None
    return None


def _is_metadata(path: str, name: str) -> bool:
    folder, _, last = path.removeprefix("./").rpartition("/")
    in_place = folder.endswith(".dist-info") if name == "METADATA" else True
    return last == name and bool(folder) and "/" not in folder and in_place
