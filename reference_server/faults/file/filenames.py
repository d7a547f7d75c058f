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
    """Takes files of every extension, and of none."""

    caught_by = ("file.extension",)

    def rules(self, rules: Rules) -> Rules:
        return waved_through(
            rules, lambda filename, *_said: not filename.endswith((".whl", ".tar.gz", ".zip"))
        )


class FormerFormatsFail(FailsOnFilenames):
    """Fails on the formats of the past."""

    caught_by = ("file.extension",)
    pattern = rb"\.(egg|tar\.bz2)$"


class FileTypesNotCompared(Fault):
    """Takes the form's word for what a file is, whatever its name says."""

    caught_by = ("file.filetype-mismatch",)

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, filetype_agrees=lambda *_said: True)


class LongFilenamesFail(FailsOnFilenames):
    """Fails where a file name, or that of its metadata next to it, is longer than a file system takes."""

    caught_by = ("file.length",)
    pattern = rb"^.{247}"


class LongFilenamesCut(Fault):
    """Lists a file under the first 128 characters of its name, which is all that was stored."""

    caught_by = ("file.length",)

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return page.each(lambda file: replace(file, filename=file.filename[:128]))


class FilenamesInAnotherEncoding(Fault):
    """Takes file names of any letters, and reads their UTF-8 as Latin-1."""

    caught_by = ("file.unicode-name",)

    def rules(self, rules: Rules) -> Rules:
        return waved_through(rules, lambda filename, *_said: not filename.isascii())

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return page.each(lambda file: replace(file, filename=file.filename.encode().decode("latin-1")))
