"""What a page lists, so that two pages and an upload compare, and where its files are."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from conformance.pages import contradictions
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


def differing(html: ProjectPage, json: ProjectPage) -> list[str]:
    """Say where the files of a page and their hashes contradict each other in its two forms."""
    hashes = (each for pair in contradictions.pairs(html, json) for each in contradictions.hashes(*pair))
    return [*contradictions.listed_once(html, json), *map(contradictions.written, hashes)]


def is_beyond(url: str) -> bool:
    """Whether a URL leads to another machine, or is none."""
    try:
        return urlsplit(url).hostname not in LOOPBACK
    except ValueError:
        return True
