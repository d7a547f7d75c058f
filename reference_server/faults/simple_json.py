"""Faults in the simple pages as JSON: what the page says in HTML stays as it is."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from html import escape
from typing import TYPE_CHECKING, Any

from reference_server.faults import Fault

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reference_server.rendering.pages import FileLink, ProjectPage, RootPage

WRITTEN_TIME = "%Y-%m-%dT%H:%M:%S.%fZ"


class ChangesJson(Fault):
    """Changes what was written as JSON, where no key of the page can."""

    def rendered(self, body: bytes) -> bytes:
        return self.written(body) if body.startswith(b"{") else body

    def written(self, body: bytes) -> bytes:
        """Change a page in JSON."""
        document = json.loads(body)
        self.change(document)
        return json.dumps(document).encode()

    def change(self, document: dict[str, Any]) -> None:
        """Change the object of a page, in place."""


class ChangesKeys(Fault):
    """Writes other values into the JSON object of every file."""

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return page.each(lambda file: replace(file, keys={**file.keys, **self.keys(file)}))

    def keys(self, file: FileLink) -> Mapping[str, Any]:
        """Give what takes the place of the file's own keys."""
        raise NotImplementedError


class ChangesVersions(Fault):
    """Writes other values into `versions`."""

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return replace(page, keys={**page.keys, "versions": self.versions(list(page.versions or ()))})

    def versions(self, versions: list[str]) -> list[Any]:
        """Give what takes the place of the versions."""
        raise NotImplementedError


# Every answer


class RootInAnArray(ChangesJson):
    """Wraps the list of projects in an array."""

    breaks = (
        "simple.json.is-object",
        "simple.json.meta",
        "simple.json.api-version",
        "simple.json.root.projects",
        "nego.content-type.truthful",
        "simple.root.agrees-across-types",
        "simple.root.lists-uploads",
    )

    def written(self, body: bytes) -> bytes:
        return b"[" + body + b"]" if "projects" in json.loads(body) else body


class ByteOrderMark(ChangesJson):
    """Begins JSON with a byte order mark."""

    breaks = ("simple.json.wellformed",)

    def written(self, body: bytes) -> bytes:
        return b"\xef\xbb\xbf" + body


class NotANumber(ChangesJson):
    """Writes NaN, as Python's json module does unless told otherwise."""

    breaks = ("simple.json.wellformed",)

    def change(self, document: dict[str, Any]) -> None:
        document["_score"] = float("nan")


class KeyTwice(ChangesJson):
    """Writes a key twice, as templates made of strings do."""

    breaks = ("simple.json.wellformed",)

    def written(self, body: bytes) -> bytes:
        meta = json.dumps({"meta": json.loads(body)["meta"]}).encode()
        return meta.removesuffix(b"}") + b"," + body.removeprefix(b"{")


class RootWithoutMeta(Fault):
    """Has null for the list of projects' `meta`."""

    breaks = ("simple.json.meta", "simple.json.api-version")

    def root_page(self, page: RootPage) -> RootPage:
        return replace(page, keys={**page.keys, "meta": None})


class ApiVersionAsNumber(Fault):
    """Declares the version of the list of projects as a number."""

    breaks = ("simple.json.api-version",)

    def root_page(self, page: RootPage) -> RootPage:
        return replace(page, keys={**page.keys, "meta": {"api-version": 1.4}})


class ApiVersionTwo(Fault):
    """Declares version 2.0 under the media type of version 1."""

    breaks = ("simple.json.api-version.major-1",)

    def root_page(self, page: RootPage) -> RootPage:
        return replace(page, keys={**page.keys, "meta": {"api-version": "2.0"}})


class ApiVersionBehindContent(Fault):
    """Declares 1.2 and has the key `provenance`, as Pulp has it at 1.1."""

    breaks = (
        "simple.json.api-version.covers-content",
        "prov.api-version",
        "simple.html.version-meta.both-pages",
    )

    def project_page(self, page: ProjectPage) -> ProjectPage:
        if page.status or any(file.provenance for file in page.files):
            return page
        no_provenance = page.each(lambda file: replace(file, keys={**file.keys, "provenance": None}))
        return replace(no_provenance, repository_version="1.2")


