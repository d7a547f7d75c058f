"""What a page says about a file, held against the file."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import pytest

from conformance.checks.simple.file_samples import extent_of, smallest_of_each_kind
from conformance.checks.simple.json_pages import every_hash, is_hex, json_pages
from conformance.checks.simple.metadata_inside import MOST_FETCHED
from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.uploads.publishing import link, publish
from conformance.verdicts import NotApplicable
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from conformance.kit.fixtures import Index, NewName, RegistryClient, Remark
    from conformance.kit.http import Answer
    from conformance.pages import FileLink

    Downloads = list[tuple[FileLink, Answer]]


LARGE = 70_000
"""Bytes of a file whose size takes more than two bytes."""

SECURE = hashlib.algorithms_guaranteed - {"md5", "sha1"}


@pytest.fixture(scope="session")
def downloads(index: Index, registry: RegistryClient) -> Downloads:
    """The smallest wheel and the smallest sdist of each project."""
    pages = [index.json(name).page for name in index.projects]
    small = [tuple(file for file in page.files if (file.size or 0) <= MOST_FETCHED) for page in pages]
    files = [file for each in small for file in smallest_of_each_kind(each)]
    if not files:
        raise NotApplicable("no listed file is small enough to download")
    return [(file, registry.download(file.url)) for file in files]


@check("simple.json.file.url")
def test_url(index: Index, downloads: Downloads, remark: Remark) -> None:
    remark(extent_of(downloads, index))
    for page in json_pages(index):
        expect.each(
            page.page.files,
            "to end with the file name",
            lambda file: unquote(urlsplit(file.url).path.rpartition("/")[2]) == file.filename,
            of="`url`",
            where=page,
            named=lambda file: f"{file.raw.get('url')!r} of {file.filename}",
        )
    missing = [str(answer) for _, answer in downloads if answer.status != 200]
    expect.rule("every `url` to lead to its file", broken_by=missing, where=index.json())


@check("simple.json.file.size")
def test_size(
    registry: RegistryClient, index: Index, downloads: Downloads, new_name: NewName, *, remark: Remark
) -> None:
    """Of a file whose size takes more than two bytes, too."""
    remark(extent_of(downloads, index))
    for page in json_pages(index):
        wrong = [
            f"{file.raw.get('size')!r} of {file.filename}" for file in page.page.files if file.size is None
        ]
        expect.rule("every `size` to be an integer", broken_by=wrong, where=page)
    lengths = {file.filename: len(answer.content) for file, answer in downloads if answer.status == 200}
    sizes = {file.filename: file.size for file, _ in downloads if file.filename in lengths}
    expect.equal(sizes, lengths, of="the `size` of every file, as downloaded,", where=index.json())
    if index.offer.has("upload"):
        large = wheel(new_name("large"), "1.0", size=min(LARGE, registry.target.max_file_size or LARGE))
        publish(registry, large)
        page = index.json(large.name)
        found = link(page.page, large).size
        expect.equal(found, len(large.content), of=f"the `size` of {large.filename}", where=page)


@check("simple.json.file.hashes.present")
def test_present(index: Index) -> None:
    for page in json_pages(index):
        expect.each(
            page.document.files,
            "to be an object",
            lambda file: isinstance(file.get("hashes"), dict),
            of="`hashes`",
            where=page,
            named=lambda file: f"{file.get('hashes')!r} of {file.get('filename')}",
        )


@check("simple.json.file.hashes.secure")
def test_secure(index: Index) -> None:
    for page in json_pages(index):
        names = {file.filename: {name.lower() for name in file.hashes} for file in page.page.files}
        expect.each(
            names.items(),
            "to have a secure hash",
            lambda item: item[1] & SECURE,
            of="file",
            where=page,
            named=lambda item: f"{item[0]}, with {sorted(item[1])}",
        )


@check("simple.json.file.hashes.sha256")
def test_sha256(index: Index) -> None:
    for page in json_pages(index):
        names = {file.filename: {name.lower() for name in file.hashes} for file in page.page.files}
        expect.each(
            names.items(),
            "to have a sha256",
            lambda item: "sha256" in item[1],
            of="file",
            where=page,
            named=lambda item: item[0],
        )


@check("simple.json.file.hashes.lowercase")
def test_lowercase(index: Index) -> None:
    every_hash(index, lambda name, _: name == name.lower(), kind="a name in lower case")


@check("simple.json.file.hashes.hashlib-name")
def test_hashlib_name(index: Index) -> None:
    every_hash(index, lambda name, _: digest_size(name) is not None, kind="a name that hashlib.new() knows")


@check("simple.json.file.hashes.correct")
def test_correct(index: Index, downloads: Downloads, remark: Remark) -> None:
    remark(extent_of(downloads, index))

    def is_whole(name: str, digest: object) -> bool:
        return is_hex(digest) and len(str(digest)) == 2 * (digest_size(name) or len(str(digest)) // 2)

    every_hash(index, is_whole, kind="a hex digest of the right length")
    wrong = [
        f"{name}={digest} of {file.filename}"
        for file, answer in downloads
        if answer.status == 200
        for name, digest in file.hashes.items()
        if digest_size(name) and digest_of(name, answer.content) != digest.lower()
    ]
    expect.rule("every digest to be that of its file", broken_by=wrong, where=index.json())


def digest_of(name: str, content: bytes) -> str:
    """Return the digest of a file's bytes, in hex."""
    return hashlib.new(name.lower(), content, usedforsecurity=False).hexdigest()


def digest_size(name: str) -> int | None:
    """Return the bytes that a digest has; None when `hashlib.new(name)` has no answer without parameters."""
    try:
        return hashlib.new(name.lower(), usedforsecurity=False).digest_size or None
    except ValueError:
        return None
