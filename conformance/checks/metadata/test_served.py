"""The files at the URLs of announced metadata."""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING
from zipfile import BadZipFile

from conformance.checks.metadata.settled import announces_metadata, require_served, settled_metadata
from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.http import Follow
from conformance.kit.registry import ANONYMOUS
from conformance.kit.uploads.publishing import fetch, link, publish
from conformance.kit.urls import metadata_url
from conformance.kit.zip_archives import wheel_metadata
from conformance.verdicts import Deviation, NotApplicable, Untestable
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from conformance.checks.metadata.metadata_files import MetadataFile
    from conformance.checks.metadata.unusual_metadata import Release
    from conformance.kit.fixtures import Driver, Index, NewName, RegistryClient
    from conformance.kit.http import Answer
    from conformance.pages import FileLink


MOST_UNANNOUNCED = 2
LINE, LINES = "A line of a description, as long as most of them are: seventy letters.\n", 1_500
"""A description of 106,500 bytes: more than the longest text of many databases, and fewer than a file may have."""

LARGE = 50_000_000
"""Bytes of a wheel that is fetched only where there is no smaller one."""


@check("metadata.served")
def test_served(metadata_files: list[MetadataFile]) -> None:
    expect.each(
        metadata_files,
        "to be served",
        lambda each: each.answer.status == 200,
        of="announced metadata file",
        where=metadata_files[0].answer,
        named=lambda each: str(each.answer),
    )


@check("metadata.bytes")
def test_bytes(registry: RegistryClient, served: list[MetadataFile]) -> None:
    wheels = [each for each in served if each.filename.endswith(".whl")]
    if not wheels:
        raise NotApplicable("no page announces the metadata file of a wheel")
    chosen = min(wheels, key=_is_large)
    whole = fetch(registry, chosen.links[0].url)
    try:
        wanted = wheel_metadata(whole.content)
    except (BadZipFile, LookupError) as error:
        raise Untestable(f"the wheel holds no METADATA: {whole}: {error}") from error
    expect.equal(chosen.answer.content, wanted, of="the metadata file, as in the wheel,", where=chosen.answer)


@check("metadata.per-wheel")
def test_per_wheel(registry: RegistryClient, index: Index, new_name: NewName) -> None:
    """The one of the second wheel says more, so that each is right for its own wheel alone."""
    name = new_name("metadata-each")
    wheels = (wheel(name, "1.0"), wheel(name, "1.0", build="1", summary="Of the wheel with a build tag."))
    publish(registry, *wheels)
    moment = time.monotonic()
    page = index.pages(name)[-1]
    links = {each: link(page, each) for each in wheels}
    if not all(map(announces_metadata, links.values())):
        raise NotApplicable("the page does not announce the metadata files of both wheels")
    answers = {each: settled_metadata(registry, file, published=moment) for each, file in links.items()}
    if not any(answer.status == 200 for answer in answers.values()):
        raise Untestable("neither metadata file that is announced is served; see metadata.served")
    for each, answer in answers.items():
        expect.status(answer, 200)
        wanted = wheel_metadata(each.content)
        expect.equal(answer.content, wanted, of=f"the metadata file of {each.filename}", where=answer)


@check("metadata.not-utf8")
def test_not_utf8(registry: RegistryClient, index: Index, new_name: NewName) -> None:
    """Registries may refuse such a wheel, or announce no metadata file for it; the twin is in UTF-8."""
    name = new_name("metadata-latin-1")
    text = f"Metadata-Version: 2.1\nName: {name}\nVersion: {{version}}\nAuthor: Jürgen Groß\n\nGrüße\n"
    twin = wheel(name, "0.9", document=text.format(version="0.9").encode())
    latin_1 = wheel(name, "1.0", document=text.format(version="1.0").encode("latin-1"))
    publish(registry, twin)
    answer = registry.upload(latin_1)
    if not answer.is_success:
        raise NotApplicable(f"a wheel whose METADATA is in Latin-1 is refused: {answer}")
    registry.accepted(latin_1, sha256=latin_1.sha256)
    moment = time.monotonic()
    page = index.pages(name, fresh=True)[-1]
    file = link(page, latin_1)
    if not announces_metadata(file):
        raise NotApplicable("the page announces no metadata file for a wheel whose METADATA is in Latin-1")
    require_served(registry, link(page, twin), what="in UTF-8")
    found = settled_metadata(registry, file, published=moment)
    if found.status != 200:
        raise Untestable(f"a metadata file that is announced is not served ({found}); see metadata.served")
    expect.equal(
        found.content, wheel_metadata(latin_1.content), of="the metadata file, as in the wheel,", where=found
    )


