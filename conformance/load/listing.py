"""What a page lists, so that two pages and an upload compare, and where its files are."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from conformance.wire.answer import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.pages import ProjectPage


def sha256_in(hashes: Mapping[str, str]) -> str:
    """Return the SHA-256 of some hashes in lower case, as digests are computed; empty without one."""
    return {name.lower(): text.lower() for name, text in hashes.items()}.get("sha256", "")


def listed(page: ProjectPage | None) -> dict[str, str]:
    """Return the files of a page with their SHA-256, which is empty where the page states none."""
    return {file.filename: sha256_in(file.hashes) for file in (page.files if page else ())}


def differing(one: Mapping[str, str], other: Mapping[str, str]) -> list[str]:
    """Return the files that only one listing has, or that both have with different hashes.

    A hash in one form only contradicts nothing.
    """
    return [
        file
        for file in sorted({*one, *other})
        if file not in one or file not in other or (one[file] and other[file] and one[file] != other[file])
    ]


def agree(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """Whether two listings have the same files without a contradiction."""
    return not differing(one, other)


def is_beyond(url: str) -> bool:
    """Whether a URL leads to another machine, or is none."""
    try:
        return urlsplit(url).hostname not in LOOPBACK
    except ValueError:
        return True
