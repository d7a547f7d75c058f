"""The keys of a file that need nothing but the page; its metadata and its signature are asked for."""

from __future__ import annotations

import html
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from conformance.checks.simple.file_samples import smallest_of_each_kind
from conformance.checks.simple.json_pages import every_value, is_hex, json_pages, values
from conformance.checks.simple.specifiers import is_same
from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.differences import written
from conformance.pages import without_private
from conformance.verdicts import NotApplicable
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from conformance.checks.simple.metadata_inside import MetadataInside
    from conformance.kit.fixtures import Corpus, Index, NewName, RegistryClient, Remark


ODD = '==="3.8"\\\u00e9\U0001f40d'
"""A Requires-Python that is valid, as `===` compares any text, and that JSON has to escape."""


@check("simple.json.file.filename")
def test_filename(index: Index) -> None:
    for page in json_pages(index):
        names = [file.get("filename") for file in page.document.files]
        wrong = [repr(name) for name in names if not isinstance(name, str) or not name or {*"/\\"} & {*name}]
        expect.rule("every `filename` to be a file name", broken_by=wrong, where=page)


@check("simple.json.file.requires-python")
def test_requires_python(index: Index, corpus: Corpus, inside: MetadataInside, remark: Remark) -> None:
    uploaded = {each.distribution.filename: each.distribution for each in corpus.published.values()}
    for page in json_pages(index):
        wrong = []
        for filename, value in values(page, "requires-python"):
            known = uploaded.get(filename)
            is_text = value is None or (isinstance(value, str) and html.unescape(value) == value)
            wanted = known and known.metadata.requires_python
            is_right = is_same(value, wanted) if wanted else not (known and value)
            if not is_text or not is_right:
                wrong.append(f"{written(value)} of {filename}")
        expect.rule("every `requires-python` to be that of the metadata", broken_by=wrong, where=page)
    if not corpus.published:
        with suppress(NotApplicable):  # the form of each value was looked at all the same
            remark(inside.extent)
            for each in inside.differences(page.page for page in json_pages(index)):
                wrong = [str(each)] if each.wrong else []
                expect.rule(
                    "every `requires-python` to be that of the metadata",
                    broken_by=wrong,
                    where=each.page.where,
                )


@check("simple.json.file.requires-python.quotes")
def test_requires_python_quotes(index: Index, registry: RegistryClient, new_name: NewName) -> None:
    odd = wheel(new_name("quotes"), "1.0", requires_python=ODD)
    answer = registry.upload(odd)
    if not answer.is_success:
        raise NotApplicable(f"the registry refuses {ODD!r} as a Requires-Python: {answer.status}")
    page = index.json(odd.name)
    found = {file.filename: file.requires_python for file in page.page.files}
    expect.equal(found, {odd.filename: ODD}, of="Requires-Python", where=page)


@check("simple.json.file.core-metadata.type")
def test_core_metadata_type(index: Index) -> None:
    every_value(
        index,
        "core-metadata",
        lambda value: isinstance(value, bool) or is_digests(value),
        kind="a boolean or an object of hex digests",
    )


@check("simple.json.file.core-metadata.truthy-served")
def test_core_metadata_truthy_served(index: Index, registry: RegistryClient) -> None:
    page = index.json()
    advertised = smallest_of_each_kind(
        tuple(file for file in page.page.files if file.raw.get("core-metadata"))
    )
    answers = [registry.download(f"{file.url}.metadata") for file in advertised]
    expect.each(
        answers,
        "to be served",
        lambda answer: answer.status == 200,
        of="metadata file that `core-metadata` announces",
        where=page,
    )


@check("simple.json.file.core-metadata.falsy-absent")
def test_core_metadata_falsy_absent(index: Index, registry: RegistryClient) -> None:
    page = index.json()
    without = smallest_of_each_kind(
        tuple(file for file in page.page.files if file.raw.get("core-metadata") in (False, {}))
    )
    answers = [registry.download(f"{file.url}.metadata") for file in without]
    wrong = [str(answer) for answer in answers if answer.status == 200]
    expect.rule("no metadata file to be served where `core-metadata` denies one", broken_by=wrong, where=page)


@check("simple.json.file.core-metadata.not-empty")
def test_core_metadata_not_empty(index: Index, registry: RegistryClient) -> None:
    """Of a file with a metadata file, an empty object is true: it lacks its hashes, and no more."""
    for page in json_pages(index):
        empty = smallest_of_each_kind(
            tuple(file for file in page.page.files if file.raw.get("core-metadata") == {})
        )
        answers = {file.filename: registry.download(f"{file.url}.metadata") for file in empty}
        expect.rule(
            "every `core-metadata` of a file without a metadata file to be anything but an empty object",
            broken_by=[
                f"{{}} of {filename}: {answer}"
                for filename, answer in answers.items()
                if answer.status in {404, 410}
            ],
            where=page,
        )


@check("simple.json.file.core-metadata.hashes")
def test_core_metadata_hashes(index: Index) -> None:
    def is_hashed(value: Any) -> bool:
        return not value or (isinstance(value, dict) and "sha256" in value)

    every_value(index, "core-metadata", is_hashed, kind="an object with sha256")


@check("simple.json.file.dist-info-metadata.alias")
def test_dist_info_metadata_alias(index: Index) -> None:
    """A file without `core-metadata` has nothing to equal: see `metadata.json.key`."""
    for page in json_pages(index):
        wrong = [
            f"{file['dist-info-metadata']!r} of {file.get('filename')}"
            for file in page.document.files
            if {"core-metadata", "dist-info-metadata"} <= file.keys()
            and file["dist-info-metadata"] != file["core-metadata"]
        ]
        expect.rule(
            "every `dist-info-metadata` to have the value of `core-metadata`", broken_by=wrong, where=page
        )


@check("simple.json.file.gpg-sig")
def test_gpg_sig(index: Index, registry: RegistryClient) -> None:
    every_value(index, "gpg-sig", lambda value: isinstance(value, bool), kind="a boolean")
    page = index.json()
    wrong = []
    for signed in (True, False):
        for file in smallest_of_each_kind(tuple(file for file in page.page.files if file.gpg_sig is signed)):
            answer = registry.download(f"{file.url}.asc")
            if (answer.status == 200) is not signed:
                wrong.append(f"gpg-sig {signed}: {answer}")
    expect.rule(
        "a signature to be served where `gpg-sig` is true, and only there", broken_by=wrong, where=page
    )


@check("simple.json.file.yanked.type")
def test_yanked_type(index: Index) -> None:
    every_value(
        index,
        "yanked",
        lambda value: isinstance(value, bool) or (isinstance(value, str) and value != ""),
        kind="a boolean or a non-empty string",
    )


def is_digests(value: object) -> bool:
    """Tell whether this is an object of hex digests."""
    return isinstance(value, dict) and all(map(is_hex, without_private(value).values()))
