"""Faults in metadata files, and in what pages say about them."""

from __future__ import annotations

import gzip
from dataclasses import replace
from typing import TYPE_CHECKING

from werkzeug import Response

from reference_server.archives.checks import has_dist_info, without
from reference_server.faults import Fault
from reference_server.faults.reading import gitlab_project_of
from reference_server.http.json_responses import refusal
from reference_server.model.errors import PackageNotFoundError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reference_server.archives.archive import Archive
    from reference_server.http.request import Request
    from reference_server.rendering.pages import FileLink, ProjectPage
    from reference_server.rules import Rules

OLD_NAME = "data-dist-info-metadata"


def hashes_of(file: FileLink) -> Mapping[str, str]:
    """Give the hashes of a file's metadata file, as the page has them."""
    return file.core_metadata if file.core_metadata and not isinstance(file.core_metadata, bool) else {}


def as_value(hashes: Mapping[str, str]) -> str:
    """Write a hash as the attribute's value."""
    return next(f"{name}={digest}" for name, digest in hashes.items())


class MetadataUnderTheOldName(Fault):
    """Announces metadata files in HTML under the name of before PEP 714 alone."""

    incident = "uv #3689"
    caught_by = ("metadata.html.attribute-name", "simple.json.detail.same-as-html")

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return page.each(self._renamed)

    def _renamed(self, file: FileLink) -> FileLink:
        hashes = hashes_of(file)
        if not hashes:
            return file
        keys = {"core-metadata": dict(hashes)}
        return replace(file, core_metadata=None, attributes={OLD_NAME: as_value(hashes)}, keys=keys)


class OtherHashUnderTheOldName(Fault):
    """Announces the wheel's hash under the old name, as artifact-keeper once did."""

    incident = "artifact-keeper #3076"
    caught_by = ("metadata.html.legacy-equal",)

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return page.each(
            lambda file: (
                replace(file, attributes={OLD_NAME: as_value(file.hashes)}) if file.core_metadata else file
            )
        )


class MetadataDeniedInHtml(Fault):
    """Writes `data-core-metadata="false"` for a file without metadata file; pip fetches it all the same."""

    caught_by = ("metadata.html.value",)

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return page.each(
            lambda file: (
                file if file.core_metadata else replace(file, attributes={"data-core-metadata": "false"})
            )
        )


class MetadataUnderTheOldKey(Fault):
    """Announces metadata files in JSON under the key of before PEP 714 alone."""

    caught_by = (
        "metadata.json.key",
        "simple.json.detail.same-as-html",
        "simple.json.file.dist-info-metadata.alias",
    )

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return page.each(self._renamed)

    def _renamed(self, file: FileLink) -> FileLink:
        hashes = hashes_of(file)
        if not hashes:
            return file
        attributes = {"data-core-metadata": as_value(hashes)}
        keys = {"dist-info-metadata": dict(hashes)}
        return replace(file, core_metadata=None, attributes=attributes, keys=keys)


class MetadataFilesMissing(Fault):
    """Announces metadata files, and serves none, as artifact-keeper once did."""

    incident = "artifact-keeper #3405"
    caught_by = (
        "metadata.served",
        "metadata.after-yank",
        "metadata.visible-together",
        "simple.json.file.core-metadata.truthy-served",
    )

    def handle(self, request: Request) -> Response | None:
        return refusal(PackageNotFoundError()) if request.endpoint == "metadata_file" else None


class MetadataWrittenAnew(Fault):
    """Writes the metadata file anew from what it has understood: other line ends, and nothing at the end."""

    caught_by = ("metadata.bytes",)

    def rules(self, rules: Rules) -> Rules:
        read = rules.reads_metadata

        def rewritten(archive: Archive) -> bytes | None:
            document = read(archive)
            return document and b"\n".join(document.splitlines()).rstrip() + b"\n"

        return replace(rules, reads_metadata=rewritten)


