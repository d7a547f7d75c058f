"""Distributions with an entry for each folder, as tar and zip programs write them, and setuptools into its sdists."""

from __future__ import annotations

import tarfile
from dataclasses import replace
from typing import TYPE_CHECKING

from reference_server.distributions import sdist, wheel
from reference_server.distributions.archives import (
    gzipped,
    tar_archive,
    tar_member,
    tar_members,
    zip_archive,
    zip_members,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reference_server.distributions import Distribution


def wheel_with_folders(name: str, version: str) -> Distribution:
    """Return a wheel with entries for its folders, which RECORD does not list: they are no files."""
    built = wheel(name, version)
    members = zip_members(built.content)
    folders = {f"{folder}/": b"" for folder in _folders(members)}
    return replace(built, content=zip_archive({**folders, **members}))


def sdist_with_folders(name: str, version: str) -> Distribution:
    """Return an sdist with entries for its folders, each before what is in it."""
    built = sdist(name, version)
    members = tar_members(built.content)
    folders = [(_folder(path), b"") for path in _folders(members)]
    files = [(tar_member(path, content), content) for path, content in members.items()]
    return replace(built, content=gzipped(tar_archive({}, more=[*folders, *files])))


def _folder(path: str) -> tarfile.TarInfo:
    member = tarfile.TarInfo(path)
    member.type, member.mode = tarfile.DIRTYPE, 0o755
    return member


def _folders(paths: Iterable[str]) -> list[str]:
    """Return the folders of members, the outer ones first."""
    inside = (path.split("/")[:-1] for path in paths)
    return sorted({"/".join(parts[:depth]) for parts in inside for depth in range(1, len(parts) + 1)})
