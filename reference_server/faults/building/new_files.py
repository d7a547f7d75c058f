"""Bases of faults that show a file only some time after its upload."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from reference_server.faults.building.request_notes import NotesRequests

if TYPE_CHECKING:
    from reference_server.http.request import Request
    from reference_server.model import PackageFile
    from reference_server.rules import Rules


class HidesNewFiles(NotesRequests[datetime]):
    """Leaves files out of all pages for `seconds` after their upload. A project without other files is absent."""

    def __init__(self, *, seconds: float = 2.0) -> None:
        self.seconds = seconds

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, lists=lambda file: not self.is_new(file) and rules.lists(file))

    def note(self, request: Request) -> datetime:
        return request.registry.now()

    def is_new(self, file: PackageFile) -> bool:
        """Whether a file is hidden from the request that this thread answers."""
        now = self.noted_here
        return now is not None and now - file.created_at < timedelta(seconds=self.seconds)


class WithholdsNewFiles(HidesNewFiles):
    """Serves new files and their metadata as late as it lists them."""

    def rules(self, rules: Rules) -> Rules:
        def finds(file: PackageFile, sha256: str, filename: str) -> bool:
            return not self.is_new(file) and rules.finds(file, sha256, filename)

        return replace(super().rules(rules), finds=finds)
