"""The Requires-Python inside files that others have published: what a run that only reads compares pages with."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import InvalidVersion, Version

from conformance.checks.simple.archive_metadata import metadata_in
from conformance.checks.simple.file_samples import html_samples, smallest_of_each_kind
from conformance.verdicts import Deviation, NotApplicable
from conformance.verdicts.counting import counted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from packaging.metadata import RawMetadata

    from conformance.checks.simple.downloads import Downloads
    from conformance.kit.index import Index
    from conformance.pages import FileLink, ProjectPage

MOST_FILES = 6
"""How many files are opened to compare pages with: the smallest ones of each project, as far as sizes are known."""

MOST_SIBLINGS = 4
"""How many other files of a release are opened where a page has another value than a file."""

MOST_FETCHED = 32 * 1024 * 1024
"""Bytes of a file above which no check fetches it."""

STATIC = Version("2.2")
"""The version of the metadata from which an sdist says what a build may change."""


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A file that was opened: its project, and its Requires-Python; None where its metadata has none."""

    project: str
    filename: str
    requires_python: str | None


@dataclass(frozen=True)
class Difference:
    """A page with another value than a file has; `of_release` tells whether another file of the version has it.

    A page may show the value "for the corresponding release": another file's is no mistake, as far as it is known.
    """

    page: ProjectPage
    opened: Opened
    found: str | None
    of_release: bool | None

    @property
    def missing(self) -> bool:
        """Whether the page shows no value, and the file has one."""
        return not (self.found or "").strip()

    @property
    def wrong(self) -> bool:
        """Whether the page shows a value that no file of the release has."""
        return not self.missing and self.of_release is False

    @property
    def of_another(self) -> bool:
        """Whether the page shows the value of another file of the release."""
        return not self.missing and self.of_release is True

    def __str__(self) -> str:
        return f"{self.opened.filename} with {self.found!r}, not {self.opened.requires_python!r}"


class MetadataInside:
    """The metadata inside a few listed files, each fetched once."""

    def __init__(self, index: Index, downloads: Downloads) -> None:
        self._index = index
        self._downloads = downloads

    @cached_property
    def files(self) -> tuple[Opened, ...]:
        """What was opened. Raises NotApplicable where that is no file."""
        found = [opened for name, file in self._chosen() if (opened := self._open(name, file))]
        if not found:
            raise NotApplicable(
                "no listed file is small enough, is served, and has metadata that can be read"
            )
        return tuple(found)

    @property
    def extent(self) -> str:
        """How much of the whole is judged, for a remark."""
        listed = {file.filename for name in self._index.projects for file in self._files(name)}
        return f"judged by the metadata inside {len(self.files)} of {counted(len(listed), 'listed file')}"

    def differences(self, pages: Iterable[ProjectPage]) -> list[Difference]:
        """Return where these pages show another value than an opened file has."""
        return [
            Difference(page, opened, found.requires_python, self._of_release(opened, found.requires_python))
            for page in pages
            for opened in self.files
            if (found := page.file(opened.filename))
            and not same_specifier(found.requires_python, opened.requires_python)
        ]

    def _of_release(self, opened: Opened, value: str | None) -> bool | None:
        """Tell whether a file of the same release has this value; None where not all of them can be opened."""
        release = _release(opened.filename)
        siblings = [file for file in self._files(opened.project) if _release(file.filename) == release]
        if release is None or len(siblings) > MOST_SIBLINGS:
            return None
        found = [self._open(opened.project, file) for file in siblings]
        if any(each is not None and same_specifier(value, each.requires_python) for each in found):
            return True
        return None if None in found else False

    def _files(self, project: str) -> tuple[FileLink, ...]:
        return self._index.pages(project)[-1].files

    def _chosen(self) -> list[tuple[str, FileLink]]:
        """Return the files that other checks fetch as well, with their project; the smallest come first."""
        if self._index.offer.has("html"):
            samples = {file.filename: file for file in html_samples(self._index)}
        else:
            pages = [self._files(name) for name in self._index.projects]
            samples = {file.filename: file for files in pages for file in smallest_of_each_kind(files)}
        found = [(name, file) for name in self._index.projects for file in self._files(name)]
        small = [each for each in found if each[1].filename in samples]
        return sorted(small, key=lambda each: each[1].size or 0)[:MOST_FILES]

    def _open(self, project: str, file: FileLink) -> Opened | None:
        if (file.size or 0) > MOST_FETCHED:
            return None
        try:
            answer = self._downloads(file.url)
        except Deviation:  # the checks of links are about it
            return None
        raw = metadata_in(file.filename, answer.content) if answer.status == 200 else None
        if raw is None or not _is_final(file.filename, raw):
            return None
        wanted = raw.get("requires_python")
        if wanted is not None and not _is_specifier(wanted):
            return None
        return Opened(project=project, filename=file.filename, requires_python=wanted)


def same_specifier(found: str | None, wanted: str | None) -> bool:
    """Tell whether two values are the same, in whatever order and spacing; an empty one is the same as none."""
    if not (found or "").strip() or wanted is None:
        return not (found or "").strip() and not (wanted or "").strip()
    return _is_specifier(found or "") and SpecifierSet(found or "") == SpecifierSet(wanted)


def _is_final(filename: str, raw: RawMetadata) -> bool:
    """Tell whether a Requires-Python is what every build of the file has. Source: PEP 643."""
    if filename.endswith(".whl"):
        return True
    dynamic = {name.lower() for name in raw.get("dynamic", ())}
    try:
        version = Version(raw.get("metadata_version", "1.0"))
    except InvalidVersion:
        return False
    return version >= STATIC and "requires-python" not in dynamic


def _is_specifier(text: str) -> bool:
    try:
        SpecifierSet(text)
    except InvalidSpecifier:
        return False
    return True


def _release(filename: str) -> str | None:
    """Return the version in a file name; None for a name that says none."""
    try:
        if filename.endswith(".whl"):
            return str(parse_wheel_filename(filename)[1])
        return str(parse_sdist_filename(filename)[1])
    except (InvalidWheelFilename, InvalidSdistFilename, InvalidVersion):
        return None
