"""Faults in the policy of a public index: on the flavour `pypi`, each omits one rule."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reference_server.faults.building.omitted_checks import _UploadCheckLeftOut
from reference_server.faults.fault import Fault
from reference_server.flavours import pypi_files, pypi_metadata
from reference_server.rules.rules import as_it_is

if TYPE_CHECKING:
    from reference_server.rules import Rules


class LongSummaries(_UploadCheckLeftOut):
    """Takes summaries of any length."""

    caught_by = ("upload.summary-limits",)
    left_out = pypi_metadata.summary_is_short


class BrokenDescriptions(_UploadCheckLeftOut):
    """Takes descriptions that nobody can render."""

    caught_by = ("upload.description-render",)
    left_out = pypi_metadata.description_renders


class AnyEmail(_UploadCheckLeftOut):
    """Takes any text for an email address."""

    caught_by = ("upload.emails",)
    left_out = pypi_metadata.emails_are_addresses


class AnyClassifier(_UploadCheckLeftOut):
    """Takes any text for a classifier."""

    caught_by = ("upload.classifiers",)
    left_out = pypi_metadata.classifiers_are_known


class AnyProjectURL(_UploadCheckLeftOut):
    """Takes any text for a URL."""

    caught_by = ("upload.urls",)
    left_out = pypi_metadata.urls_are_urls


class DirectReferences(_UploadCheckLeftOut):
    """Takes dependencies on files anywhere on the web."""

    caught_by = ("upload.direct-refs",)
    left_out = pypi_metadata.no_direct_references


class AnythingDynamic(_UploadCheckLeftOut):
    """Takes metadata whose name may still change."""

    caught_by = ("upload.dynamic-valid",)
    left_out = pypi_metadata.dynamic_may_be


class TwoLicenses(_UploadCheckLeftOut):
    """Takes metadata that say the license in two ways."""

    caught_by = ("upload.license-exclusive",)
    left_out = pypi_metadata.one_way_of_licensing


class AnyLicenseExpression(_UploadCheckLeftOut):
    """Takes any text for a license expression."""

    caught_by = ("upload.license-expression-valid",)
    left_out = pypi_metadata.license_expression_is_valid


class WheelsWithoutPython(_UploadCheckLeftOut):
    """Takes wheels without asking for which Python they are."""

    caught_by = ("upload.pyversion.wheel",)
    left_out = pypi_files.wheel_has_pyversion


class SdistsForOnePython(_UploadCheckLeftOut):
    """Takes sdists for one Python."""

    caught_by = ("upload.pyversion.sdist",)
    left_out = pypi_files.sdist_is_source


class FiletypesOptional(_UploadCheckLeftOut):
    """Takes forms that do not say what the file is, or say what nobody knows."""

    caught_by = ("upload.filetype-required",)
    left_out = pypi_files.filetype_is_known

    def rules(self, rules: Rules) -> Rules:
        return replace(
            super().rules(rules),
            filetype_agrees=lambda filename, filetype: (
                filetype not in pypi_files.FILETYPES or rules.filetype_agrees(filename, filetype)
            ),
        )


class UnknownIsSomething(Fault):
    """Reads `UNKNOWN` as any other value."""

    caught_by = ("upload.unknown-literal",)

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, understood=as_it_is)
