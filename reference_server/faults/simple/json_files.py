"""Faults in the files of a page in JSON."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from html import escape
from typing import TYPE_CHECKING, Any

from reference_server.faults.building.rewritten_pages import ChangesKeys
from reference_server.faults.fault import Fault
from reference_server.model.grammar import name_and_version

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reference_server.rendering.pages import FileLink, ProjectPage

WRITTEN_TIME = "%Y-%m-%dT%H:%M:%S.%fZ"


class FilenamesWithAFolder(ChangesKeys):
    """Writes a directory before the file name."""

    caught_by = (
        "simple.json.file.filename",
        "simple.json.file.url",
        "simple.json.file.requires-python.quotes",
        "simple.json.detail.same-as-html",
        "http.pages.cache-control",
        "provenance.statement.subject",
        "simple.name.normalization",
        "status.active.again",
        "status.active.download",
        "status.active.upload",
        "yank.still-listed",
    )

    def keys(self, file: FileLink) -> Mapping[str, Any]:
        return {"filename": f"./{file.filename}"}


class UrlsEscapedTwice(ChangesKeys):
    """Escapes URLs twice: `%2B` becomes `%252B`."""

    caught_by = ("simple.json.file.url", "simple.url.percent-encoding", "metadata.served")

    def keys(self, file: FileLink) -> Mapping[str, Any]:
        return {"url": file.url.replace("%", "%25")}


class HashesNull(ChangesKeys):
    """Writes null instead of hashes."""

    caught_by = (
        "simple.json.file.hashes.present",
        "simple.json.file.hashes.secure",
        "simple.json.file.hashes.sha256",
    )

    def keys(self, file: FileLink) -> Mapping[str, Any]:
        return {"hashes": None}


class HashesEmpty(ChangesKeys):
    """Writes an empty object instead of hashes."""

    caught_by = (
        "simple.json.file.hashes.secure",
        "simple.json.file.hashes.sha256",
    )

    def keys(self, file: FileLink) -> Mapping[str, Any]:
        return {"hashes": {}}


class JsonHashNamesInCapitals(ChangesKeys):
    """Writes the name of the hash as SHA256."""

    caught_by = ("simple.json.file.hashes.lowercase",)

    def keys(self, file: FileLink) -> Mapping[str, Any]:
        return {"hashes": {name.upper(): digest for name, digest in file.hashes.items()}}


class HashesOfTheMetadata(ChangesKeys):
    """Lists the metadata file's hash as the file's; artifact-keeper did the reverse."""

    caught_by = (
        "simple.json.file.hashes.correct",
        "simple.json.detail.same-as-html",
        "provenance.statement.subject",
        "simple.file.immutable",
        "yank.still-downloadable",
    )

    def keys(self, file: FileLink) -> Mapping[str, Any]:
        return {"hashes": dict(file.core_metadata)} if isinstance(file.core_metadata, dict) else {}


class HashesShortened(ChangesKeys):
    """Truncates digests to half their length."""

    caught_by = (
        "simple.json.file.hashes.correct",
        "simple.json.detail.same-as-html",
        "provenance.statement.subject",
        "simple.file.immutable",
        "yank.still-downloadable",
    )

    def keys(self, file: FileLink) -> Mapping[str, Any]:
        return {"hashes": {name: digest[:32] for name, digest in file.hashes.items()}}


class HashUnknownToHashlib(ChangesKeys):
    """Adds blake2b_256, which hashlib knows only with a parameter."""

    caught_by = ("simple.json.file.hashes.hashlib-name",)

    def keys(self, file: FileLink) -> Mapping[str, Any]:
        return {"hashes": {**file.hashes, "blake2b_256": "00" * 32}}


class RequiresPythonEscaped(ChangesKeys):
    """Escapes Requires-Python in JSON as in HTML."""

    caught_by = (
        "simple.json.file.requires-python",
        "simple.json.file.requires-python.quotes",
        "simple.json.detail.same-as-html",
    )

    def keys(self, file: FileLink) -> Mapping[str, Any]:
        return {"requires-python": escape(file.requires_python)} if file.requires_python else {}


class RequiresPythonInAscii(ChangesKeys):
    """Drops non-ASCII characters from Requires-Python."""

    caught_by = ("simple.json.file.requires-python.quotes",)

    def keys(self, file: FileLink) -> Mapping[str, Any]:
        text = file.requires_python
        return {"requires-python": text.encode("ascii", "ignore").decode()} if text else {}


class CoreMetadataAsInHtml(ChangesKeys):
    """Writes `sha256=…` for core metadata, as in HTML."""

    caught_by = (
        "simple.json.file.core-metadata.type",
        "simple.json.file.core-metadata.hashes",
    )

    def keys(self, file: FileLink) -> Mapping[str, Any]:
        metadata = file.core_metadata
        return {"core-metadata": f"sha256={metadata['sha256']}"} if isinstance(metadata, dict) else {}


class CoreMetadataPromised(ChangesKeys):
    """Announces metadata for every file, even without any."""

    caught_by = (
        "simple.json.file.core-metadata.truthy-served",
        "metadata.sdist-static-only",
        "metadata.served",
    )

    def keys(self, file: FileLink) -> Mapping[str, Any]:
        return {} if file.core_metadata else {"core-metadata": dict(file.hashes)}


class CoreMetadataEmpty(ChangesKeys):
    """Writes an empty object for a file without metadata."""

    caught_by = ("simple.json.file.core-metadata.not-empty",)

    def keys(self, file: FileLink) -> Mapping[str, Any]:
        return {} if file.core_metadata else {"core-metadata": {}}


class CoreMetadataDenied(ChangesKeys):
    """Denies metadata in JSON but serves it."""

    caught_by = ("simple.json.file.core-metadata.falsy-absent",)

    def keys(self, file: FileLink) -> Mapping[str, Any]:
        return {"core-metadata": False}


class CoreMetadataUnhashed(ChangesKeys):
    """Announces metadata in JSON without a hash."""

    caught_by = (
        "simple.json.file.core-metadata.hashes",
        "metadata.hash-offered",
    )

    def keys(self, file: FileLink) -> Mapping[str, Any]:
        return {"core-metadata": True} if file.core_metadata else {}


class DistInfoMetadataOfTheFile(ChangesKeys):
    """Writes the file's hash under the old key of the metadata, as artifact-keeper did."""

    caught_by = ("simple.json.file.dist-info-metadata.alias",)

    def keys(self, file: FileLink) -> Mapping[str, Any]:
        return {"dist-info-metadata": dict(file.hashes)} if file.core_metadata else {}


