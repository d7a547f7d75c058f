"""The fields of the form: repeated, empty, unknown, missing, long."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from conformance.checks.upload.whole_forms import OLD, WHOLE, parts, whole, whole_form
from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.http import upload_form
from conformance.kit.uploads.publishing import publish
from conformance.kit.uploads.stored_files import accepted_and_listed, refused_and_not_listed
from reference_server.distributions import Metadata, wheel

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from conformance.kit.fixtures import Examples, NewName, RegistryClient, Remark


NO_SPECIFIERS = (">=3.x", "3.8", "=>3.8", ">=3.8 <4", "python>=3.8")
OPTIONAL = (
    *("summary", "description", "description_content_type", "keywords", "license", "requires_python"),
    *("author", "author_email", "maintainer", "maintainer_email", "home_page", "download_url", "comment"),
    *("classifiers", "requires_dist", "project_urls", "provides_extra", "platform", "md5_digest"),
)
LINE = "Not only ASCII: \u00e9\u00df\u4e2d\U0001f40d; and --registry-conformance in the middle.\r\n"
LONG_DESCRIPTION = f"--registry-conformance\r\n--\r\n{LINE * 1_000}"
"""More than 64 KiB. Nothing in it is the boundary of the form."""


@check("upload.multi-fields")
def test_multi_fields(registry: RegistryClient, new_name: NewName) -> None:
    name = new_name("several")
    metadata = Metadata(
        name=name,
        version="1.0",
        metadata_version="2.4",
        summary="Published by a registry's conformance run; safe to delete.",
        dynamic=("Keywords", "Maintainer"),
        platform=("linux", "win32"),
        license_file=("LICENSE", "NOTICE"),
        classifiers=("Programming Language :: Python :: 3", "Operating System :: OS Independent"),
        requires_python=">=3.8",
        requires_dist=('conformance-one; extra == "one"', 'conformance-two>=2; extra == "two"'),
        project_urls=("Homepage, https://example.com/", "Source, https://example.com/source"),
        provides_extra=("one", "two"),
    )
    accepted_and_listed(registry, wheel(name, "1.0", metadata=metadata))


@check("upload.whole-form")
def test_whole_form(registry: RegistryClient, new_name: NewName, remark: Remark) -> None:
    """An old metadata version that is refused without a field of its own, too, is left out."""
    name = new_name("whole")
    sent = [
        wheel(name, f"1.{number}", metadata=whole(name, f"1.{number}", metadata_version))
        for number, metadata_version in enumerate(WHOLE)
    ]
    answers = [registry.upload(distribution, form=whole_form(distribution)) for distribution in sent]
    refused = {
        version: answer for version, answer in zip(WHOLE, answers, strict=True) if not answer.is_success
    }
    bare = new_name("bare")
    for version in [each for each in OLD if each in refused]:
        twin = wheel(bare, version, metadata=Metadata(metadata_version=version, name=bare, version=version))
        if registry.upload(twin, form=whole_form(twin)).is_client_error:
            remark(f"judged without metadata {version}: the target has refused it with no field, too")
            del refused[version]
            sent = [each for each in sent if each.metadata.metadata_version != version]
    found = [f"metadata {version}: {answer.status} {answer.excerpt()}" for version, answer in refused.items()]
    if refused:
        found.insert(0, accepted_without(registry, whole(new_name("part"), "1.0", next(iter(refused)))))
    expect.rule("every whole form to be accepted", broken_by=found, where=expect.requests(refused.values()))
    expect.listed(registry.project_page(name), [distribution.filename for distribution in sent])


def accepted_without(registry: RegistryClient, metadata: Metadata) -> str:
    """Say without which field a form is accepted that is refused as a whole: what the registry stumbles over."""
    for number, (field, metadata_without) in enumerate(parts(metadata)):
        version = f"1.{number}"
        part = wheel(metadata.name, version, metadata=replace(metadata_without, version=version))
        if registry.upload(part, form=whole_form(part)).is_success:
            return f"metadata {metadata.metadata_version} without {field}: accepted"
    return f"metadata {metadata.metadata_version} without any one of its fields: refused"


@check("upload.field-naming")
def test_field_naming(registry: RegistryClient, new_name: NewName) -> None:
    distribution = wheel(new_name("naming"), "1.0", requires_python=">=3.8")
    misnamed = [("Requires-Python", ">=99"), ("classifier", "No :: Such :: Classifier")]
    form = upload_form(distribution).with_more(misnamed)
    expect.accepted(registry.upload(distribution, form=form))
    page = registry.project_page(distribution.name)
    listed = {file.filename: file.requires_python for file in page.files}
    expect.equal(
        listed, {distribution.filename: ">=3.8"}, of="the Requires-Python of each file", where=page.where
    )


@check("upload.unknown-fields")
def test_unknown_fields(registry: RegistryClient, new_name: NewName, examples: Examples) -> None:
    name = new_name("unknown")
    sent: list[str] = []

    def accepted(fields: list[tuple[str, str]]) -> None:
        distribution = wheel(name, f"1.{len(sent)}")
        form = upload_form(distribution).with_more(fields)
        expect.accepted(registry.upload(distribution, form=form))
        sent.append(distribution.filename)

    examples.each(unknown_fields(), accepted)
    expect.listed(registry.project_page(name), sent)


@check("upload.empty-fields")
def test_empty_fields(registry: RegistryClient, new_name: NewName) -> None:
    distribution = wheel(new_name("empty"), "1.0", summary=None, requires_python=None)
    form = upload_form(distribution).with_more((name, "") for name in OPTIONAL)
    accepted_and_listed(registry, distribution, form)
    page = registry.project_page(distribution.name)
    expect.rule(
        "the file to be listed without a Requires-Python, as the field was empty",
        broken_by=[file.raw for file in page.files if file.requires_python is not None],
        where=page.where,
    )


@check("upload.name-required")
def test_name_required(registry: RegistryClient, new_name: NewName) -> None:
    missing_or_empty_is_refused("name", registry, new_name("nameless"))


@check("upload.version-required")
def test_version_required(registry: RegistryClient, new_name: NewName) -> None:
    missing_or_empty_is_refused("version", registry, new_name("versionless"))


def missing_or_empty_is_refused(field: str, registry: RegistryClient, name: str) -> None:
    distribution = wheel(name, "1.0")
    form = upload_form(distribution)
    refused_and_not_listed(registry, distribution, form.without(field))
    refused_and_not_listed(registry, distribution, form.with_field(field, ""))


@check("upload.requires-python-valid")
def test_requires_python_valid(registry: RegistryClient, new_name: NewName) -> None:
    name = new_name("specifier")
    publish(registry, wheel(name, "0.1", requires_python=">=3.8, <4, !=3.9.*"))
    for number, text in enumerate(NO_SPECIFIERS):
        distribution = wheel(name, f"1.{number}", requires_python=text)
        refused_and_not_listed(registry, distribution, upload_form(distribution))


@check("upload.description")
def test_description(registry: RegistryClient, new_name: NewName) -> None:
    distribution = wheel(new_name("description"), "1.0")
    described = [("description", LONG_DESCRIPTION), ("description_content_type", "text/plain")]
    accepted_and_listed(registry, distribution, upload_form(distribution).with_more(described))


def unknown_fields() -> SearchStrategy[list[tuple[str, str]]]:
    """Draw fields that no registry knows: repeated, empty, long, of several lines, in any letters.

    Some lines look like the boundary, and are none: they are shorter.
    """
    names = st.sampled_from(
        ["x_future_field", "X-Future-Field", "metadata_of_2030", "Description-Content-Type"]
    )
    values = st.one_of(
        st.sampled_from(["", "UNKNOWN", "two\r\nlines", "one\n\ntwo\n", "long " * 4_000]),
        st.sampled_from(["--registry-conformance", "\r\n--registry-conformance\r\n", "\r\n--\r\n"]),
        st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=200),
    )
    return st.lists(st.tuples(names, values), min_size=1, max_size=6)
