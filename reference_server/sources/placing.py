"""Puts files into a store as packages, one per version, and takes them out again."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from reference_server.model import Package
from reference_server.model.grammar import name_and_version, normalize, version_key

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Mapping

    from reference_server.model import PackageFile
    from reference_server.store.protocol import Store

_SUFFIX = re.compile(r"\.(?:whl|tar\.gz|zip)")


def version_in(filename: str, normalized: str) -> str:
    """Return the version in the file name of a known project, or else what follows the name."""
    parsed = name_and_version(filename)
    if parsed is not None and normalize(parsed[0]) == normalized:
        return str(parsed[1])
    spelled = re.escape(normalized).replace(r"\-", "[-_.]+")
    rest = re.sub(rf"^{spelled}-", "", filename, flags=re.IGNORECASE)
    rest = _SUFFIX.sub("", rest)
    return (rest.partition("-")[0] if filename.endswith(".whl") else rest) or "0"


def put_files(store: Store, owner: int, normalized: str, files: Mapping[str, list[PackageFile]]) -> None:
    """Make the files of a project exactly these, given by version. The ids of the files are set here.

    A file that has the name and the location of one before keeps its id, and a package of the same version its own.
    """
    with store.lock:
        before = {version_key(each.version): each for each in store.packages_named(owner, normalized)}
        known = {(f.filename, f.sha256): f.id for package in before.values() for f in package.files}
        kept: set[Hashable] = set()
        for version, group in files.items():
            package = before.get(version_key(version)) or Package(
                id=store.next_id(),
                gitlab_project=owner,
                name=normalized,
                normalized=normalized,
                version=version,
                created_at=group[0].created_at,
            )
            placed = sorted(
                (
                    replace(
                        each,
                        id=known.get((each.filename, each.sha256)) or store.next_id(),
                        package_id=package.id,
                    )
                    for each in group
                ),
                key=lambda each: each.id,
            )
            kept.add(version_key(version))
            if tuple(placed) != package.files:
                store.put_package(replace(package, files=tuple(placed)))
        for key in before.keys() - kept:
            store.remove_package(before[key].id)


def replace_file(store: Store, file: PackageFile) -> None:
    """Put a file in place of the one with its id, if its package still has that."""
    with store.lock:
        package = store.package(file.package_id)
        if package is not None and any(each.id == file.id for each in package.files):
            files = tuple(file if each.id == file.id else each for each in package.files)
            store.put_package(replace(package, files=files))


def by_version(normalized: str, files: Iterable[PackageFile]) -> dict[str, list[PackageFile]]:
    """Group the files of a project by the first spelling of their version."""
    groups: dict[Hashable, tuple[str, list[PackageFile]]] = {}
    for file in files:
        version = version_in(file.filename, normalized)
        groups.setdefault(version_key(version), (version, []))[1].append(file)
    return dict(groups.values())


def files_of(store: Store, owner: int, normalized: str) -> Iterator[PackageFile]:
    """Yield the files of a project."""
    for package in store.packages_named(owner, normalized):
        yield from package.files
