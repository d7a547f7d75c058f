"""URLs that need a credential: what they answer with and without one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from conformance.kit.http import Follow
from conformance.kit.registry import ANONYMOUS

if TYPE_CHECKING:
    from conformance.kit.http import Answer
    from conformance.kit.index import Index
    from conformance.pages import FileLink


@dataclass(frozen=True, kw_only=True)
class Protected:
    """A URL that may need a credential: the answer without one first, and then to `default`."""

    what: str
    url: str
    anonymous: Answer
    known: Answer


def protected_urls(index: Index) -> tuple[Protected, ...]:
    """Ask for a project page, its first file and that one's metadata file, as pip does: first without a credential."""
    registry = index.registry
    urls = {"the page": registry.project_url(index.project)}
    if files := own_files(index):
        urls["a file"] = files[0].url
        if files[0].core_metadata is not None:
            urls["its metadata file"] = f"{files[0].url}.metadata"

    def protected(named: tuple[str, str]) -> Protected:
        what, url = named
        anonymous = registry.request("GET", url, as_=ANONYMOUS, follow=Follow.SAME_HOST)
        return Protected(what=what, url=url, anonymous=anonymous, known=registry.download(url))

    return tuple(registry.read_each(protected, urls.items()))


def own_files(index: Index) -> list[FileLink]:
    """Return the files of a page that are on the target's own host, where its credentials count."""
    pages = index.pages()
    return [file for file in pages[-1].files if index.registry.target.same_host(file.url)] if pages else []
