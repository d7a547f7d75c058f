"""Faults in how pages announce provenance objects."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from reference_server.faults.fault import Fault
from reference_server.model.grammar import name_and_version

if TYPE_CHECKING:
    from reference_server.rendering.pages import FileLink, ProjectPage


class ProvenanceByPath(Fault):
    """Links to provenance objects without scheme and host in HTML."""

    caught_by = ("provenance.html.url", "provenance.json.same-rules")

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return page.each(self._relative)

    def _relative(self, file: FileLink) -> FileLink:
        if file.provenance is None:
            return file
        path = urlsplit(file.provenance).path
        return replace(file, attributes={"data-provenance": path})


class ProvenanceOverHttp(Fault):
    """Links to provenance objects over http, as behind a proxy that terminates TLS."""

    caught_by = ("provenance.secure-origin", "provenance.json.same-rules")

    def project_page(self, page: ProjectPage) -> ProjectPage:
        elsewhere = "http://registry.example/provenance"
        return page.each(lambda file: replace(file, provenance=file.provenance and elsewhere))


class ProvenanceFalse(Fault):
    """Writes false in JSON for a file without provenance."""

    caught_by = ("provenance.json.type",)

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return page.each(lambda file: file if file.provenance else replace(file, keys={"provenance": False}))


class ProvenanceOnlyInHtml(Fault):
    """Writes null in JSON even for files with provenance."""

    caught_by = ("provenance.json.same-rules",)

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return page.each(lambda file: replace(file, keys={"provenance": None}))


class ProvenanceAtAnOldVersion(Fault):
    """Declares API version 1.1 on pages with provenance, as Pulp's code does."""

    caught_by = ("provenance.api-version",)

    def project_page(self, page: ProjectPage) -> ProjectPage:
        announced = any(file.provenance for file in page.files)
        return replace(page, repository_version="1.1") if announced else page


class ProvenanceOfTheVersion(Fault):
    """Links every file of a version to the provenance object of one of them."""

    caught_by = ("provenance.statement.subject",)

    def project_page(self, page: ProjectPage) -> ProjectPage:
        known = {name_and_version(file.filename): file.provenance for file in page.files if file.provenance}
        return page.each(
            lambda file: replace(
                file, provenance=file.provenance or known.get(name_and_version(file.filename))
            )
        )


class ProvenanceOfTheFirstFile(Fault):
    """Links every attested file of a version to the provenance of its first one."""

    caught_by = ("provenance.statement.subject",)

    def project_page(self, page: ProjectPage) -> ProjectPage:
        first: dict[str, str] = {}
        for file in page.files:
            if file.provenance:
                first.setdefault(_version(file), file.provenance)
        return page.each(
            lambda file: replace(file, provenance=first[_version(file)]) if file.provenance else file
        )


def _version(file: FileLink) -> str:
    found = name_and_version(file.filename)
    return str(found[1]) if found else file.filename
