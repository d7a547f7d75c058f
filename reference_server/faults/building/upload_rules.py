"""Bases of faults that relax, tighten or omit rules for uploads."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from reference_server.archives.checks import without
from reference_server.faults.building.upload_forms import filename_of
from reference_server.faults.fault import Fault
from reference_server.http.json_responses import json_answer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from werkzeug import Response

    from reference_server.archives.archive import Archive
    from reference_server.archives.checks import ArchiveCheck
    from reference_server.http.request import Request
    from reference_server.model import Package, Upload
    from reference_server.rules import Rules


def waved_through(rules: Rules, is_odd: Callable[[str, str, str], bool]) -> Rules:
    """Skip the checks of the file if `is_odd(file name, name, version)`."""

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
    """Rejects file names that match `pattern`."""

    pattern: ClassVar[str]

    def rules(self, rules: Rules) -> Rules:
        """Reject these in addition."""
        refused = re.compile(self.pattern)
        return replace(
            rules,
            valid_filename=lambda filename: not refused.search(filename) and rules.valid_filename(filename),
        )


class FailsOnFilenames(Fault):
    """Answers 500 to uploads of file names that match `pattern`."""

    pattern: ClassVar[bytes]

    def handle(self, request: Request) -> Response | None:
        """Answer 500 to such a file."""
        fails = request.endpoint == "upload" and re.search(self.pattern, filename_of(request))
        return json_answer({"message": "500 Internal Server Error"}, status=500) if fails else None


class RefusesVersions(Fault):
    """Rejects versions that match `pattern`."""

    pattern: ClassVar[str]

    def rules(self, rules: Rules) -> Rules:
        """Reject these in addition."""
        refused = re.compile(self.pattern, re.IGNORECASE)
        return replace(
            rules, valid_version=lambda text: not refused.search(text) and rules.valid_version(text)
        )


class OmitsUploadCheck(Fault):
    """Omits one check of the upload itself."""

    left_out: ClassVar[Callable[[Upload], None]]

    def rules(self, rules: Rules) -> Rules:
        """Keep the other checks."""
        kept = tuple(check for check in rules.upload_checks if check is not type(self).left_out)
        return replace(rules, upload_checks=kept)


class OmitsProjectCheck(Fault):
    """Omits one check of the upload against the project."""

    left_out: ClassVar[Callable[[Upload, Sequence[Package]], None]]

    def rules(self, rules: Rules) -> Rules:
        """Keep the other checks."""
        kept = tuple(check for check in rules.project_checks if check is not type(self).left_out)
        return replace(rules, project_checks=kept)


class OmitsArchiveCheck(Fault):
    """Omits one check of the archive."""

    left_out: ClassVar[ArchiveCheck]

    def rules(self, rules: Rules) -> Rules:
        """Keep the other checks."""
        return replace(rules, archive_checks=without(rules.archive_checks, type(self).left_out))
