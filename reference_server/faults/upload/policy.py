"""Faults in the policy of a public index: on the flavour `pypi`, each omits one rule."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from reference_server.faults.building.upload_rules import OmitsUploadCheck
from reference_server.faults.fault import Fault
from reference_server.flavours import pypi_files, pypi_metadata
from reference_server.model.errors import PolicyError
from reference_server.rules.rules import unchanged

if TYPE_CHECKING:
    from reference_server.model import Upload
    from reference_server.rules import Rules


class LongSummaries(OmitsUploadCheck):
    """Accepts summaries of any length."""

    caught_by = ("upload.summary-limits",)
    left_out = pypi_metadata.summary_is_short


class FieldsOfAnyVersion(OmitsUploadCheck):
    """Accepts fields that a later metadata version introduced."""

    caught_by = ("upload.fields-of-version",)
    left_out = pypi_metadata.fields_are_of_the_version


class OldFieldsOfAnyVersion(OmitsUploadCheck):
    """Accepts fields that a later metadata version introduced, up to 1.2."""

    caught_by = ("upload.fields-of-version",)
    left_out = pypi_metadata.fields_are_of_the_version

    def rules(self, rules: Rules) -> Rules:
        def are_of_the_version(upload: Upload) -> None:
            if upload.fields.get("metadata_version", ("",))[0] not in {"1.0", "1.1"}:
                pypi_metadata.fields_are_of_the_version(upload)

        without = super().rules(rules)
        return replace(without, upload_checks=(*without.upload_checks, are_of_the_version))


class BrokenDescriptions(OmitsUploadCheck):
    """Accepts descriptions that cannot be rendered."""

    caught_by = ("upload.description-render",)
    left_out = pypi_metadata.description_renders


class AnyEmail(OmitsUploadCheck):
    """Accepts any text as an email address."""

    caught_by = ("upload.emails",)
    left_out = pypi_metadata.emails_are_addresses


class AnyClassifier(OmitsUploadCheck):
    """Accepts any text as a classifier."""

    caught_by = ("upload.classifiers",)
    left_out = pypi_metadata.classifiers_are_known


class AnyProjectURL(OmitsUploadCheck):
    """Accepts any text as a URL."""

    caught_by = ("upload.urls",)
    left_out = pypi_metadata.urls_are_urls


class DirectReferences(OmitsUploadCheck):
    """Accepts dependencies on direct URLs."""

    caught_by = ("upload.direct-refs",)
    left_out = pypi_metadata.no_direct_references


class AnythingDynamic(OmitsUploadCheck):
    """Accepts Dynamic for any field, even Name."""

    caught_by = ("upload.dynamic-valid",)
    left_out = pypi_metadata.dynamic_may_be


class RefusesValues(Fault):
    """Refuses some of the values that a field may have."""

    field: ClassVar[str]

    def rules(self, rules: Rules) -> Rules:
        """Check the values of the field, too."""
        return replace(rules, upload_checks=(*rules.upload_checks, self._check))

    def _check(self, upload: Upload) -> None:
        for value in upload.fields.get(self.field, ()):
            if self.is_refused(value):
                raise PolicyError(f"Invalid value for {self.field}: {value!r} is not known.")

    def is_refused(self, value: str) -> bool:
        """Return whether a value is refused."""
        raise NotImplementedError


class ContactsNeverDynamic(RefusesValues):
    """Refuses Dynamic for the addresses of authors and maintainers."""

    caught_by = ("upload.dynamic-valid",)
    field = "dynamic"

    def is_refused(self, value: str) -> bool:
        return value.lower().endswith("-email")


class NewerCategoriesUnlisted(RefusesValues):
    """Refuses the classifiers of categories that its copy of the list is too old for."""

    caught_by = ("upload.classifiers",)
    field = "classifiers"

    def is_refused(self, value: str) -> bool:
        return value.startswith("Typing ::")


class TwoLicenses(OmitsUploadCheck):
    """Accepts metadata with both License and License-Expression."""

    caught_by = ("upload.license-exclusive",)
    left_out = pypi_metadata.one_way_of_licensing


class AnyLicenseExpression(OmitsUploadCheck):
    """Accepts any text as a license expression."""

    caught_by = ("upload.license-expression-valid",)
    left_out = pypi_metadata.license_expression_is_valid


class WheelsWithoutPython(OmitsUploadCheck):
    """Accepts wheels without `pyversion`."""

    caught_by = ("upload.pyversion.wheel",)
    left_out = pypi_files.wheel_has_pyversion


class SdistsForOnePython(OmitsUploadCheck):
    """Accepts sdists for a single Python version."""

    caught_by = ("upload.pyversion.sdist",)
    left_out = pypi_files.sdist_is_source


class FiletypesOptional(OmitsUploadCheck):
    """Accepts forms with an unknown `filetype`, or none."""

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
        return replace(rules, understood=unchanged)
