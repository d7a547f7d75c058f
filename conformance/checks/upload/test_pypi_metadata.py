"""What the Python Package Index asks of the metadata in the form."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from conformance.checks.upload.single_mistakes import metadata_refused
from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.http import upload_form
from conformance.kit.uploads.publishing import is_taken
from conformance.kit.uploads.scenarios import link_to
from reference_server.distributions import Metadata, wheel

if TYPE_CHECKING:
    from conformance.kit.fixtures import NewName, RegistryClient, Remark

UNKNOWN_OF_OLD = ("requires_python", "home_page", "author_email", "license", "platform")
"""Fields that distutils filled with UNKNOWN, and one that a page shows."""
MAY_BE_DYNAMIC = {
    "2.4": (
        *("Platform", "Supported-Platform", "Summary", "Description", "Description-Content-Type", "Keywords"),
        *("Home-page", "Download-URL", "Author", "Author-email", "Maintainer", "Maintainer-email"),
        *("License", "License-Expression", "License-File", "Classifier", "Requires-Dist", "Requires-Python"),
        *("Requires-External", "Project-URL", "Provides-Extra", "Provides-Dist", "Obsoletes-Dist"),
        *("Requires", "Provides", "Obsoletes"),
    ),
    "2.5": ("Import-Name", "Import-Namespace"),
}
"""By metadata version, the fields that may be dynamic since then. Source: Core metadata, Dynamic."""
OF_EACH_CATEGORY = (
    *("Development Status :: 4 - Beta", "Environment :: Console", "Framework :: Pytest"),
    *("Intended Audience :: Developers", "License :: OSI Approved :: MIT License"),
    *("Natural Language :: English", "Operating System :: OS Independent"),
    *("Programming Language :: Python :: 3", "Topic :: Utilities", "Typing :: Typed"),
)
"""A listed classifier of each category."""
SITE = "https://example.invalid/"
BROKEN_RST = "A link without an end: `here <https://example.invalid/>`_, `there\n\n.. nothing-like-this:: x\n"


@check("upload.unknown-literal")
def test_unknown_literal(registry: RegistryClient, new_name: NewName) -> None:
    distribution = wheel(new_name("unknown"), "1.0", requires_python=None)
    form = upload_form(distribution).with_more((field, "UNKNOWN") for field in UNKNOWN_OF_OLD)
    expect.accepted(registry.upload(distribution, form=form))
    link_to(registry, distribution)
    page = registry.project_page(distribution.name)
    listed = [file.requires_python for file in page.files if file.requires_python is not None]
    expect.rule("a Requires-Python of UNKNOWN to be left out of the page", broken_by=listed, where=page.where)


@check("upload.description-render")
def test_description_render(registry: RegistryClient, new_name: NewName) -> None:
    metadata_refused(
        registry,
        new_name("description"),
        {"description": BROKEN_RST, "description_content_type": "text/x-rst"},
        {"description": BROKEN_RST},
    )


@check("upload.summary-limits")
def test_summary_limits(registry: RegistryClient, new_name: NewName) -> None:
    metadata_refused(registry, new_name("summary"), {"summary": "A" * 513}, {"summary": "Two\nlines"})


@check("upload.classifiers")
def test_classifiers(registry: RegistryClient, new_name: NewName) -> None:
    name = new_name("classifier")
    unlisted = ("Conformance :: Unknown", "Private :: Do Not Upload")
    metadata_refused(registry, name, *({"classifiers": (each,)} for each in unlisted))
    right = Metadata(metadata_version="2.4", name=name, version="0.2", classifiers=OF_EACH_CATEGORY)
    expect.accepted(registry.upload(wheel(name, "0.2", metadata=right)))


@check("upload.urls")
def test_urls(registry: RegistryClient, new_name: NewName) -> None:
    metadata_refused(
        registry,
        new_name("urls"),
        {"home_page": "no url"},
        {"download_url": "javascript:alert(1)"},
        {"project_urls": ("Source, no url",)},
        {"project_urls": (f", {SITE}",)},
        {"project_urls": (f"{'L' * 33}, {SITE}",)},
    )


@check("upload.emails")
def test_emails(registry: RegistryClient, new_name: NewName) -> None:
    mistakes = ({"author_email": "someone"}, {"maintainer_email": "Someone <someone>"})
    metadata_refused(registry, new_name("emails"), *mistakes)


@check("upload.direct-refs")
def test_direct_refs(registry: RegistryClient, new_name: NewName) -> None:
    fields = ("requires_dist", "provides_dist", "obsoletes_dist")
    mistakes = ({field: (f"other @ {SITE}other-1.0.zip",)} for field in fields)
    metadata_refused(registry, new_name("direct"), *mistakes)


@check("upload.license-exclusive")
def test_license_exclusive(registry: RegistryClient, new_name: NewName) -> None:
    metadata_refused(registry, new_name("license"), {"license": "MIT", "license_expression": "MIT"})


@check("upload.license-expression-valid")
def test_license_expression_valid(registry: RegistryClient, new_name: NewName) -> None:
    expressions = ("No-License-Of-This-Name", "MIT AND", "MIT or else")
    mistakes = ({"license_expression": expression} for expression in expressions)
    metadata_refused(registry, new_name("expression"), *mistakes)


@check("upload.dynamic-valid")
def test_dynamic_valid(registry: RegistryClient, new_name: NewName, remark: Remark) -> None:
    """A metadata version that is refused without Dynamic, too, is for another check to judge."""
    name = new_name("dynamic")
    mistakes = ({"dynamic": (field,)} for field in ("Name", "Version", "No-Such-Field"))
    metadata_refused(registry, name, *mistakes)
    for number, (metadata_version, fields) in enumerate(MAY_BE_DYNAMIC.items(), 2):
        version = f"0.{number}"
        twin = Metadata(metadata_version=metadata_version, name=name, version=f"{version}.1")
        if not is_taken(registry, wheel(name, twin.version, metadata=twin)):
            remark(
                f"judged without metadata {metadata_version}: the target has refused it without Dynamic, too"
            )
            continue
        right = replace(twin, version=version, dynamic=fields)
        expect.accepted(registry.upload(wheel(name, version, metadata=right)))
