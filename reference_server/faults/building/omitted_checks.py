"""Bases of faults that omit one check of an upload."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from reference_server.archives.checks import without
from reference_server.faults.fault import Fault

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reference_server.archives.checks import ArchiveCheck
    from reference_server.model import Package, Upload
    from reference_server.rules import Rules


class _UploadCheckLeftOut(Fault):
    """Does not ask one of the questions about an upload."""

    left_out: ClassVar[Callable[[Upload], None]]

    def rules(self, rules: Rules) -> Rules:
        """Ask the others."""
        kept = tuple(check for check in rules.upload_checks if check is not type(self).left_out)
        return replace(rules, upload_checks=kept)


class _ProjectCheckLeftOut(Fault):
    """Does not ask one of the questions about what is there already."""

    left_out: ClassVar[Callable[[Upload, Sequence[Package]], None]]

    def rules(self, rules: Rules) -> Rules:
        """Ask the others."""
        kept = tuple(check for check in rules.project_checks if check is not type(self).left_out)
        return replace(rules, project_checks=kept)


class _ArchiveCheckLeftOut(Fault):
    """Does not ask one of the questions about an archive."""

    left_out: ClassVar[ArchiveCheck]

    def rules(self, rules: Rules) -> Rules:
        """Ask the others."""
        return replace(rules, archive_checks=without(rules.archive_checks, type(self).left_out))