class VersionsLeftOut(Fault):
    """Declares 1.4 without `versions`, as ProGet declared 1.1."""

    breaks = (
        "simple.json.api-version.delivers",
        "simple.json.versions.present",
        "simple.json.versions.covers-files",
        "simple.json.versions.complete",
    )

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return replace(page, versions=None)


class SizesLeftOut(Fault):
    """Declares 1.4 without the files' sizes, as the sjtug mirror declared 1.1."""

    breaks = ("simple.json.api-version.delivers", "simple.json.file.size")

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return page.each(lambda file: replace(file, size=None))


class JsonBehindHtml(Fault):
    """Declares 1.3 in JSON and 1.4 in HTML, on pages that need no more than 1.3."""

    breaks = ("simple.json.version-in-sync",)

    def project_page(self, page: ProjectPage) -> ProjectPage:
        meta = {"api-version": "1.3"}
        return page if page.status else replace(page, keys={**page.keys, "meta": meta})


# The list of projects


class ProjectsAsStrings(Fault):
    """Lists projects as plain strings."""

    breaks = (
        "simple.json.root.projects",
        "simple.root.agrees-across-types",
        "simple.root.lists-uploads",
    )

    def root_page(self, page: RootPage) -> RootPage:
        return replace(page, keys={"projects": [project.name for project in page.projects]})


class ProjectsWithUrls(Fault):
    """Writes a project's URL beside its name."""

    breaks = ("simple.json.root.entry-keys",)

    def root_page(self, page: RootPage) -> RootPage:
        entries = [{"name": project.name, "url": project.url} for project in page.projects]
        return replace(page, keys={"projects": entries})


class ProjectsTwice(Fault):
    """Lists a project once per spelling, as an index that inherits from another does."""

    breaks = ("simple.json.root.unique",)

    def root_page(self, page: RootPage) -> RootPage:
        names = [project.name for project in page.projects]
        names += [name.replace("-", "_").upper() for name in names]
        return replace(page, keys={"projects": [{"name": name} for name in names]})


# The page of a project


class DisplayNameOnPage(Fault):
    """Gives the name as the first upload spelled it."""

    breaks = ("simple.json.detail.name",)

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return replace(page, keys={**page.keys, "name": page.name})


class FileTwiceInJson(ChangesJson):
    """Lists a file twice."""

    breaks = ("simple.json.detail.files",)

    def change(self, document: dict[str, Any]) -> None:
        document.get("files", []).extend(document.get("files", [])[:1])


class SdistsOnlyInHtml(ChangesJson):
    """Leaves sdists out of JSON."""

    breaks = (
        "simple.json.detail.same-as-html",
        "yank.html-json-agree",
    )

    def change(self, document: dict[str, Any]) -> None:
        if "files" in document:
            document["files"] = [file for file in document["files"] if file["filename"].endswith(".whl")]


# The keys of a file


class FilenamesWithAFolder(ChangesKeys):
    """Puts a folder before the file name."""

    breaks = (
        "simple.json.file.filename",
        "simple.json.file.url",
        "simple.json.file.requires-python.quotes",
        "simple.json.detail.same-as-html",
        "http.pages.cache-control",
        "prov.json.same-rules",
        "prov.statement.subject",
        "simple.name.normalization",
        "status.active.download",
        "status.active.upload",
        "yank.html-json-agree",
        "yank.still-listed",
    )

    def keys(self, file: FileLink) -> Mapping[str, Any]:
        return {"filename": f"./{file.filename}"}


class UrlsEscapedTwice(ChangesKeys):
    """Escapes what is escaped already: `%2B` becomes `%252B`."""

    breaks = ("simple.json.file.url", "simple.url.percent-encoding", "metadata.served")

    def keys(self, file: FileLink) -> Mapping[str, Any]:
        return {"url": file.url.replace("%", "%25")}


class HashesNull(ChangesKeys):
    """Has null where no hashes are wanted."""

    breaks = (
        "simple.json.file.hashes.present",
        "simple.json.file.hashes.secure",
        "simple.json.file.hashes.sha256",
        "simple.json.detail.same-as-html",
    )

    def keys(self, file: FileLink) -> Mapping[str, Any]:
        del file
        return {"hashes": None}


