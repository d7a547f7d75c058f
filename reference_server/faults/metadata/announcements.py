"""Faults in how pages announce metadata files."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reference_server.faults.fault import Fault

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reference_server.rendering.pages import FileLink, ProjectPage
    from reference_server.rules import Rules

OLD_NAME = "data-dist-info-metadata"


def hashes_of(file: FileLink) -> Mapping[str, str]:
    """Return the hashes of a file's metadata file, as the page lists them."""
    return file.core_metadata if file.core_metadata and not isinstance(file.core_metadata, bool) else {}


def as_value(hashes: Mapping[str, str]) -> str:
    """Return a hash as the attribute's value."""
    return next(f"{name}={digest}" for name, digest in hashes.items())


class MetadataUnderTheOldName(Fault):
    """Announces metadata files in HTML only under the name from before PEP 714."""

    incident = "uv #3689"
    caught_by = ("metadata.html.attribute-name",)

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return page.each(self._renamed)

    def _renamed(self, file: FileLink) -> FileLink:
        hashes = hashes_of(file)
        if not hashes:
            return file
        keys = {"core-metadata": dict(hashes)}
        return replace(file, core_metadata=None, attributes={OLD_NAME: as_value(hashes)}, keys=keys)


class OtherHashUnderTheOldName(Fault):
    """Announces the wheel's hash under the name from before PEP 714, as artifact-keeper once did."""

    incident = "artifact-keeper #3076"
    caught_by = ("metadata.html.legacy-equal",)

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return page.each(
            lambda file: (
                replace(file, attributes={OLD_NAME: as_value(file.hashes)}) if file.core_metadata else file
            )
        )


class MetadataDeniedInHtml(Fault):
    """Writes `data-core-metadata="false"`, which pip reads as an announcement."""

    caught_by = ("metadata.html.value",)

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return page.each(
            lambda file: (
                file if file.core_metadata else replace(file, attributes={"data-core-metadata": "false"})
            )
        )


class MetadataUnderTheOldKey(Fault):
    """Announces metadata files in JSON only under the key from before PEP 714."""

    caught_by = ("metadata.json.key",)

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return page.each(self._renamed)

    def _renamed(self, file: FileLink) -> FileLink:
        hashes = hashes_of(file)
        if not hashes:
            return file
        attributes = {"data-core-metadata": as_value(hashes)}
        keys = {"dist-info-metadata": dict(hashes)}
        return replace(file, core_metadata=None, attributes=attributes, keys=keys)


class HashOfTheFileForItsMetadata(Fault):
    """Announces the wheel's hash as the hash of its metadata file."""

    incident = "artifact-keeper #3076"
    caught_by = ("metadata.hash-correct",)

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return page.each(
            lambda file: replace(file, core_metadata=file.hashes) if file.core_metadata else file
        )


class MetadataWithoutHash(Fault):
    """Announces metadata files without a hash."""

    caught_by = ("metadata.hash-offered", "simple.json.file.core-metadata.hashes")

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return page.each(lambda file: replace(file, core_metadata=bool(file.core_metadata) or None))


class FoldedLinesEndTheMetadata(Fault):
    """Reads the fields of an sdist up to the first folded line, and knows no Dynamic after it."""

    caught_by = ("metadata.sdist-static-only",)

    def rules(self, rules: Rules) -> Rules:
        def offered(filename: str, document: bytes) -> bool:
            return rules.offers_metadata(filename, document.partition(b"\n ")[0])

        return replace(rules, offers_metadata=offered)


class DynamicMetadataAnnounced(Fault):
    """Announces the metadata files of sdists that have dynamic fields."""

    caught_by = ("metadata.sdist-static-only",)

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, offers_metadata=lambda _filename, _document: True)
