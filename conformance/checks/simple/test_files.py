"""What a file's link gives, in whichever form the link stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.uploads.publishing import link, publish
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from collections.abc import Iterable

    from conformance.checks.simple.downloads import Downloads
    from conformance.kit.fixtures import Corpus, Index, NewName, SecondUpload
    from conformance.pages import ProjectPage


@check("simple.file.bytes-exact")
def test_bytes_exact(index: Index, corpus: Corpus, downloads: Downloads, new_name: NewName) -> None:
    """Of files whose names an SQL pattern does not tell apart, too: `_` stands for any letter there."""
    sent = {corpus[role].filename: corpus[role] for role in ("main-wheel", "main-sdist")}
    links = {
        file.url: file.filename for page in index.pages(canonicalize_name(corpus.main)) for file in page.files
    }
    for url, filename in links.items():
        if filename in sent:
            expect.same_bytes(downloads(url), sent[filename])
    name = new_name("like-this")
    alike = (wheel(name.replace("like-this", "likexthis"), "1.0"), wheel(name, "1.0"))
    publish(index.registry, *alike)
    for each in alike:
        expect.same_bytes(downloads(link(index.pages(each.name)[-1], each).url), each)


@check("simple.file.immutable")
def test_immutable(index: Index, second_upload: SecondUpload, downloads: Downloads) -> None:
    first = second_upload.distribution
    pages = index.pages(first.name)

    def changed(page: ProjectPage) -> Iterable[str]:
        listed = [file for file in page.files if file.filename == first.filename]
        return [
            file.hashes["sha256"]
            for file in listed
            if file.hashes.get("sha256", first.sha256).lower() != first.sha256
        ]

    expect.rule_on_each(pages, f"the file to keep its sha256 {first.sha256}", broken_by=changed)
    for url in {file.url for page in pages for file in page.files if file.filename == first.filename}:
        expect.same_bytes(downloads(url), first)
