"""Faults in how pages show that a file is yanked."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from reference_server.faults.building.rewritten_pages import ChangesKeys
from reference_server.faults.fault import Fault

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reference_server.rendering.pages import FileLink, ProjectPage


class ReasonOutlivesTheYank(ChangesKeys):
    """Gives in JSON the reason of a yank that was undone."""

    caught_by = ("yank.unyank",)

    def __init__(self) -> None:
        self._reasons: dict[str, str] = {}

    def keys(self, file: FileLink) -> Mapping[str, Any]:
        if file.yanked:
            self._reasons[file.url] = file.yanked
        return (
            {"yanked": self._reasons[file.url]} if file.yanked is None and file.url in self._reasons else {}
        )


class YankOnlyInJson(Fault):
    """Marks yanked files in JSON only."""

    caught_by = ("yank.html.attribute",)

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return page.each(
            lambda file: (
                file
                if file.yanked is None
                else replace(file, yanked=None, keys={"yanked": file.yanked or True})
            )
        )


class YankWithoutValue(Fault):
    """Writes `data-yanked` without a value, which pip reads as not yanked."""

    caught_by = ("yank.html.value-present",)

    def rendered(self, body: bytes) -> bytes:
        return body.replace(b' data-yanked=""', b" data-yanked")


class YankReasonLost(Fault):
    """Drops the reason of a yank, as devpi's mirrors once did."""

    incident = "devpi #895"
    caught_by = ("yank.reason",)

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return page.each(lambda file: replace(file, yanked=file.yanked and ""))


class YankReasonCut(Fault):
    """Keeps 80 characters of the reason of a yank, as a short column does."""

    caught_by = ("yank.html.reason", "yank.json.value")

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return page.each(lambda file: replace(file, yanked=file.yanked and file.yanked[:80]))


class YankReasonEscapedTwice(Fault):
    """Escapes the reason of a yank twice in HTML, so that readers see `&lt;`."""

    caught_by = ("yank.html.reason", "yank.html-json-agree")

    def rendered(self, body: bytes) -> bytes:
        return re.sub(
            rb'(data-yanked=")([^"]*)', lambda found: found[1] + found[2].replace(b"&", b"&amp;"), body
        )


class YankOfTheWholeVersionInJson(Fault):
    """Marks every file of a version in JSON if one is yanked, and only that one in HTML."""

    caught_by = ("yank.per-file", "yank.html-json-agree")

    def project_page(self, page: ProjectPage) -> ProjectPage:
        yanked = {_version(file) for file in page.files if file.yanked is not None}
        return page.each(
            lambda file: (
                replace(file, keys={"yanked": True})
                if file.yanked is None and _version(file) in yanked
                else file
            )
        )


class YankAsText(Fault):
    """Writes the text "true" in JSON if a yank has no reason."""

    caught_by = ("yank.json.value",)

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return page.each(lambda file: replace(file, keys={"yanked": "true"}) if file.yanked == "" else file)


class YankReasonNotInJson(Fault):
    """Omits the reason of a yank from JSON."""

    caught_by = ("yank.reason",)

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return page.each(lambda file: replace(file, keys={"yanked": True}) if file.yanked else file)


class YankOfTheWholeVersion(Fault):
    """Marks every file of a version if one is yanked, as PyPI does."""

    caught_by = ("yank.per-file",)

    def project_page(self, page: ProjectPage) -> ProjectPage:
        yanked = {_version(file): file.yanked for file in page.files if file.yanked is not None}
        return page.each(lambda file: replace(file, yanked=yanked.get(_version(file), file.yanked)))


def _version(file: FileLink) -> str:
    return file.filename.removesuffix(".tar.gz").split("-")[1]
