"""Faults in metadata files."""

from __future__ import annotations

import gzip
import tarfile
from dataclasses import replace
from typing import TYPE_CHECKING
from zipfile import ZipFile

from werkzeug import Response

from reference_server.archives.archive import Document
from reference_server.archives.checks import has_dist_info, without
from reference_server.faults.building.requests import gitlab_project_of
from reference_server.faults.building.responses import FailsAtFirst
from reference_server.faults.fault import Fault
from reference_server.http.json_responses import refusal
from reference_server.model.errors import PackageNotFoundError

if TYPE_CHECKING:
    from reference_server.archives.archive import Archive, ArchiveLimits
    from reference_server.http.request import Request
    from reference_server.model.blob import Blob
    from reference_server.rendering.pages import FileLink, ProjectPage
    from reference_server.rules import Rules


WIDTH = 65_535
"""Bytes of a text in a database such as MySQL."""

BUILT = 5
"""The number of hyphens in the file name of a wheel with a build tag."""

OF_TESTS = "other/egg-info/PKG-INFO"
"""A path that is not that of a distribution's own metadata."""


class MetadataPerVersion(Fault):
    """Keeps the metadata of a version's first wheel for all its wheels, its hash included."""

    caught_by = ("metadata.per-wheel",)
    acts_on = ("project_page", "metadata_file")

    def project_page(self, page: ProjectPage) -> ProjectPage:
        first: dict[str, FileLink] = {}
        for file in page.files:
            if file.core_metadata:
                first.setdefault(release_of(file.filename), file)
        return page.each(
            lambda file: (
                replace(file, core_metadata=first[release_of(file.filename)].core_metadata)
                if file.core_metadata
                else file
            )
        )

    def handle(self, request: Request) -> Response | None:
        if request.endpoint == "metadata_file":
            wanted = release_of(request.arguments["filename"])
            packages = request.registry.packages(gitlab_project_of(request))
            for file in (file for package in packages for file in package.files):
                if file.core_metadata and release_of(file.filename) == wanted:
                    same = {"sha256": file.sha256, "filename": file.filename}
                    request.arguments = {**request.arguments, **same}
                    break
        return None


def release_of(filename: str) -> str:
    """Return the name and the version in the file name of a wheel, or all of another file name."""
    return "-".join(filename.split("-")[:2]) if filename.endswith(".whl") else filename


class MetadataFilesMissing(Fault):
    """Announces metadata files but serves none, as artifact-keeper once did."""

    incident = "artifact-keeper #3405"
    caught_by = (
        "metadata.served",
        "metadata.after-yank",
        "metadata.visible-together",
        "simple.json.file.core-metadata.truthy-served",
    )

    def handle(self, request: Request) -> Response | None:
        return refusal(PackageNotFoundError()) if request.endpoint == "metadata_file" else None


class MetadataFilesOfBuiltWheelsMissing(Fault):
    """Announces the metadata files of wheels with a build tag, and serves none."""

    caught_by = ("metadata.per-wheel",)

    def handle(self, request: Request) -> Response | None:
        is_asked = request.endpoint == "metadata_file"
        is_built = is_asked and request.arguments["filename"].split(".whl")[0].count("-") == BUILT
        return refusal(PackageNotFoundError()) if is_built else None


class MetadataWrittenAnew(Fault):
    """Reserializes metadata files: line endings and trailing blank lines change."""

    caught_by = ("metadata.bytes",)

    def rules(self, rules: Rules) -> Rules:
        read = rules.reads_metadata

        def rewritten(archive: Archive) -> bytes | None:
            document = read(archive)
            return document and b"\n".join(document.splitlines()).rstrip() + b"\n"

        return replace(rules, reads_metadata=rewritten)


class MetadataDecoded(Fault):
    """Decodes metadata as UTF-8 and encodes the text again, with the hash of that."""

    caught_by = ("metadata.not-utf8",)

    def rules(self, rules: Rules) -> Rules:
        def decoded(archive: Archive) -> bytes | None:
            document = rules.reads_metadata(archive)
            return document and document.decode(errors="replace").encode()

        return replace(rules, reads_metadata=decoded)


