"""The hash in the fragment of a file's URL."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urldefrag

from conformance.checks.simple.file_anchors import is_of_file
from conformance.checks.simple.file_samples import extent_of, html_samples
from conformance.checks.simple.html_pages import html_project_pages
from conformance.kit import expect
from conformance.kit.check import check
from conformance.verdicts import NotApplicable

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.checks.simple.downloads import Downloads
    from conformance.kit.fixtures import Index, Remark
    from conformance.kit.index import Reading
    from conformance.pages import FileLink, HtmlDocument, ProjectPage


_HASH = re.compile(r"(\w+)=([0-9a-fA-F]+)", re.ASCII)


class Hash(NamedTuple):
    """A hash as a link has it: the algorithm in lower case, the digest in lower-case hex."""

    algorithm: str
    digest: str


LENGTHS = {
    name: hashlib.new(name).digest_size * 2
    for name in sorted(hashlib.algorithms_guaranteed)
    if hashlib.new(name).digest_size
}
"""The number of hex digits of each algorithm whose digests have a fixed length."""


@check("simple.html.hash.present")
def test_present(index: Index) -> None:
    without = links(lambda file: not fragment(file) and is_of_file(file))
    expect.rule_on_each(html_project_pages(index), "every link to carry a hash", broken_by=without)


@check("simple.html.hash.syntax")
def test_syntax(index: Index) -> None:
    malformed = links(lambda file: fragment(file) and not is_well_formed(fragment(file)))
    expect.rule_on_each(
        hashed(index), "the fragment of every link to be #<hash name>=<hex digest>", broken_by=malformed
    )


@check("simple.html.hash.guaranteed-algorithm")
def test_guaranteed_algorithm(index: Index) -> None:
    other = links(lambda file: (found := hash_of(file)) and found.algorithm not in LENGTHS)
    expect.rule_on_each(
        hashed(index), "the hash of every link to be of an algorithm that hashlib guarantees", broken_by=other
    )


@check("simple.html.hash.sha256")
def test_sha256(index: Index) -> None:
    other = links(lambda file: (found := hash_of(file)) and found.algorithm != "sha256")
    expect.rule_on_each(hashed(index), "the hash of every link to be a sha256", broken_by=other)


@check("simple.html.hash.correct")
def test_correct(index: Index, downloads: Downloads, remark: Remark) -> None:
    reading = index.html()
    files = [file for file in html_samples(index) if (hash_ := hash_of(file)) and hash_.algorithm in LENGTHS]
    if not files:
        raise NotApplicable("no link has a hash of a known algorithm")
    remark(extent_of(files, index))
    expect.rule(
        "the hash of every link to be that of its file",
        broken_by=[
            f"{fragment(file)} of {file.filename}"
            for file in files
            if not is_hash_of_content(file, downloads)
        ],
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


def fragment(file: FileLink) -> str:
    """Return the fragment of an HTML link, as it stands."""
    return urldefrag(str(file.raw.get("href", ""))).fragment


def hash_of(file: FileLink) -> Hash | None:
    """Return the hash in the fragment of an HTML link; None where there is none to be read."""
    match = _HASH.fullmatch(fragment(file))
    return Hash(match[1].lower(), match[2].lower()) if match else None


def hashed(index: Index) -> list[Reading[ProjectPage, HtmlDocument]]:
    """Return the HTML pages of projects. Raises NotApplicable when no link on them has a fragment."""
    pages = html_project_pages(index)
    if not any(fragment(file) for reading in pages for file in reading.page.files):
        raise NotApplicable("no link has a hash")
    return pages
