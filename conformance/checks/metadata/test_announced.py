"""What pages say about metadata files."""

from __future__ import annotations

import re
from email.parser import BytesHeaderParser
from typing import TYPE_CHECKING

from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.uploads.publishing import link
from conformance.verdicts import NotApplicable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from conformance.checks.metadata.metadata_files import MetadataFile
    from conformance.checks.metadata.unusual_metadata import Release
    from conformance.kit.fixtures import Index


DECISIVE = frozenset({"requires-dist", "requires-python", "provides-extra"})
"""Fields that installers decide by."""

NAME, OLD_NAME = "data-core-metadata", "data-dist-info-metadata"
KEY, OTHER_KEYS = "core-metadata", ("dist-info-metadata", "data-core-metadata", "data-dist-info-metadata")
VALUE = re.compile(r"[a-z][a-z0-9_]*=[0-9a-fA-F]+|true", re.ASCII)


@check("metadata.html.attribute-name")
def test_html_attribute_name(index: Index) -> None:
    for name in index.projects:
        page = index.html(name).page
        old = [file.filename for file in page.files if OLD_NAME in file.raw and NAME not in file.raw]
        expect.rule(
            f"every file announced with {OLD_NAME} to be announced with {NAME}, too",
            broken_by=old,
            where=page.where,
        )


@check("metadata.html.legacy-equal")
def test_html_legacy_equal(index: Index) -> None:
    for name in index.projects:
        page = index.html(name).page
        both = [file.raw for file in page.files if OLD_NAME in file.raw and NAME in file.raw]
        different = [f"{raw[OLD_NAME]} beside {raw[NAME]}" for raw in both if raw[OLD_NAME] != raw[NAME]]
        expect.rule(f"{OLD_NAME} to have the value of {NAME}", broken_by=different, where=page.where)


@check("metadata.html.value")
def test_html_value(index: Index) -> None:
    for name in index.projects:
        page = index.html(name).page
        values = [file.raw[key] for file in page.files for key in (NAME, OLD_NAME) if key in file.raw]
        expect.each(
            values,
            "to be `<algorithm>=<hex>` or `true`",
            lambda value: VALUE.fullmatch(value or ""),
            of="announcement",
            where=page.where,
            named=repr,
        )


@check("metadata.json.key")
def test_json_key(index: Index) -> None:
    for name in index.projects:
        page = index.json(name).page
        wrong = [f"{file.filename} ({key})" for file in page.files if (key := _other_key(file.raw))]
        expect.rule(
            f"every metadata file to be announced with the key `{KEY}`", broken_by=wrong, where=page.where
        )


def _other_key(raw: Mapping[str, Any]) -> str | None:
    """Return the other key that announces a file, where the standard one does not say anything."""
    return None if KEY in raw else next((key for key in OTHER_KEYS if raw.get(key)), None)


@check("metadata.hash-offered")
def test_hash_offered(index: Index) -> None:
    for name in index.projects:
        for page in index.pages(name):
            bare = [file.filename for file in page.files if file.core_metadata is True]
            expect.rule(
                "every announcement to carry a hash of the metadata file", broken_by=bare, where=page.where
            )


@check("metadata.sdist-static-only")
def test_sdist_static_only(metadata_files: list[MetadataFile]) -> None:
    for each in metadata_files:
        is_sdist = not each.filename.endswith(".whl")
        changing = [each.filename] if is_sdist and not is_final(each.answer.content) else []
        expect.rule(
            "metadata to be announced only for sdists whose builds keep it",
            broken_by=changing,
            where=each.answer,
        )


@check("metadata.legacy-files")
def test_legacy_files(index: Index, release: Release) -> None:
    if not release.bare_upload.is_success:
        raise NotApplicable(f"a wheel without METADATA is refused: {release.bare_upload}")
    for page in index.pages(release.bare.name):
        announced = link(page, release.bare).core_metadata
        expect.equal(
            announced, None, of="the metadata file announced for a wheel without METADATA", where=page.where
        )


def is_final(document: bytes) -> bool:
    """Tell whether building an sdist with this PKG-INFO changes nothing that installers decide by.

    Source: Core metadata specifications, #dynamic.
    """
    headers = BytesHeaderParser().parsebytes(document)
    version = tuple(
        int(part) for part in str(headers.get("Metadata-Version", "0")).split(".") if part.isdigit()
    )
    dynamic = {str(value).strip().lower() for value in headers.get_all("Dynamic", [])}
    return version >= (2, 2) and not dynamic & DECISIVE
