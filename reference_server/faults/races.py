"""Faults that show only when requests meet.

Some wait a few milliseconds where a slower server would be busy, so that requests do meet.
"""

from __future__ import annotations

import json
import time
from dataclasses import replace
from threading import Lock, local
from typing import TYPE_CHECKING

from werkzeug import Response

from reference_server.faults import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reference_server.http.request import Request
    from reference_server.model import GitLabProject, Package, PackageFile, ProjectStatus, Upload
    from reference_server.rendering.pages import ProjectPage
    from reference_server.rules import Rules

BUSY = 0.012
"""Seconds that a request takes longer, in which others come."""

MOMENT = 0.06
"""Seconds that something stays half done: long enough for another request to come by."""

LARGE = 50_000
"""Bytes from which a file is sent in several pieces."""


class _Busy(Fault):
    """Knows what each thread of the server is at.

    `here.began` is the number of the last row when the upload began, and None during other requests;
    `here.sha256` is the digest of the file that was stored.
    """

    def __init__(self) -> None:
        self.here = local()
        self.lock = Lock()

    def rules(self, rules: Rules) -> Rules:
        def recorded(claimed: Mapping[str, str], actual: Mapping[str, str]) -> Mapping[str, str]:
            self.here.sha256 = actual["sha256"]
            return rules.recorded_digests(claimed, actual)

        return replace(rules, recorded_digests=recorded)

    def handle(self, request: Request) -> Response | None:
        self.here.sha256 = None
        self.here.began = request.registry.store.next_id() if request.endpoint == "upload" else None
        if self.here.began is not None:
            time.sleep(BUSY)
        return None

    def met(self, request: Request) -> Iterator[tuple[Package, PackageFile]]:
        """Give the files of the same project that were stored since the upload began that has just ended."""
        packages = request.registry.packages(_gitlab_project(request))
        stored = self.here.sha256 if request.endpoint == "upload" else None
        own = [
            (package, file)
            for package in packages
            for file in package.files
            if stored == file.sha256 and file.id > self.here.began
        ]
        for mine, own_file in own[-1:]:
            for package in packages:
                for file in package.files:
                    if package.normalized == mine.normalized and self.here.began < file.id < own_file.id:
                        yield package, file


def _gitlab_project(request: Request) -> GitLabProject:
    return request.registry.gitlab_project(str(request.arguments["gitlab_project"]).replace("%2F", "/"))


class _Hasty(_Busy):
    """Knows of the files that were there when the upload began, and of no other."""

    def rules(self, rules: Rules) -> Rules:
        def is_duplicate(existing: PackageFile, upload: Upload) -> bool:
            return existing.id < self.here.began and rules.is_duplicate(existing, upload)

        return super().rules(replace(rules, is_duplicate=is_duplicate))


class LooksThenWrites(_Hasty):
    """Looks whether a file is there, and writes it a moment later: of two at the same moment both are added."""

    caught_by = ("race.same-file-identical", "race.same-file-different")


class LastWriterWins(_Hasty):
    """Looks whether a file is there, and writes over it a moment later, as pypiserver does."""

    caught_by = ("race.same-file-different",)

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return replace(page, files=tuple({file.filename: file for file in page.files}.values()))


class DatabaseLocked(_Busy):
    """Fails an upload while another one is under way, as over SQLite without patience."""

    caught_by = (
        "race.same-file-identical",
        "race.same-file-different",
        "race.case-and-separator",
        "race.new-project-many-files",
        "race.different-projects",
    )

    def handle(self, request: Request) -> Response | None:
        self.here.holds = request.endpoint == "upload" and self.lock.acquire(blocking=False)
        if request.endpoint == "upload" and not self.here.holds:
            return Response("database is locked", status=500, content_type="text/plain")
        return super().handle(request)

    def respond(self, request: Request, response: Response) -> Response:
        del request
        if self.here.holds:
            self.lock.release()
        return response


