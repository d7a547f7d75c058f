"""Forms that are odd or out of date: they may be refused, and harm nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.http import Part, UploadForm, upload_form
from conformance.kit.uploads.stored_files import accepted_and_listed, stored_whole_or_not_at_all
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from conformance.kit.fixtures import NewName, RegistryClient


SIGNATURE = b"-----BEGIN PGP SIGNATURE-----\n\niQ==\n-----END PGP SIGNATURE-----\n"
OUTSIDE_LATIN_1 = "f\u00f6\u00f6\U0001f40d"


@check("upload.gpg-signature")
def test_gpg_signature(registry: RegistryClient, new_name: NewName) -> None:
    distribution = wheel(new_name("signed"), "1.0")
    form = upload_form(distribution)
    signature = Part(name="gpg_signature", content=SIGNATURE, filename=f"{distribution.filename}.asc")
    accepted_and_listed(registry, distribution, replace(form, parts=(*form.parts, signature)))


@check("upload.content-as-list")
def test_content_as_list(registry: RegistryClient, new_name: NewName) -> None:
    """Without a digest, so that the registry is free to choose."""
    name = new_name("two-files")
    first, second = wheel(name, "1.0"), wheel(name, "1.0", build="1")
    form = upload_form(first).without("sha256_digest")
    form = replace(form, parts=(*form.parts, upload_form(second).parts[-1]))
    registry.announce(second)
    stored_whole_or_not_at_all(registry, registry.upload(first, form=form), first, second)


@check("upload.text-field-as-file")
def test_text_field_as_file(registry: RegistryClient, new_name: NewName) -> None:
    for field in ("summary", "name"):
        distribution = wheel(new_name(f"{field}-as-file"), "1.0")
        form = as_file(upload_form(distribution), field)
        stored_whole_or_not_at_all(registry, registry.upload(distribution, form=form), distribution)


@check("upload.nul-bytes")
def test_nul_bytes(registry: RegistryClient, new_name: NewName) -> None:
    for field in ("summary", "name"):
        distribution = wheel(new_name(f"nul-in-{field}"), "1.0")
        form = upload_form(distribution).with_field(field, "a\0b")
        stored_whole_or_not_at_all(registry, registry.upload(distribution, form=form), distribution)


@check("upload.reason-latin1")
def test_reason_latin1(registry: RegistryClient, new_name: NewName) -> None:
    named = wheel(new_name("odd-name"), "1.0")
    form = upload_form(named).with_field("name", OUTSIDE_LATIN_1)
    stored_whole_or_not_at_all(registry, registry.upload(named, form=form), named)
    filed = wheel(new_name("odd-file"), "1.0")
    filed = replace(filed, filename=f"{OUTSIDE_LATIN_1}-{filed.filename}")
    stored_whole_or_not_at_all(registry, registry.upload(filed), filed)


@check("upload.submit-gone")
def test_submit_gone(registry: RegistryClient, new_name: NewName) -> None:
    distribution = wheel(new_name("registered"), "1.0")
    form = upload_form(distribution).without("content")
    for action in ("submit", "submit_pkg_info"):
        expect.no_server_error(registry.upload(distribution, form=form.with_field(":action", action)))
    page = registry.project_page(distribution.name)
    expect.rule("the page to stay empty", broken_by=page.filenames, where=page.where)


@check("upload.doc-upload-gone")
def test_doc_upload_gone(registry: RegistryClient, new_name: NewName) -> None:
    """As `setup.py upload_docs` sent it: an archive that is named after the project alone."""
    distribution = wheel(new_name("documented"), "1.0")
    archive = Part(name="content", content=distribution.content, filename=f"{distribution.name}.zip")
    fields = tuple(
        Part(name=name, content=value.encode())
        for name, value in ((":action", "doc_upload"), ("name", distribution.name))
    )
    expect.no_server_error(registry.upload(distribution, form=UploadForm(parts=(*fields, archive))))
    page = registry.project_page(distribution.name)
    expect.rule("the page to stay empty", broken_by=page.filenames, where=page.where)


def as_file(form: UploadForm, name: str) -> UploadForm:
    """Return the form with a text field sent as a file."""
    return replace(
        form,
        parts=tuple(
            replace(part, filename=f"{name}.txt", content_type="text/plain") if part.name == name else part
            for part in form.parts
        ),
    )
