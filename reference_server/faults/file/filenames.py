"""Faults in file names of any kind: extension, length, letters."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reference_server.faults.building.upload_rules import FailsOnFilenames, waved_through
from reference_server.faults.fault import Fault

if TYPE_CHECKING:
    from reference_server.rendering.pages import ProjectPage
    from reference_server.rules import Rules


class AnyExtension(Fault):
    """Accepts files with any extension, or none."""

    caught_by = ("file.extension",)

    def rules(self, rules: Rules) -> Rules:
        return waved_through(
            rules, lambda filename, *_rest: not filename.endswith((".whl", ".tar.gz", ".zip"))
        )


class FormerFormatsFail(FailsOnFilenames):
    """Fails on the formats of the past, such as .egg."""

    caught_by = ("file.extension",)
    pattern = rb"\.(egg|tar\.bz2)$"


class FileTypesNotCompared(Fault):
    """Trusts the form's file type when the file name disagrees."""

    caught_by = ("file.filetype-mismatch",)

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, filetype_agrees=lambda *_rest: True)


class LongFilenamesFail(FailsOnFilenames):
    """Fails if the name of a file or its metadata file exceeds a file system's limit."""

    caught_by = ("file.length",)
    pattern = rb"^.{247}"


class LongFilenamesCut(Fault):
    """Truncates file names to 128 characters."""

    caught_by = ("file.length",)

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return page.each(lambda file: replace(file, filename=file.filename[:128]))


class FilenamesInAnotherEncoding(Fault):
    """Accepts non-ASCII file names and decodes their UTF-8 as Latin-1."""

    caught_by = ("file.unicode-name",)

    def rules(self, rules: Rules) -> Rules:
        return waved_through(rules, lambda filename, *_rest: not filename.isascii())

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return page.each(lambda file: replace(file, filename=file.filename.encode().decode("latin-1")))
