"""Compares a store that no server uses with its blobs, byte by byte, and puts it right."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from reference_server.model.grammar import version_text
from reference_server.store import counters
from reference_server.store.directory import StoreDirectory
from reference_server.store.opening import closed, connected, digests, lost, open_mark

if TYPE_CHECKING:
    from pathlib import Path

    from reference_server.store.connections import Connections


@dataclass(frozen=True, slots=True)
class Findings:
    """What is wrong with a store: blobs by their digests, and the files that are listed with one of the first two.

    `misfiled` are packages that are not found by their versions, as the database has another key for them.
    `doubts` says why database and blobs may not belong together.
    """

    blobs: int
    damaged: tuple[str, ...]
    missing: tuple[str, ...]
    unused: tuple[str, ...]
    files: tuple[str, ...]
    misfiled: tuple[str, ...]
    doubts: str

    @property
    def is_sound(self) -> bool:
        """Whether nothing is wrong."""
        return not (self.damaged or self.missing or self.unused or self.misfiled or self.doubts)


def verified(path: Path) -> Findings:
    """Hash all blobs, and change neither rows nor files. What a killed server left in the log becomes rows.

    Raises `StoreError`.
    """
    return _run(path, repairs=False)


def repaired(path: Path) -> Findings:
    """Remove files from lists whose blobs are missing or damaged; move damaged and unused blobs to the trash.

    Afterwards, database and blobs belong together. Returns what was wrong. Raises `StoreError`.
    """
    return _run(path, repairs=True)


def _run(path: Path, *, repairs: bool) -> Findings:
    directory = StoreDirectory(path)
    try:
        known = directory.mark
        doubts = lost(directory, known)
        if doubts and not repairs:
            return _without_database(directory, doubts)  # to open it would complete the loss
        if repairs:
            directory.reserve.remove()  # the disk may be full
        connections = connected(directory, None, may_create=repairs, migrates=repairs)
        try:
            if known and known.store != _identity(connections):
                doubts = "database and blobs belong to different stores"
            findings = _found(directory, connections, doubts)
            if repairs:
                directory.prepare()
                _put_right(directory, connections, findings)
                open_mark(directory, connections)
        finally:
            if repairs:
                closed(directory, connections)
            else:
                connections.close()
    finally:
        directory.release(cleans=repairs)
    return findings


def _identity(connections: Connections) -> str:
    """Return the name of the store in the database; an empty text where an earlier release made the database."""
    is_named = connections.rows("SELECT 1 FROM sqlite_schema WHERE name = 'identity'")
    return connections.identity if is_named else ""


def _without_database(directory: StoreDirectory, doubts: str) -> Findings:
    damaged = tuple(sorted(path.name for path in directory.placed() if _digest(path) != path.name))
    return Findings(len(list(directory.placed())), damaged, (), (), (), (), doubts)


def _found(directory: StoreDirectory, connections: Connections, doubts: str) -> Findings:
    known = digests(connections)
    placed = {path.name: path for path in directory.placed()}
    damaged = {name for name in known & placed.keys() if _digest(placed[name]) != name}
    missing = known - placed.keys()
    files = connections.rows(
        "SELECT blob, gitlab_project, name, version, filename FROM files JOIN packages ON packages.id = package_id"
    )
    return Findings(
        blobs=len(known),
        damaged=tuple(sorted(damaged)),
        missing=tuple(sorted(missing)),
        unused=tuple(sorted(placed.keys() - known)),
        files=tuple(
            sorted(
                f"{filename} of {name} {version} in GitLab project {owner}"
                for blob, owner, name, version, filename in files
                if blob in damaged | missing
            )
        ),
        misfiled=tuple(sorted(each.described for each in _misfiled(connections))),
        doubts=doubts,
    )


class _Misfiled(NamedTuple):
    """A package whose key is not that of its version."""

    number: int
    described: str
    right_key: str


def _misfiled(connections: Connections) -> list[_Misfiled]:
    """Return the packages that are not found by their versions. An earlier release had no keys."""
    if not connections.rows("SELECT 1 FROM pragma_table_info('packages') WHERE name = 'version_key'"):
        return []
    return [
        _Misfiled(number, f"{name} {version} in GitLab project {owner}", right_key)
        for number, owner, name, version, key in connections.rows(
            "SELECT id, gitlab_project, name, version, version_key FROM packages"
        )
        if (right_key := version_text(version)) != key
    ]


def _digest(path: Path) -> str:
    """Return the digest of a file; an empty text for one that cannot be read."""
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return ""


def _put_right(directory: StoreDirectory, connections: Connections, findings: Findings) -> None:
    misfiled = _misfiled(connections)
    with connections.writing() as connection:
        for each in misfiled:
            connection.execute(
                "UPDATE packages SET version_key = ? WHERE id = ?", (each.right_key, each.number)
            )
        for sha256 in (*findings.damaged, *findings.missing):
            for package, owner, normalized in connection.execute(
                "SELECT DISTINCT packages.id, gitlab_project, normalized FROM packages "
                "JOIN files ON packages.id = package_id WHERE blob = ?",
                (sha256,),
            ).fetchall():
                change = counters.changed(connection, owner, normalized)  # so that pages are rendered anew
                connection.execute("UPDATE packages SET change = ? WHERE id = ?", (change, package))
            connection.execute("DELETE FROM files WHERE blob = ?", (sha256,))
            connection.execute("DELETE FROM blobs WHERE sha256 = ?", (sha256,))
    for sha256 in findings.damaged:
        directory.trash.take(directory.path_of(sha256), name=f"{sha256}.damaged")
    directory.sweep(digests(connections))
