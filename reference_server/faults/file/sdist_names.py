"""Faults in the file names and metadata of sdists."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reference_server.archives.checks import metadata_agrees, without
from reference_server.faults.building.upload_rules import FailsOnFilenames, OmitsUploadCheck
from reference_server.faults.fault import Fault
from reference_server.flavours import pypi_files

if TYPE_CHECKING:
    from reference_server.rendering.pages import ProjectPage
    from reference_server.rules import Rules


class MetadataInTheFileIgnored(Fault):
    """Trusts the form and the file name when the metadata in an sdist disagrees."""

    caught_by = ("file.sdist.metadata-match",)

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, archive_checks=without(rules.archive_checks, metadata_agrees))


class SdistNamesSpelledFreely(OmitsUploadCheck):
    """Accepts sdists whose file names spell the project and the version in any way."""

    caught_by = ("file.sdist.name-form",)
    left_out = pypi_files.sdist_is_named_after_release


class ZipSdistsFail(FailsOnFilenames):
    """Fails on an sdist that is a zip file."""

    caught_by = ("file.sdist.zip",)
    pattern = rb"-[0-9.]+\.zip$"


class ZipSdistsNotListed(Fault):
    """Accepts an sdist that is a zip file but lists only tar archives."""

    caught_by = ("file.sdist.zip",)

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return replace(page, files=tuple(file for file in page.files if not file.filename.endswith(".zip")))
