"""Faults in the URLs of files and in their bytes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reference_server.faults.building.responses import ChangesHeaders
from reference_server.faults.fault import Fault
from reference_server.http.json_responses import refusal
from reference_server.model.errors import PackageNotFoundError

if TYPE_CHECKING:
    from werkzeug import Response

    from reference_server.http.request import Request
    from reference_server.rendering.pages import ProjectPage
    from reference_server.rules import Rules


class LinksWithAQuery(Fault):
    """Links to signed URLs instead of the documented ones."""

    caught_by = ("gitlab.file.url",)

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return page.each(lambda file: replace(file, url=f"{file.url}?signature=0"))


class SdistsSentAsEncodedTar(ChangesHeaders):
    """Serves sdists with `Content-Encoding: gzip`, as proxpi and pypiserver once did."""

    incident = "poetry #5901"
    caught_by = ("gitlab.file.bytes-exact", "clients.twine.bytes")
    sets = ("Content-Encoding", "gzip")

    def applies_to(self, request: Request, response: Response) -> bool:
        is_sdist = request.endpoint == "file" and request.path.endswith(".tar.gz")
        return is_sdist and response.status_code == 200


class FilesRepackaged(Fault):
    """Repackages files as it serves them, and lists no hashes that would reveal it."""

    caught_by = (
        "gitlab.page.hash",
        "gitlab.file.url",
        "gitlab.file.bytes-exact",
        "gitlab.duplicate.keeps-first",
        "gitlab.token.any-user-name",
        "gitlab.token.read-api-reads",
        "gitlab.token.deploy-read-reads",
        "gitlab.token.job-reads",
        "gitlab.access.reporter-reads",
        "gitlab.access.public-file-for-everyone",
        "clients.pip.hash-checked",
        "clients.twine.bytes",
        "clients.twine.duplicate-changes-nothing",
        "gitlab.access.members-only-read",
        "gitlab.access.open-to-everyone",
        "gitlab.token.job-allowed",
        "gitlab.token.job-elsewhere-reads-public",
    )

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return page.each(lambda file: replace(file, hashes={}))

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "file" and response.status_code == 200:
            response.data += b"\n"
        return response


class FilesFoundByName(Fault):
    """Finds a file by its name alone and ignores the sha256 in the URL."""

    caught_by = ("gitlab.file.other-sha256-not-found",)

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, finds=lambda file, _sha256, filename: file.filename == filename)


class FilesFoundByDigest(Fault):
    """Finds a file by its sha256 alone and ignores the name in the URL."""

    caught_by = (
        "gitlab.file.other-name-not-found",
        "gitlab.file.other-sha256-not-found",
    )

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, finds=lambda file, sha256, _filename: file.sha256 == sha256)


class AbsentFilesKept(Fault):
    """Remembers that a file was absent, and answers 404 even once it is there."""

    caught_by = ("gitlab.file.found-after-upload",)

    def __init__(self) -> None:
        self._absent: set[str] = set()

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint != "file":
            return response
        if response.status_code == 404:
            self._absent.add(request.path)
        return refusal(PackageNotFoundError()) if request.path in self._absent else response