class MetadataOfVendoredProjects(Fault):
    """Serves the first METADATA of a wheel at any depth, which may be that of a vendored project."""

    caught_by = ("metadata.vendored",)

    def rules(self, rules: Rules) -> Rules:
        def opened(filename: str, blob: Blob, limits: ArchiveLimits) -> Archive | None:
            archive = rules.open_archive(filename, blob, limits)
            if archive is None or not filename.endswith(".whl"):
                return archive
            with blob.open() as stream, ZipFile(stream) as members:
                paths = [path for path in members.namelist() if path.endswith(".dist-info/METADATA")]
                found = [Document(path, members.read(path)) for path in paths[:1]]
            return replace(archive, documents=(*archive.documents, *found))

        def first(archive: Archive) -> bytes | None:
            is_wheel = archive.filename.endswith(".whl") and archive.documents
            return archive.documents[-1].content if is_wheel else rules.reads_metadata(archive)

        return replace(rules, open_archive=opened, reads_metadata=first)


class PkgInfoOfTests(Fault):
    """Serves the last PKG-INFO of an sdist at any depth, which may be that of another project."""

    caught_by = ("metadata.vendored",)

    def rules(self, rules: Rules) -> Rules:
        def opened(filename: str, blob: Blob, limits: ArchiveLimits) -> Archive | None:
            archive = rules.open_archive(filename, blob, limits)
            if archive is None or not filename.endswith(".tar.gz"):
                return archive
            with blob.open() as stream, tarfile.open(fileobj=stream) as members:
                of_others = [each for each in members if each.name.endswith("egg-info/PKG-INFO")]
                pieces = [members.extractfile(each) for each in of_others[-1:]]
                found = [Document(OF_TESTS, piece.read()) for piece in pieces if piece]
            return replace(archive, documents=(*archive.documents, *found))

        def last(archive: Archive) -> bytes | None:
            document = archive.documents[-1] if archive.documents else None
            is_of_tests = document is not None and document.path == OF_TESTS
            return document.content if document and is_of_tests else rules.reads_metadata(archive)

        return replace(rules, open_archive=opened, reads_metadata=last)


class LongMetadataCutOff(Fault):
    """Keeps the first 65,535 bytes of metadata, as a column of that width does, and the hash of them."""

    caught_by = ("metadata.long",)

    def rules(self, rules: Rules) -> Rules:
        def cut_off(archive: Archive) -> bytes | None:
            document = rules.reads_metadata(archive)
            return document and document[:WIDTH]

        return replace(rules, reads_metadata=cut_off)


class WebPageForMissingMetadata(Fault):
    """Answers 200 with a web page for an absent metadata file."""

    caught_by = ("metadata.absent-404", "status.quarantined.urls-dead")

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "metadata_file" and response.status_code == 404:
            return Response("<!DOCTYPE html><title>Registry</title>", content_type="text/html; charset=utf-8")
        return response


class MetadataMadeUp(Fault):
    """Invents metadata for a wheel that holds none."""

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
    """Serves no metadata files of yanked files."""

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


class MetadataOfYankedFilesDenied(Fault):
    """Denies in JSON that yanked files have a metadata file."""

    caught_by = ("metadata.after-yank",)

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return page.each(
            lambda file: file if file.yanked is None else replace(file, keys={"core-metadata": False})
        )


class MetadataForEveryone(Fault):
    """Serves metadata files without credentials."""

    caught_by = ("metadata.same-auth",)

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint != "metadata_file" or response.status_code != 401:
            return response
        arguments = request.arguments
        file = request.registry.file(gitlab_project_of(request), arguments["sha256"], arguments["filename"])
        return Response(file.core_metadata.document if file.core_metadata else b"")


class MetadataCompressedSilently(Fault):
    """Compresses metadata files without Content-Encoding."""

    caught_by = ("metadata.content-encoding",)

    def respond(self, request: Request, response: Response) -> Response:
        takes_gzip = "gzip" in request.headers.get("Accept-Encoding", "")
        if request.endpoint == "metadata_file" and response.status_code == 200 and takes_gzip:
            return Response(gzip.compress(response.data), content_type=response.content_type)
        return response


class MetadataAlwaysCompressed(Fault):
    """Compresses metadata files for every client, as a store does that keeps them so."""

    caught_by = ("metadata.content-encoding",)

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "metadata_file" and response.status_code == 200:
            headers = {"Content-Encoding": "gzip"}
            return Response(gzip.compress(response.data), content_type=response.content_type, headers=headers)
        return response


class MetadataComesLater(FailsAtFirst):
    """Answers 404 to the first request for the newest metadata file."""

    caught_by = ("metadata.visible-together", "metadata.after-yank")

    def missing(self, request: Request) -> str:
        if request.endpoint != "metadata_file":
            return ""
        packages = request.registry.packages(gitlab_project_of(request))
        files = [file for package in packages for file in package.files]
        filename: str = request.arguments["filename"]
        newest = max(files, key=lambda file: file.id, default=None)
        return filename if newest and filename == newest.filename else ""