class ProjectPerSpellingWhenTwoBegin(_Busy):
    """Creates a project under the name as it is spelled, when another upload has created it meanwhile."""

    caught_by = ("race.case-and-separator",)

    def rules(self, rules: Rules) -> Rules:
        def normalize(name: str) -> str:
            normalized = rules.normalize(name)
            if getattr(self.here, "began", None) is None:
                return normalized
            if self.here.second is None:
                packages = self.here.registry.store.packages_named(self.here.owner, normalized)
                self.here.second = bool(packages) and all(each.id > self.here.began for each in packages)
            return name.lower() if self.here.second else normalized

        return super().rules(replace(rules, normalize=normalize))

    def handle(self, request: Request) -> Response | None:
        if request.endpoint == "upload":
            self.here.second = None
            self.here.registry, self.here.owner = request.registry, _gitlab_project(request).id
        return super().handle(request)


class UpdatesLost(_Busy):
    """Writes a project's list of files back as it was when the upload began, with one file more."""

    caught_by = ("race.case-and-separator", "race.new-project-many-files", "race.version-set")

    def __init__(self) -> None:
        super().__init__()
        self.lost: set[int] = set()

    def rules(self, rules: Rules) -> Rules:
        return super().rules(
            replace(rules, lists=lambda file: file.id not in self.lost and rules.lists(file))
        )

    def respond(self, request: Request, response: Response) -> Response:
        self.lost |= {file.id for _, file in self.met(request)}
        return response


class VersionsLost(_Busy):
    """Writes a project's list of versions back as it was when the upload began, with one version more."""

    caught_by = ("race.version-set",)

    def __init__(self) -> None:
        super().__init__()
        self.lost: set[tuple[str, str]] = set()

    def respond(self, request: Request, response: Response) -> Response:
        self.lost |= {(package.normalized, package.version) for package, _ in self.met(request)}
        return response

    def project_page(self, page: ProjectPage) -> ProjectPage:
        kept = (each for each in page.versions or () if (page.normalized, each) not in self.lost)
        return replace(page, versions=tuple(kept))


class JsonKeptFromBefore(_Busy):
    """Leaves a file out of JSON that was uploaded while another upload was under way."""

    caught_by = ("consistency.html-json-agree", "race.case-and-separator", "race.new-project-many-files")

    def __init__(self) -> None:
        super().__init__()
        self.lost: set[str] = set()

    def respond(self, request: Request, response: Response) -> Response:
        self.lost |= {file.filename for _, file in self.met(request)}
        return response

    def rendered(self, body: bytes) -> bytes:
        if not body.startswith(b"{"):
            return body
        page = json.loads(body)
        if "files" in page:
            page["files"] = [file for file in page["files"] if file["filename"] not in self.lost]
        return json.dumps(page).encode()


class _Arriving(_Busy):
    """Answers an upload a moment after its file is listed."""

    def __init__(self) -> None:
        super().__init__()
        self.arriving: set[str] = set()

    def rules(self, rules: Rules) -> Rules:
        def recorded(claimed: Mapping[str, str], actual: Mapping[str, str]) -> Mapping[str, str]:
            self.arriving.add(actual["sha256"])
            return rules.recorded_digests(claimed, actual)

        return super().rules(replace(rules, recorded_digests=recorded))

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "upload" and self.here.sha256:
            time.sleep(MOMENT)
            self.arriving.discard(self.here.sha256)
        return response


