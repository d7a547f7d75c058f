"""Faults in the file names and metadata of sdists."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reference_server.archives.checks import metadata_agrees, without
from reference_server.faults.building.omitted_checks import _UploadCheckLeftOut
from reference_server.faults.building.upload_rules import FailsOnFilenames
from reference_server.faults.fault import Fault
from reference_server.flavours import pypi_files

if TYPE_CHECKING:
    from reference_server.rendering.pages import ProjectPage
    from reference_server.rules import Rules


class MetadataInTheFileIgnored(Fault):
    """Believes the form and the file name, whatever the metadata in the file says."""

    caught_by = ("file.sdist.metadata-match",)

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, archive_checks=without(rules.archive_checks, metadata_agrees))


class SdistNamesSpelledFreely(_UploadCheckLeftOut):
    """Takes sdists whose file names spell the project and the version in any way."""

    caught_by = ("file.sdist.name-form",)
    left_out = pypi_files.sdist_is_named_after_release


class ZipSdistsFail(FailsOnFilenames):
    """Takes every sdist for a tar archive, and fails on a zip file."""

    caught_by = ("file.sdist.zip",)
    pattern = rb"-[0-9.]+\.zip$"


class ZipSdistsNotListed(Fault):
    """Takes an sdist that is a zip file, and lists tar archives only."""

    caught_by = ("file.sdist.zip",)

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return replace(page, files=tuple(file for file in page.files if not file.filename.endswith(".zip")))