class HashesEmpty(ChangesKeys):
    """Has no hashes in JSON."""

    breaks = (
        "simple.json.file.hashes.secure",
        "simple.json.file.hashes.sha256",
        "simple.json.detail.same-as-html",
    )

    def keys(self, file: FileLink) -> Mapping[str, Any]:
        del file
        return {"hashes": {}}


class JsonHashNamesInCapitals(ChangesKeys):
    """Writes SHA256."""

    breaks = ("simple.json.file.hashes.lowercase",)

    def keys(self, file: FileLink) -> Mapping[str, Any]:
        return {"hashes": {name.upper(): digest for name, digest in file.hashes.items()}}


class HashesOfTheMetadata(ChangesKeys):
    """Gives the metadata's hash as the file's, as artifact-keeper did the other way round."""

    breaks = (
        "simple.json.file.hashes.correct",
        "simple.json.detail.same-as-html",
        "prov.statement.subject",
        "simple.file.immutable",
        "yank.still-downloadable",
    )

    def keys(self, file: FileLink) -> Mapping[str, Any]:
        return {"hashes": dict(file.core_metadata)} if isinstance(file.core_metadata, dict) else {}


class HashesShortened(ChangesKeys):
    """Gives half of a digest."""

    breaks = (
        "simple.json.file.hashes.correct",
        "simple.json.detail.same-as-html",
        "prov.statement.subject",
        "simple.file.immutable",
        "yank.still-downloadable",
    )

    def keys(self, file: FileLink) -> Mapping[str, Any]:
        return {"hashes": {name: digest[:32] for name, digest in file.hashes.items()}}


class HashUnknownToHashlib(ChangesKeys):
    """Adds blake2b_256, which hashlib knows only with a parameter."""

    breaks = ("simple.json.file.hashes.hashlib-name",)

    def keys(self, file: FileLink) -> Mapping[str, Any]:
        return {"hashes": {**file.hashes, "blake2b_256": "00" * 32}}


class RequiresPythonEscaped(ChangesKeys):
    """Escapes Requires-Python as HTML does."""

    breaks = (
        "simple.json.file.requires-python",
        "simple.json.file.requires-python.quotes",
        "simple.json.detail.same-as-html",
    )

    def keys(self, file: FileLink) -> Mapping[str, Any]:
        return {"requires-python": escape(file.requires_python)} if file.requires_python else {}


class RequiresPythonInAscii(ChangesKeys):
    """Loses what is not ASCII in Requires-Python."""

    breaks = ("simple.json.file.requires-python.quotes",)

    def keys(self, file: FileLink) -> Mapping[str, Any]:
        text = file.requires_python
        return {"requires-python": text.encode("ascii", "ignore").decode()} if text else {}


class CoreMetadataAsInHtml(ChangesKeys):
    """Writes `sha256=…`, as HTML does."""

    breaks = (
        "simple.json.file.core-metadata.type",
        "simple.json.file.core-metadata.hashes",
        "simple.json.detail.same-as-html",
    )

    def keys(self, file: FileLink) -> Mapping[str, Any]:
        metadata = file.core_metadata
        return {"core-metadata": f"sha256={metadata['sha256']}"} if isinstance(metadata, dict) else {}


class CoreMetadataPromised(ChangesKeys):
    """Says that every file has metadata, also where there is none."""

    breaks = (
        "simple.json.file.core-metadata.truthy-served",
        "simple.json.detail.same-as-html",
        "metadata.sdist-static-only",
        "metadata.served",
    )

    def keys(self, file: FileLink) -> Mapping[str, Any]:
        return {} if file.core_metadata else {"core-metadata": dict(file.hashes)}


class CoreMetadataDenied(ChangesKeys):
    """Says that no file has metadata, and serves it."""

    breaks = ("simple.json.file.core-metadata.falsy-absent", "simple.json.detail.same-as-html")

    def keys(self, file: FileLink) -> Mapping[str, Any]:
        del file
        return {"core-metadata": False}


class CoreMetadataUnhashed(ChangesKeys):
    """Says only that there is metadata."""

    breaks = (
        "simple.json.file.core-metadata.hashes",
        "metadata.hash-offered",
    )

    def keys(self, file: FileLink) -> Mapping[str, Any]:
        return {"core-metadata": True} if file.core_metadata else {}