class ListedBeforeComplete(_Arriving):
    """Lists a file while the second half of it is still to be written."""

    caught_by = ("race.upload-vs-read", "consistency.listed-is-downloadable")

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "file" and request.arguments["sha256"] in self.arriving:
            response.data = response.data[: len(response.data) // 2]
        return super().respond(request, response)


class MetadataLater(_Arriving):
    """Announces a metadata file a moment before it is there."""

    caught_by = ("race.metadata-with-file",)

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "metadata_file" and request.arguments["sha256"] in self.arriving:
            return Response(status=404)
        return super().respond(request, response)


class PagesCutWhileWritten(_Arriving):
    """Writes a page anew in its place, where it can be read before it is complete."""

    caught_by = ("race.upload-vs-read",)

    def rendered(self, body: bytes) -> bytes:
        return body[: -len(body) // 4] if self.arriving else body


class YankedFilesMissing(Fault):
    """Takes a file off its page, marks it, and puts it back."""

    caught_by = ("race.yank-vs-read",)

    def __init__(self) -> None:
        self.changing: list[str] = []

    def handle(self, request: Request) -> Response | None:
        if request.endpoint in {"yank_file", "unyank_file"}:
            self.changing.append(request.arguments["filename"])
            time.sleep(BUSY)
        return None

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint in {"yank_file", "unyank_file"}:
            self.changing.remove(request.arguments["filename"])
        return response

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return replace(page, files=tuple(file for file in page.files if file.filename not in self.changing))


class DeletedFilesOverwritten(Fault):
    """Goes on to send the place on disk of a file that is deleted meanwhile."""

    caught_by = ("race.delete-vs-download",)

    def handle(self, request: Request) -> Response | None:
        if request.endpoint.startswith("delete"):
            time.sleep(BUSY)
        return None

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "file" and response.status_code == 200 and len(response.data) >= LARGE:
            response.response = self._pieces(request, response.data)
        return response

    @staticmethod
    def _pieces(request: Request, content: bytes) -> Iterator[bytes]:
        yield content[:1000]
        digest, filename = request.arguments["sha256"], request.arguments["filename"]
        until = time.monotonic() + 5 * MOMENT
        while there := request.registry.store.files_named(_gitlab_project(request).id, digest, filename):
            if time.monotonic() > until:
                break
            time.sleep(BUSY)
        yield content[1000:] if there else bytes(len(content) - 1000)


class DownloadsShareABuffer(Fault):
    """Sends a file wrongly while it is sent to somebody else, as pypiserver was seen to."""

    incident = "pypiserver #565"
    caught_by = ("race.parallel-download",)

    def __init__(self) -> None:
        self.sent: list[str] = []

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint != "file" or response.status_code != 200 or len(response.data) < LARGE:
            return response
        filename = request.arguments["filename"]
        if filename in self.sent:
            middle = len(response.data) // 2
            response.data = response.data[middle:] + response.data[:middle]
        self.sent.append(filename)
        response.call_on_close(lambda: self.sent.remove(filename))
        return response


class _Uploading(Fault):
    """Knows how many uploads are under way; each takes a moment longer."""

    def __init__(self) -> None:
        self.uploads = 0
        self.lock = Lock()

    def handle(self, request: Request) -> Response | None:
        if request.endpoint == "upload":
            with self.lock:
                self.uploads += 1
            time.sleep(4 * BUSY)
        return None

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "upload":
            with self.lock:
                self.uploads -= 1
        return response


class StatusKeptByUploads(_Uploading):
    """Remembers a project's status from before its change, when an upload is under way that has read it."""

    caught_by = ("race.status-vs-upload",)

    def __init__(self) -> None:
        super().__init__()
        self.here = local()
        self.kept: dict[str, ProjectStatus] = {}

    def rules(self, rules: Rules) -> Rules:
        def normalize(name: str) -> str:
            self.here.name = normalized = rules.normalize(name)
            return normalized

        def takes_uploads(status: ProjectStatus) -> bool:
            return rules.takes_uploads(self.kept.get(self.here.name, status))

        return replace(rules, normalize=normalize, takes_uploads=takes_uploads)

    def handle(self, request: Request) -> Response | None:
        if request.endpoint == "set_status":
            name = request.registry.rules.normalize(request.arguments["name"])
            self.kept.pop(name, None)
            if self.uploads:
                self.kept[name] = request.registry.status(_gitlab_project(request), name)
        return super().handle(request)


class PagesKeptByReads(_Uploading):
    """Takes a page for the current one for ever, when it is read again while an upload is under way."""

    caught_by = ("race.conditional-get",)

    def __init__(self) -> None:
        super().__init__()
        self.kept: set[tuple[str, str]] = set()

    def handle(self, request: Request) -> Response | None:
        validator = request.headers.get("If-None-Match")
        if request.endpoint == "project_page" and validator:
            if self.uploads:
                self.kept.add((request.path, validator))
            if (request.path, validator) in self.kept:
                return Response(status=304, headers={"ETag": validator})
        return super().handle(request)
