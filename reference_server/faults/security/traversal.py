"""Faults in names and URLs that are paths. The files they serve are made up."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import unquote

from werkzeug import Response

from reference_server.faults.building.request_notes import NotesRequests
from reference_server.faults.building.requests import body_of
from reference_server.faults.building.upload_rules import waved_through
from reference_server.faults.fault import Fault

if TYPE_CHECKING:
    from reference_server.http.request import Request
    from reference_server.model import PackageFile, Upload
    from reference_server.rules import Rules

PATH = re.compile(r"[/\\]|%2f|%5c", re.IGNORECASE)
PATH_OR_DOTS = re.compile(rf"{PATH.pattern}|\.\.|^\.", re.IGNORECASE)
CONTROL = re.compile(r"[\x00-\x1f\x7f]")
USERS_OF_THE_MACHINE = "root:x:0:0:made up for a test:/root:/bin/sh\n"


class AcceptsFilenames(Fault):
    """Accepts file names that match `pattern` without checks."""

    pattern: ClassVar[re.Pattern[str]]

    def rules(self, rules: Rules) -> Rules:
        """Skip the checks of these."""
        return waved_through(rules, lambda filename, *_rest: self.pattern.search(filename) is not None)


class FilenamesReadAsPaths(AcceptsFilenames):
    """Lists a file under the path that its name spells."""

    caught_by = ("security.traversal.filename", "security.traversal.filename-star")
    incident = "artifact-keeper #3107"
    pattern = PATH


class PathsWrittenElsewhere(Fault):
    """Writes a file whose name is a path where the path leads, and lists it under the last part of its name."""

    caught_by = ("security.traversal.filename", "security.traversal.filename-star")

    def __init__(self) -> None:
        self.elsewhere: set[str] = set()

    def rules(self, rules: Rules) -> Rules:
        def understood(upload: Upload) -> Upload:
            upload = rules.understood(upload)
            if PATH.search(upload.filename):
                upload = replace(upload, filename=re.split(PATH, upload.filename)[-1])
                self.elsewhere.add(upload.filename)
            return upload

        def finds(file: PackageFile, sha256: str, filename: str) -> bool:
            return file.filename not in self.elsewhere and rules.finds(file, sha256, filename)

        return replace(rules, understood=understood, finds=finds)


class ControlCharactersKept(AcceptsFilenames):
    """Accepts file names with control characters."""

    caught_by = ("security.control-chars.filename",)
    pattern = CONTROL


class SecondFilenameUnchecked(NotesRequests[bool]):
    """Checks `filename` but lists the file under `filename*`."""

    caught_by = ("security.traversal.filename-star", "security.control-chars.filename")

    def note(self, request: Request) -> bool:
        """Whether this is an upload with a second file name."""
        return request.endpoint == "upload" and b"filename*=" in body_of(request)

    def rules(self, rules: Rules) -> Rules:
        return waved_through(rules, lambda *_rest: bool(self.noted_here))


class PathsAcceptedAsNames(Fault):
    """Accepts names that are paths."""

    caught_by = (
        "security.traversal.name-version",
        "name.invalid-rejected",
        "gitlab.name.invalid-characters-refused",
    )

    def rules(self, rules: Rules) -> Rules:
        waved = waved_through(rules, lambda _filename, name, _version: PATH.search(name) is not None)
        return replace(waved, valid_name=lambda name: bool(PATH.search(name)) or rules.valid_name(name))


class PathsAcceptedAsVersions(Fault):
    """Accepts versions that are paths or parts of paths."""

    caught_by = (
        "security.traversal.name-version",
        "version.invalid-rejected",
        "gitlab.version.refuses-everything-else",
    )

    def rules(self, rules: Rules) -> Rules:
        waved = waved_through(
            rules, lambda _filename, _name, version: PATH_OR_DOTS.search(version) is not None
        )
        return replace(
            waved,
            valid_version=lambda version: bool(PATH_OR_DOTS.search(version)) or rules.valid_version(version),
        )


class StaticFilesJoined(Fault):
    """Serves any path of the server that a URL leads to: a made-up /etc/passwd."""

    caught_by = ("security.traversal.url",)

    def handle(self, request: Request) -> Response | None:
        path = unquote(str(request.environ.get("RAW_URI", "")))
        leads_out = re.search(r"(\.\./){5}etc/passwd$", path)
        return Response(USERS_OF_THE_MACHINE, content_type="application/octet-stream") if leads_out else None


class MetadataSuffixJoined(Fault):
    """Serves metadata from any path that a URL leads to: a made-up /etc/passwd."""

    caught_by = ("security.traversal.url",)

    def handle(self, request: Request) -> Response | None:
        outside = request.endpoint == "metadata_file" and "%2F" in request.routed_path.rpartition("/")[2]
        return Response(USERS_OF_THE_MACHINE, content_type="application/octet-stream") if outside else None
