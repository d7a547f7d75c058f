"""The version of the metadata that a form holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.checks.upload.single_mistakes import each_refused
from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.http import upload_form
from conformance.kit.uploads.stored_files import refused_and_not_listed, stored_whole_or_not_at_all
from conformance.verdicts import Untestable
from reference_server.distributions import Metadata, wheel

if TYPE_CHECKING:
    from conformance.kit.fixtures import NewName, RegistryClient
    from conformance.kit.http import UploadForm
    from reference_server.distributions import Distribution

IN_USE = ("1.0", "1.1", "1.2", "2.1", "2.2", "2.3", "2.4", "2.5")
WITHOUT_REQUIRES_PYTHON = ("1.0", "1.1")
"""Metadata versions before the field."""
NEWER = ("2.6", "2.99")
SITE = "https://example.com/"
INTRODUCED = {
    ("1.0", "1.1"): {
        "supported_platform": "i386-win32-2791",
        "classifiers": "Programming Language :: Python",
        "download_url": SITE,
        "requires": "email",
        "provides": "conformance_part",
        "obsoletes": "conformance_old",
    },
    ("1.1", "1.2"): {
        "maintainer": "Ana",
        "maintainer_email": "ana@example.com",
        "requires_dist": "conformance-part",
        "provides_dist": "conformance-part",
        "obsoletes_dist": "conformance-old",
        "requires_python": ">=3.8",
        "requires_external": "libpng",
        "project_urls": f"Source, {SITE}",
    },
    ("1.2", "2.1"): {"description_content_type": "text/plain", "provides_extra": "all"},
    ("2.1", "2.2"): {"dynamic": "Description"},
    ("2.3", "2.4"): {"license_expression": "MIT"},
    ("2.4", "2.5"): {"import_name": "conformance_part", "import_namespace": "conformance_names"},
}
"""By a metadata version and the next one that has more fields, the fields of a form that it introduced.

`license_file` is left out: the file has to be in the distribution.
"""


def of_metadata_version(metadata_version: str, name: str, version: str = "1.0") -> Distribution:
    """Return a wheel whose form and METADATA have this metadata version."""
    metadata = Metadata(
        name=name,
        version=version,
        metadata_version=metadata_version,
        summary="Small.",
        requires_python=None if metadata_version in WITHOUT_REQUIRES_PYTHON else ">=3.8",
    )
    return wheel(name, version, metadata=metadata)


def as_twine_sent_it(distribution: Distribution) -> UploadForm:
    """Return the form with the field that twine before 6.1 always sent, empty or not."""
    stated = distribution.metadata.requires_python
    return upload_form(distribution).with_field("requires_python", stated or "")


@check("upload.metadata-version.required")
def test_required(registry: RegistryClient, new_name: NewName) -> None:
    for unknown in ("-1", "two"):
        distribution = of_metadata_version(unknown, new_name("no-version-of-metadata"))
        refused_and_not_listed(registry, distribution, upload_form(distribution))
    without = wheel(new_name("no-metadata-version"), "1.0")
    answer = registry.upload(without, form=upload_form(without).without("metadata_version"))
    stored_whole_or_not_at_all(registry, answer, without)


@check("upload.metadata-version.current")
def test_current(registry: RegistryClient, new_name: NewName) -> None:
    name = new_name("metadata-versions")
    sent = {each: of_metadata_version(each, name, f"1.{number}") for number, each in enumerate(IN_USE)}
    answers = {
        each: registry.upload(distribution, form=as_twine_sent_it(distribution))
        for each, distribution in sent.items()
    }
    refused = [
        f"{each} ({answer.status} {answer.excerpt()})"
        for each, answer in answers.items()
        if not answer.is_success
    ]
    expect.rule("every metadata version in use to be accepted", broken_by=refused, where=answers[IN_USE[-1]])
    expect.listed(registry.project_page(name), [distribution.filename for distribution in sent.values()])


@check("upload.metadata-version.newer-minor")
def test_newer_minor(registry: RegistryClient, new_name: NewName) -> None:
    for newer in NEWER:
        distribution = of_metadata_version(newer, new_name("newer-metadata"))
        stored_whole_or_not_at_all(registry, registry.upload(distribution), distribution)


@check("upload.fields-of-version")
def test_fields_of_version(registry: RegistryClient, new_name: NewName) -> None:
    """What is refused with a version is accepted with the next one, in a form that is otherwise the same."""
    name, mistakes = new_name("later-fields"), []
    for minor, ((before, since), fields) in enumerate(INTRODUCED.items()):
        for micro, (field, value) in enumerate(fields.items()):
            right = of_metadata_version(before, name, f"0.{minor}.{micro}")
            form = upload_form(right).with_field(field, value)
            answer = registry.upload(right, form=form.with_field("metadata_version", since))
            if not answer.is_success:
                raise Untestable(f"{field} is refused in {since}, too: {answer}")
            wrong = of_metadata_version(before, name, f"1.{minor}.{micro}")
            form = upload_form(wrong).with_field(field, value)
            mistakes.append((f"{field} in {before}", wrong, form))
    each_refused(registry, *mistakes)
