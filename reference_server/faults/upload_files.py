"""Faults in the file names under which uploads are taken."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from reference_server.faults import Fault
from reference_server.faults.reading import body_of
from reference_server.http.json_responses import json_answer
from reference_server.model.grammar import name_and_version, normalize, version_key

if TYPE_CHECKING:
    from collections.abc import Callable

    from werkzeug import Response

    from reference_server.archives.archive import Archive
    from reference_server.archives.checks import ArchiveCheck
    from reference_server.http.request import Request
    from reference_server.model import PackageFile, Upload
    from reference_server.rendering.pages import ProjectPage
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


class WheelNamesTakenAsTheyCome(Fault):
    """Takes every file whose name ends in .whl for a wheel."""

    caught_by = ("file.wheel.name-grammar",)

    def rules(self, rules: Rules) -> Rules:
        return waved_through(
            rules, lambda filename, *_said: filename.endswith(".whl") and name_and_version(filename) is None
        )


class FilesOfOtherProjects(Fault):
    """Takes a file whose name is another project's."""

    caught_by = ("file.wheel.name-matches-project",)

    def rules(self, rules: Rules) -> Rules:
        def is_odd(filename: str, name: str, version: str) -> bool:
            told = name_and_version(filename)
            return told is not None and told[0] != normalize(name) and told[1] == version_key(version)

        return waved_through(rules, is_odd)


class FilesOfOtherVersions(Fault):
    """Takes a file whose name has another version than its release, as PyPI did until 2024."""

    incident = "warehouse #15884"
    caught_by = ("file.wheel.version-matches",)

    def rules(self, rules: Rules) -> Rules:
        def is_odd(filename: str, name: str, version: str) -> bool:
            told = name_and_version(filename)
            return told is not None and told[0] == normalize(name) and told[1] != version_key(version)

        return waved_through(rules, is_odd)


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


class BuildTagsRefused(RefusesFilenames):
    """Knows wheels of five parts only, without a build tag."""

    caught_by = ("file.wheel.build-tag", "upload.content-filename")
    pattern = r"^([^-]+-){5}[^-]+\.whl$"


class BuildTagsNotCompared(Fault):
    """Takes two builds of a wheel for one file, and refuses the second."""

    caught_by = ("file.wheel.build-tag",)

    def rules(self, rules: Rules) -> Rules:
        def same(existing: PackageFile, upload: Upload) -> bool:
            return _without_build(existing.filename) == _without_build(upload.filename)

        return replace(rules, is_duplicate=same)


def _without_build(filename: str) -> str:
    return re.sub(r"^([^-]+-[^-]+)-\d[^-]*((-[^-]+){3})$", r"\1\2", filename)


class OneTagOfEachKind(RefusesFilenames):
    """Knows one Python, one ABI and one platform for each wheel, and no compressed sets."""

    caught_by = ("file.wheel.compressed-tags", "upload.content-filename")
    pattern = r"-([^-]*\.[^-]*-[^-]*-[^-]*|[^-]*-[^-]*\.[^-]*-[^-]*|[^-]*-[^-]*-[^-]*\.[^-]*)\.whl$"


class PlatformsOfThePast(RefusesFilenames):
    """Takes the platforms of a list that was made before PEP 783."""

    caught_by = ("file.wheel.pyemscripten",)
    pattern = r"wasm32\.whl$"


class FailsOnFilenames(Fault):
    """Fails on an upload in whose file name `pattern` is found."""

    pattern: ClassVar[bytes]

    def handle(self, request: Request) -> Response | None:
        """Answer 500 for such a file."""
        named = _FILENAME.search(body_of(request)) if request.endpoint == "upload" else None
        fails = named is not None and re.search(self.pattern, named[1])
        return json_answer({"message": "500 Internal Server Error"}, status=500) if fails else None


class ZipSdistsFail(FailsOnFilenames):
    """Takes every sdist for a tar archive, and fails on a zip file."""

    caught_by = ("file.sdist.zip",)
    pattern = rb"-[0-9.]+\.zip$"


class ZipSdistsNotListed(Fault):
    """Takes an sdist that is a zip file, and lists tar archives only."""

    caught_by = ("file.sdist.zip",)

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return replace(page, files=tuple(file for file in page.files if not file.filename.endswith(".zip")))


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
