"""Relaxes, tightens or breaks the rules for file names and versions of uploads."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from reference_server.faults.building.requests import body_of
from reference_server.faults.fault import Fault
from reference_server.http.json_responses import json_answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from werkzeug import Response

    from reference_server.archives.archive import Archive
    from reference_server.archives.checks import ArchiveCheck
    from reference_server.http.request import Request
    from reference_server.model import Upload
    from reference_server.rules import Rules

_FILENAME = re.compile(rb'name="content"; filename="([^"]*)"')


def waved_through(rules: Rules, is_odd: Callable[[str, str, str], bool]) -> Rules:
    """Ask nothing of the files of uploads (file name, name, version) that are odd, and everything of the others."""

    def agrees(filename: str, name: str, version: str) -> bool:
        return is_odd(filename, name, version) or (
            rules.valid_filename(filename) and rules.filename_agrees(filename, name, version)
        )

    def unless_odd(check: ArchiveCheck) -> ArchiveCheck:
        def checked(archive: Archive, upload: Upload) -> None:
            if not is_odd(upload.filename, upload.name, upload.version):
                check(archive, upload)

        return checked

    return replace(
        rules,
        valid_filename=lambda _filename: True,
        filename_agrees=agrees,
        archive_checks=tuple(map(unless_odd, rules.archive_checks)),
    )


class RefusesFilenames(Fault):
    """Refuses the file names in which `pattern` is found."""

    pattern: ClassVar[str]

    def rules(self, rules: Rules) -> Rules:
        """Refuse these, and whatever was refused before."""
        refused = re.compile(self.pattern)
        return replace(
            rules,
            valid_filename=lambda filename: not refused.search(filename) and rules.valid_filename(filename),
        )


class FailsOnFilenames(Fault):
    """Fails on an upload in whose file name `pattern` is found."""

    pattern: ClassVar[bytes]

    def handle(self, request: Request) -> Response | None:
        """Answer 500 for such a file."""
        named = _FILENAME.search(body_of(request)) if request.endpoint == "upload" else None
        fails = named is not None and re.search(self.pattern, named[1])
        return json_answer({"message": "500 Internal Server Error"}, status=500) if fails else None


class Refuses(Fault):
    """Refuses the versions in which `pattern` is found."""

    pattern: ClassVar[str]

    def rules(self, rules: Rules) -> Rules:
        """Refuse these, and whatever was refused before."""
        refused = re.compile(self.pattern, re.IGNORECASE)
        return replace(
            rules, valid_version=lambda text: not refused.search(text) and rules.valid_version(text)
        )