class DataPrefixInJson(ChangesKeys):
    """Writes the HTML attribute's name as a key, as PyPI does."""

    incident = "pip #12038"
    caught_by = ("simple.json.file.no-data-prefix",)

    def keys(self, file: FileLink) -> Mapping[str, Any]:
        return {"data-dist-info-metadata": bool(file.core_metadata)}


class JsonSignaturesPromised(ChangesKeys):
    """Announces in JSON signatures that do not exist."""

    caught_by = ("simple.json.file.gpg-sig",)

    def keys(self, file: FileLink) -> Mapping[str, Any]:
        return {"gpg-sig": True}


class YankedEmpty(ChangesKeys):
    """Writes an empty string if a file is not yanked, which uv reads as yanked."""

    caught_by = ("simple.json.file.yanked.type",)

    def keys(self, file: FileLink) -> Mapping[str, Any]:
        return {"yanked": ""} if file.yanked is None else {}


class SizesAsText(ChangesKeys):
    """Writes file sizes as strings."""

    caught_by = ("simple.json.file.size",)

    def keys(self, file: FileLink) -> Mapping[str, Any]:
        return {"size": str(file.size)}


class SizesInKilobytes(ChangesKeys):
    """Writes file sizes in kilobytes."""

    caught_by = ("simple.json.file.size",)

    def keys(self, file: FileLink) -> Mapping[str, Any]:
        return {"size": (file.size or 0) // 1024}


class SizesInTwoBytes(ChangesKeys):
    """Keeps two bytes of every size."""

    caught_by = ("simple.json.file.size",)

    def keys(self, file: FileLink) -> Mapping[str, Any]:
        return {"size": (file.size or 0) % 65_536}


class UploadTimeWithoutZone(ChangesKeys):
    """Omits the Z from upload times."""

    caught_by = ("simple.json.file.upload-time.format",)

    def keys(self, file: FileLink) -> Mapping[str, Any]:
        return {"upload-time": (file.upload_time or "").removesuffix("Z")}


class UploadTimeLocal(ChangesKeys):
    """Writes upload times of another time zone with a Z."""

    caught_by = ("simple.json.file.upload-time.utc",)

    def keys(self, file: FileLink) -> Mapping[str, Any]:
        time = datetime.fromisoformat(file.upload_time or "1970-01-01T00:00:00Z")
        return {"upload-time": (time + timedelta(hours=5, minutes=45)).strftime(WRITTEN_TIME)}


class UploadTimeOfTheVersion(Fault):
    """Lists every file of a version with the time of its first file, as a database of releases has it."""

    caught_by = ("simple.json.file.upload-time.per-file",)

    def project_page(self, page: ProjectPage) -> ProjectPage:
        first: dict[object, str] = {}
        for file in page.files:
            version, time = name_and_version(file.filename), file.upload_time or ""
            first[version] = min(first.get(version, time), time)
        return page.each(
            lambda file: replace(file, upload_time=first[name_and_version(file.filename)] or None)
        )


class UploadTimeOfTheProject(Fault):
    """Lists every file with the time of the last upload, as directory timestamps do."""

    caught_by = ("simple.json.file.upload-time.stable", "simple.json.file.upload-time.per-file")

    def project_page(self, page: ProjectPage) -> ProjectPage:
        last = max((file.upload_time or "" for file in page.files), default=None)
        return page.each(lambda file: replace(file, upload_time=last))