class HashOfTheFileForItsMetadata(Fault):
    """Announces the wheel's hash as that of its metadata file."""

    incident = "artifact-keeper #3076"
    caught_by = ("metadata.hash-correct",)

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return page.each(
            lambda file: replace(file, core_metadata=file.hashes) if file.core_metadata else file
        )


class MetadataWithoutHash(Fault):
    """Announces metadata files with `true` alone."""

    caught_by = ("metadata.hash-offered", "simple.json.file.core-metadata.hashes")

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return page.each(lambda file: replace(file, core_metadata=bool(file.core_metadata) or None))


class WebPageForMissingMetadata(Fault):
    """Answers 200 with a web page where there is no metadata file."""

    caught_by = ("metadata.absent-404", "status.quarantined.urls-dead")

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "metadata_file" and response.status_code == 404:
            return Response("<!DOCTYPE html><title>Registry</title>", content_type="text/html; charset=utf-8")
        return response


class DynamicMetadataAnnounced(Fault):
    """Announces an sdist's metadata file whatever building it may still change."""

    caught_by = ("metadata.sdist-static-only",)

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, offers_metadata=lambda _filename, _document: True)


class MetadataMadeUp(Fault):
    """Makes metadata up for a wheel in which it found none."""

    caught_by = ("metadata.legacy-files", "archive.wheel-required-files")

    def rules(self, rules: Rules) -> Rules:
        read = rules.reads_metadata

        def made_up(archive: Archive) -> bytes | None:
            name, version = archive.filename.split("-")[:2]
            invented = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode()
            return read(archive) or (invented if archive.filename.endswith(".whl") else None)

        checks = without(rules.archive_checks, has_dist_info)
        return replace(rules, reads_metadata=made_up, archive_checks=checks)


class MetadataGoneWithTheYank(Fault):
    """Serves no metadata file for a yanked file."""

    caught_by = ("metadata.after-yank",)

    def handle(self, request: Request) -> Response | None:
        if request.endpoint != "metadata_file":
            return None
        arguments = request.arguments
        packages = request.registry.packages(gitlab_project_of(request))
        wanted = (arguments["sha256"], arguments["filename"])
        files = (file for package in packages for file in package.files)
        yanked = any((file.sha256, file.filename) == wanted and file.yanked is not None for file in files)
        return refusal(PackageNotFoundError()) if yanked else None


class MetadataForEveryone(Fault):
    """Gives metadata files to everybody: their path lies outside of what needs a credential."""

    caught_by = ("metadata.same-auth",)

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint != "metadata_file" or response.status_code != 401:
            return response
        arguments = request.arguments
        file = request.registry.file(gitlab_project_of(request), arguments["sha256"], arguments["filename"])
        return Response(file.core_metadata.document if file.core_metadata else b"")


class MetadataCompressedInSecret(Fault):
    """Compresses metadata files for those who take gzip, and does not say so."""

    caught_by = ("metadata.content-encoding",)

    def respond(self, request: Request, response: Response) -> Response:
        takes_gzip = "gzip" in request.headers.get("Accept-Encoding", "")
        if request.endpoint == "metadata_file" and response.status_code == 200 and takes_gzip:
            return Response(gzip.compress(response.data), content_type=response.content_type)
        return response


class MetadataComesLater(Fault):
    """Announces the metadata file of the newest file before it is there: the first who asks gets none."""

    caught_by = ("metadata.visible-together", "metadata.after-yank")

    def __init__(self) -> None:
        self._asked: set[str] = set()

    def handle(self, request: Request) -> Response | None:
        if request.endpoint != "metadata_file":
            return None
        packages = request.registry.packages(gitlab_project_of(request))
        newest = max((file for package in packages for file in package.files), key=lambda file: file.id)
        wanted = request.arguments["filename"]
        if newest.filename != wanted or wanted in self._asked:
            return None
        self._asked.add(wanted)
        return refusal(PackageNotFoundError())