class DistInfoMetadataOfTheFile(ChangesKeys):
    """Gives the file's hash under the metadata's older name, as artifact-keeper did."""

    breaks = ("simple.json.file.dist-info-metadata.alias",)

    def keys(self, file: FileLink) -> Mapping[str, Any]:
        return {"dist-info-metadata": dict(file.hashes)} if file.core_metadata else {}


class DataPrefixInJson(ChangesKeys):
    """Writes the HTML attribute's name, as PyPI does."""

    incident = "pip #12038"
    breaks = ("simple.json.file.no-data-prefix",)

    def keys(self, file: FileLink) -> Mapping[str, Any]:
        return {"data-dist-info-metadata": bool(file.core_metadata)}


class JsonSignaturesPromised(ChangesKeys):
    """Says that every file has a signature, and has none."""

    breaks = ("simple.json.file.gpg-sig",)

    def keys(self, file: FileLink) -> Mapping[str, Any]:
        del file
        return {"gpg-sig": True}


class YankedEmpty(ChangesKeys):
    """Writes an empty string for what is not yanked: yanked to uv, and not to pip."""

    breaks = ("simple.json.file.yanked.type",)

    def keys(self, file: FileLink) -> Mapping[str, Any]:
        return {"yanked": ""} if file.yanked is None else {}


class SizesAsText(ChangesKeys):
    """Writes sizes as strings."""

    breaks = ("simple.json.file.size",)

    def keys(self, file: FileLink) -> Mapping[str, Any]:
        return {"size": str(file.size)}


class SizesInKilobytes(ChangesKeys):
    """Counts sizes in kilobytes."""

    breaks = ("simple.json.file.size",)

    def keys(self, file: FileLink) -> Mapping[str, Any]:
        return {"size": (file.size or 0) // 1024}


class UploadTimeWithoutZone(ChangesKeys):
    """Leaves out the Z."""

    breaks = ("simple.json.file.upload-time.format",)

    def keys(self, file: FileLink) -> Mapping[str, Any]:
        return {"upload-time": (file.upload_time or "").removesuffix("Z")}


class UploadTimeLocal(ChangesKeys):
    """Writes another zone's time, with a Z."""

    breaks = ("simple.json.file.upload-time.utc",)

    def keys(self, file: FileLink) -> Mapping[str, Any]:
        time = datetime.fromisoformat(file.upload_time or "1970-01-01T00:00:00Z")
        return {"upload-time": (time + timedelta(hours=5, minutes=45)).strftime(WRITTEN_TIME)}


class UploadTimeOfTheProject(Fault):
    """Gives every file the time of the last upload, as what goes by a folder's time does."""

    breaks = ("simple.json.file.upload-time.stable",)

    def project_page(self, page: ProjectPage) -> ProjectPage:
        last = max((file.upload_time or "" for file in page.files), default=None)
        return page.each(lambda file: replace(file, upload_time=last))


# The versions of a project


class VersionsAsNumbers(ChangesVersions):
    """Writes 1.0 as a number."""

    breaks = ("simple.json.versions.present",)

    def versions(self, versions: list[str]) -> list[Any]:
        return [float(each) if each.replace(".", "", 1).isdecimal() else each for each in versions]


class VersionsTwice(ChangesVersions):
    """Lists a version once per file."""

    breaks = ("simple.json.versions.set",)

    def versions(self, versions: list[str]) -> list[Any]:
        return [*versions, *versions]


class LastVersionMissing(ChangesVersions):
    """Lists the versions of yesterday."""

    breaks = ("simple.json.versions.covers-files", "simple.json.versions.complete")

    def versions(self, versions: list[str]) -> list[Any]:
        return versions[:-1]


class VersionsWithAPrefix(ChangesVersions):
    """Lists versions with a v, as tags have it."""

    breaks = ("simple.json.versions.normalized",)

    def versions(self, versions: list[str]) -> list[Any]:
        return [f"v{each}" for each in versions]


# Other keys


class KeysOfItsOwn(ChangesKeys):
    """Has a key of its own without an underscore."""

    breaks = ("simple.json.private-keys",)

    def keys(self, file: FileLink) -> Mapping[str, Any]:
        del file
        return {"downloads": 0}
