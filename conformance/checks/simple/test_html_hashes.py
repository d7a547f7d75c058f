"""The hash in the fragment of a file's URL."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from conformance.checks.simple.support import (
    fragment,
    hash_of,
    hashed,
    html_project_pages,
    nothing_on,
    some_of,
)
from conformance.kit import expect
from conformance.kit.check import check
from conformance.verdicts import NotApplicable

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.checks.simple.support import Downloads
    from conformance.kit.fixtures import Index
    from conformance.kit.index import Reading
    from conformance.pages import FileLink, HtmlDocument, ProjectPage

LENGTHS = {
    name: hashlib.new(name).digest_size * 2
    for name in sorted(hashlib.algorithms_guaranteed)
    if hashlib.new(name).digest_size
}
"""The number of hex digits of each algorithm whose digests have a fixed length."""


@check("simple.html.hash.present")
def test_present(index: Index) -> None:
    without = links(lambda file: not fragment(file))
    nothing_on(html_project_pages(index), without, is_="linked without a hash")


@check("simple.html.hash.syntax")
def test_syntax(index: Index) -> None:
    malformed = links(lambda file: fragment(file) and not is_well_formed(fragment(file)))
    nothing_on(hashed(index), malformed, is_="but #<hash name>=<hex digest>")


@check("simple.html.hash.guaranteed-algorithm")
def test_guaranteed_algorithm(index: Index) -> None:
    other = links(lambda file: (found := hash_of(file)) and found.algorithm not in LENGTHS)
    nothing_on(hashed(index), other, is_="a hash that hashlib does not guarantee")


@check("simple.html.hash.sha256")
def test_sha256(index: Index) -> None:
    other = links(lambda file: (found := hash_of(file)) and found.algorithm != "sha256")
    nothing_on(hashed(index), other, is_="a hash but sha256")


@check("simple.html.hash.correct")
def test_correct(index: Index, downloads: Downloads) -> None:
    reading = index.html()
    files = [file for file in some_of(index) if (hash_ := hash_of(file)) and hash_.algorithm in LENGTHS]
    if not files:
        raise NotApplicable("no link has a hash that can be computed")
    expect.nothing(
        of=[
            f"{fragment(file)} of {file.filename}"
            for file in files
            if not is_hash_of_content(file, downloads)
        ],
        is_="a digest of other bytes than come",
        where=reading,
    )


def links(wrong: Callable[[FileLink], object]) -> Callable[[Reading[ProjectPage, HtmlDocument]], list[str]]:
    """Return what lists the links of a page for which `wrong` is true."""

    def of_page(reading: Reading[ProjectPage, HtmlDocument]) -> list[str]:
        return [str(file.raw.get("href")) for file in reading.page.files if wrong(file)]

    return of_page


def is_well_formed(text: str) -> bool:
    """Tell whether a fragment is a lower-case hash name, `=`, and a hex digest of that hash's length."""
    match = re.fullmatch(r"([a-z0-9_]+)=([0-9a-fA-F]+)", text)
    return match is not None and len(match[2]) == LENGTHS.get(match[1], len(match[2]))


def is_hash_of_content(file: FileLink, downloads: Downloads) -> bool:
    """Tell whether a link's hash is that of what it leads to; of what does not come there is nothing to say."""
    answer, hash_ = downloads(file.url), hash_of(file)
    if answer.status != 200 or hash_ is None:
        return True
    return hashlib.new(hash_.algorithm, answer.content).hexdigest() == hash_.digest
