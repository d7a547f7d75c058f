"""Uploads, their size, and what happens to the second one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.differences import written
from conformance.kit.http import upload_form
from conformance.kit.properties import strategies
from conformance.kit.uploads.scenarios import link_to, size_limit
from conformance.kit.uploads.stored_files import accepted_and_listed
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from conformance.kit.fixtures import Corpus, Examples, NewName, Oversized, RegistryClient, SecondUpload
    from conformance.kit.http import UploadForm

DOCUMENTED_MEGABYTES = 50
LONG_DESCRIPTION = "A line of a very long description.\n" * 18_000


@check("gitlab.upload.wheel")
def test_wheel(registry: RegistryClient, corpus: Corpus) -> None:
    expect.published(corpus, "main-wheel", on=registry.project_page(canonicalize_name(corpus.main)))


@check("gitlab.upload.sdist")
def test_sdist(registry: RegistryClient, corpus: Corpus) -> None:
    expect.published(corpus, "main-sdist", on=registry.project_page(canonicalize_name(corpus.main)))


@check("gitlab.upload.files-of-one-version")
def test_files_of_one_version(registry: RegistryClient, corpus: Corpus) -> None:
    files = [corpus["main-wheel"].filename, corpus["main-sdist"].filename]
    expect.listed(registry.project_page(canonicalize_name(corpus.main)), files)


@check("gitlab.upload.versions-of-one-project")
def test_versions_of_one_project(registry: RegistryClient, corpus: Corpus) -> None:
    files = [corpus[role].filename for role in ("main-wheel", "main-latest", "main-prerelease")]
    expect.listed(registry.project_page(canonicalize_name(corpus.main)), files)


@check("gitlab.upload.field-order")
def test_field_order(registry: RegistryClient, new_name: NewName, examples: Examples) -> None:
    name = new_name("order")
    sent: list[str] = []

    def accepted(layout: tuple[tuple[int, ...], str]) -> None:
        order, boundary = layout
        distribution = wheel(name, f"1.{len(sent)}")
        form = upload_form(distribution)
        parts = tuple(form.parts[at] for at in order)
        expect.accepted(registry.upload(distribution, form=replace(form, parts=parts, boundary=boundary)))
        sent.append(distribution.filename)

    parts_of_a_form = len(upload_form(wheel(name, "1.0")).parts)
    examples.each(
        strategies.form_layouts(parts_of_a_form),
        accepted,
        named=lambda layout: f"parts in the order {written(layout[0])}, with the boundary {layout[1]!r}",
    )
    expect.listed(registry.project_page(name), sent)


@check("gitlab.upload.unknown-fields")
def test_unknown_fields(registry: RegistryClient, new_name: NewName, examples: Examples) -> None:
    name = new_name("noise")
    sent: list[str] = []

    def accepted(noise: list[tuple[str, str]]) -> None:
        distribution = wheel(name, f"1.{len(sent)}")
        form = upload_form(distribution).with_more(noise)
        expect.accepted(registry.upload(distribution, form=form))
        sent.append(distribution.filename)

    examples.each(strategies.form_noise(), accepted)
    expect.listed(registry.project_page(name), sent)


@check("gitlab.upload.long-description")
def test_long_description(registry: RegistryClient, new_name: NewName) -> None:
    distribution = wheel(new_name("long"), "1.0")
    form = upload_form(distribution).with_field("description", LONG_DESCRIPTION)
    expect.accepted(registry.upload(distribution, form=form))


@check("gitlab.upload.without-file-refused")
def test_without_file_refused(registry: RegistryClient, new_name: NewName) -> None:
    refused_without("content", registry, new_name("no-file"))


@check("gitlab.upload.without-name-refused")
def test_without_name_refused(registry: RegistryClient, new_name: NewName) -> None:
    refused_without("name", registry, new_name("no-name"))


@check("gitlab.upload.without-version-refused")
def test_without_version_refused(registry: RegistryClient, new_name: NewName) -> None:
    refused_without("version", registry, new_name("no-version"))


def refused_without(part: str, registry: RegistryClient, name: str) -> None:
    distribution = wheel(name, "1.0")
    form: UploadForm = upload_form(distribution).without(part)
    expect.refused(registry.upload(distribution, form=form))
    expect.not_listed(registry.project_page(name), [distribution.filename])


@check("gitlab.size.up-to-limit-accepted")
def test_up_to_limit_accepted(registry: RegistryClient, new_name: NewName) -> None:
    """Megabytes are read as 10^6 bytes, the smaller of the two meanings."""
    size = min(size_limit(registry), DOCUMENTED_MEGABYTES * 10**6)
    distribution = wheel(new_name("large"), "1.0", size=size)
    accepted_and_listed(registry, distribution)


@check("gitlab.size.over-limit-refused")
def test_over_limit_refused(oversized: Oversized) -> None:
    expect.status(oversized.answer, 413, 400)


@check("gitlab.size.over-limit-leaves-nothing")
def test_over_limit_leaves_nothing(registry: RegistryClient, oversized: Oversized) -> None:
    expect.not_listed(registry.project_page(oversized.distribution.name), [oversized.distribution.filename])


@check("gitlab.duplicate.refused")
def test_duplicate_refused(second_upload: SecondUpload) -> None:
    expect.status(second_upload.same, 400)


@check("gitlab.duplicate.message")
def test_duplicate_message(second_upload: SecondUpload) -> None:
    expect.contains(
        second_upload.same.text,
        "Validation failed: File name has already been taken",
        of="a message",
        where=second_upload.same,
    )


@check("gitlab.duplicate.other-content-refused")
def test_duplicate_with_other_content_refused(second_upload: SecondUpload) -> None:
    expect.refused(second_upload.other_content)


@check("gitlab.duplicate.keeps-first")
def test_duplicate_keeps_first(registry: RegistryClient, second_upload: SecondUpload) -> None:
    first = second_upload.distribution
    expect.same_bytes(registry.download(link_to(registry, first)), first)