@check("metadata.long")
def test_long(registry: RegistryClient, index: Index, new_name: NewName) -> None:
    name = new_name("metadata-long")
    document = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n\n" + LINE * LINES
    distribution = wheel(name, "1.0", document=document.encode())
    short = wheel(name, "0.9")
    publish(registry, short, distribution)
    moment = time.monotonic()
    page = index.pages(name)[-1]
    file = link(page, distribution)
    if not announces_metadata(file):
        raise NotApplicable("the page does not announce the metadata file of a wheel with a long description")
    answer = settled_metadata(registry, file, published=moment)
    if answer.status != 200:
        require_served(registry, link(page, short), what="with a short description")
    if answer.is_server_error:
        raise Untestable(f"the metadata file of a wheel with a long description ends in an error: {answer}")
    expect.status(answer, 200)
    expect.equal(answer.content, document.encode(), of="the metadata file, as in the wheel,", where=answer)


def _is_large(each: MetadataFile) -> bool:
    return any((link_.size or 0) > LARGE for link_ in each.links)


@check("metadata.hash-correct")
def test_hash_correct(served: list[MetadataFile]) -> None:
    for each in served:
        wrong = [
            f"{algorithm}={digest}"
            for link_ in each.links
            for algorithm, digest in _hashes(link_).items()
            if algorithm in hashlib.algorithms_guaranteed
            and digest.lower()
            != hashlib.new(algorithm, each.answer.content, usedforsecurity=False).hexdigest()
        ]
        expect.rule(
            f"every announced hash to be that of the metadata file of {each.filename}",
            broken_by=wrong,
            where=each.answer,
        )


def _hashes(file: FileLink) -> dict[str, str]:
    announced = file.core_metadata
    return {} if announced is None or isinstance(announced, bool) else dict(announced)


@check("metadata.absent-404")
def test_absent_404(registry: RegistryClient, index: Index) -> None:
    pages = [page for name in index.projects for page in index.pages(name)]
    announced = {file.url for page in pages for file in page.files if file.core_metadata is not None}
    others = {file.url: file for page in pages for file in page.files if file.url not in announced}
    if not others:
        raise NotApplicable("every file announces a metadata file")
    for file in list(others.values())[:MOST_UNANNOUNCED]:
        answer = fetch(registry, metadata_url(file.url))
        denied = "core-metadata" in file.raw
        is_metadata = answer.status == 200 and answer.content.startswith(b"Metadata-Version:")
        if not answer.is_client_error and (denied or not is_metadata):
            raise Deviation(
                expected="the metadata file that no page announces to be refused (4xx)",
                found=f"status {answer.status}, {answer.content_type}: {answer.excerpt(100)}",
                where=str(answer),
            )


@check("metadata.after-yank")
def test_after_yank(registry: RegistryClient, index: Index, driver: Driver, new_name: NewName) -> None:
    distribution = wheel(new_name("metadata-yanked"), "1.0")
    publish(registry, distribution)
    before = [link(page, distribution).core_metadata for page in index.pages(distribution.name, fresh=True)]
    driver.yank(distribution)
    pages = index.pages(distribution.name, fresh=True)
    file = link(pages[0], distribution)
    answer = fetch(registry, metadata_url(file.url))
    expect.status(answer, 200)
    silent = [
        page.where
        for was, page in zip(before, pages, strict=True)
        if was and not link(page, distribution).core_metadata
    ]
    expect.rule("every page to go on announcing the metadata file", broken_by=silent, where=answer)


@check("metadata.same-auth")
def test_same_auth(registry: RegistryClient, served: list[MetadataFile]) -> None:
    url = served[0].links[0].url
    file, metadata = _open_to_all(registry, url), _open_to_all(registry, metadata_url(url))
    expect.equal(
        metadata.status in {200, 206},
        file.status in {200, 206},
        of=f"access to the metadata file without a credential, as to its file (status {file.status}),",
        where=metadata,
    )


def _open_to_all(registry: RegistryClient, url: str) -> Answer:
    headers = {"Range": "bytes=0-0"}
    return registry.request("GET", url, as_=ANONYMOUS, headers=headers, follow=Follow.ANY_HOST)


@check("metadata.content-encoding")
def test_content_encoding(registry: RegistryClient, served: list[MetadataFile]) -> None:
    first = served[0]
    coding = first.answer.headers.get("Content-Encoding", "")
    expect.rule(
        "a metadata file that is requested as it is to come without a content coding",
        broken_by=[f"Content-Encoding: {coding}"] if coding not in {"", "identity"} else (),
        where=first.answer,
    )
    answer = fetch(registry, metadata_url(first.links[0].url), encoding="gzip")
    expect.equal(answer.content, first.answer.content, of="the metadata file, once decoded,", where=answer)
    is_page = answer.content_type in {"text/html", "application/xhtml+xml"}
    expect.rule(
        "a metadata file to be served as anything but a web page",
        broken_by=[answer.content_type] if is_page else [],
        where=answer,
    )


@check("metadata.visible-together")
def test_visible_together(release: Release) -> None:
    if release.at_once is None:
        raise NotApplicable("the page announces no metadata file for a new wheel")
    expect.status(release.at_once, 200)
