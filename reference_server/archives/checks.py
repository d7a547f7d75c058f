"""Checks of the content of a distribution. Each raises an `ArchiveError` or passes.

Source: PyPA "Binary distribution format", "Source distribution format".
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from reference_server.archives import core_metadata
from reference_server.archives.member import Kind
from reference_server.model.errors import (
    MembersMissingError,
    MembersOutsideError,
    MetadataDisagreesError,
    UnsafeMemberError,
)
from reference_server.model.grammar import normalize, splits, version_key

if TYPE_CHECKING:
    from collections.abc import Callable

    from reference_server.archives.archive import Archive
    from reference_server.archives.member import Member
    from reference_server.model import Upload

    ArchiveCheck = Callable[[Archive, Upload], None]

OF_DIST_INFO = ("METADATA", "WHEEL", "RECORD")

_DRIVE = re.compile(r"[A-Za-z]:")
_UNSAFE_IN_NAMES = re.compile(r"[^A-Za-z0-9.!+]+")
_MADE_OF = frozenset({Kind.FILE, Kind.FOLDER, Kind.SYMLINK, Kind.HARDLINK})
_LINKS = frozenset({Kind.SYMLINK, Kind.HARDLINK})


def has_dist_info(archive: Archive, upload: Upload, *, required: tuple[str, ...] = OF_DIST_INFO) -> None:
    """Require a wheel's `{name}-{version}.dist-info` with its required files."""
    if not archive.filename.endswith(".whl"):
        return
    present = [member.path for member in archive.members if member.kind is Kind.FILE]
    folders = {folder for folder, _, _ in (path.partition("/") for path in present)}
    own = [
        folder for folder in folders if folder.endswith(".dist-info") and is_named_after(upload, folder[:-10])
    ]
    folder = own[0] if len(own) == 1 else "*.dist-info"
    missing = [name for name in required if present.count(f"{folder}/{name}") != 1]
    if missing:
        raise MembersMissingError(*(f"{folder}/{name}" for name in missing))


def has_pkg_info(archive: Archive, upload: Upload) -> None:
    """Require an sdist's `{name}-{version}/PKG-INFO`."""
    if archive.filename.endswith(".whl"):
        return
    places = [_segments(member) for member in archive.members if member.kind is Kind.FILE]
    own = [place for place in places if place[1:] == ["PKG-INFO"] and is_named_after(upload, place[0])]
    if len(own) != 1:
        raise MembersMissingError(f"{_stem(archive)}/PKG-INFO")


def has_one_folder(archive: Archive, upload: Upload) -> None:
    """Require that all members of an sdist are in the folder `{name}-{version}`."""
    if archive.filename.endswith(".whl"):
        return
    known: dict[str, bool] = {}
    for member in archive.members:
        place = _segments(member)
        if not place:
            continue
        if place[0] not in known:
            known[place[0]] = is_named_after(upload, place[0])
        if not (known[place[0]] and (len(place) > 1 or member.kind is Kind.FOLDER)):
            raise MembersOutsideError(_stem(archive))


def metadata_agrees(archive: Archive, upload: Upload) -> None:
    """Require that the metadata has the name and version of the form."""
    document = core_metadata.read(archive)
    if document is None:
        return
    name, version = core_metadata.name_and_version(document)
    if upload.name and normalize(name) != normalize(upload.name):
        raise MetadataDisagreesError
    if upload.version and version_key(version) != version_key(upload.version):
        raise MetadataDisagreesError


def stays_inside(archive: Archive, _upload: Upload) -> None:
    """Refuse members and links whose paths lead out of the archive."""
    links = {posixpath.normpath(member.path) for member in archive.members if member.kind in _LINKS}
    for member in archive.members:
        if not _is_safe(member.path) or (member.kind in _LINKS and not _leads_inside(member)):
            raise UnsafeMemberError(member.path, member.kind)
        if links and not links.isdisjoint(_parents(member.path)):
            raise UnsafeMemberError(member.path, f"{member.kind} behind a link")


def is_made_of_files(archive: Archive, _upload: Upload) -> None:
    """Refuse all members but files, folders and links, such as devices, pipes and sparse files."""
    for member in archive.members:
        if member.kind not in _MADE_OF:
            raise UnsafeMemberError(member.path, member.kind)


ARCHIVE_CHECKS: tuple[ArchiveCheck, ...] = (
    stays_inside,
    is_made_of_files,
    has_dist_info,
    has_one_folder,
    has_pkg_info,
    metadata_agrees,
)
"""In the order of their evaluation."""


def without(checks: tuple[ArchiveCheck, ...], *left_out: ArchiveCheck) -> tuple[ArchiveCheck, ...]:
    """Return the checks except some of them."""
    return tuple(check for check in checks if check not in left_out)


def is_named_after(upload: Upload, stem: str) -> bool:
    """Return whether `{name}-{version}` matches the form in any spelling. An empty field matches everything."""
    return any(
        (not upload.name or normalize(name) == normalize(upload.name))
        and (not upload.version or _is_version(upload.version, version))
        for name, version in splits(stem)
    )


def _is_version(wanted: str, found: str) -> bool:
    return version_key(found) == version_key(wanted) or (
        _UNSAFE_IN_NAMES.sub("_", found) == _UNSAFE_IN_NAMES.sub("_", wanted)
    )


def _stem(archive: Archive) -> str:
    return archive.filename.removesuffix(".tar.gz").removesuffix(".zip")


def _segments(member: Member) -> list[str]:
    return [segment for segment in member.path.split("/") if segment not in {"", "."}]


def _is_safe(path: str) -> bool:
    return not (
        path.startswith("/") or "\\" in path or ".." in path.split("/") or _DRIVE.match(path) is not None
    )


def _leads_inside(link: Member) -> bool:
    """Return whether a link's target is in the archive. `..` is allowed only at the beginning of the target."""
    target = link.target
    is_relative = target and not (target.startswith("/") or "\\" in target or _DRIVE.match(target))
    if not is_relative or ".." in target.lstrip("./").split("/"):
        return False
    start = posixpath.dirname(link.path) if link.kind is Kind.SYMLINK else ""
    return not posixpath.normpath(posixpath.join(start, target)).startswith("..")


def _parents(path: str) -> list[str]:
    place = posixpath.normpath(path).split("/")
    return ["/".join(place[:length]) for length in range(1, len(place))]
