"""The form as a whole: what publishes a file, and the fields that say what the form is."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit
from zipfile import ZipFile

from packaging.utils import canonicalize_name

from conformance.checks.upload.form_layouts import CapitalForm, Layout, layouts
from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.http import Part, UploadForm, upload_form
from conformance.kit.uploads.publishing import link
from conformance.kit.uploads.scenarios import link_to
from conformance.kit.uploads.stored_files import (
    accepted_and_listed,
    refused_and_not_listed,
    stored_whole_or_not_at_all,
)
from reference_server.distributions import sdist, wheel

if TYPE_CHECKING:
    from conformance.kit.fixtures import Corpus, Examples, NewName, RegistryClient, UserMachine
    from conformance.kit.http import Answer
    from reference_server.distributions import Distribution


LARGE = 100_000_000
"""Bytes: more than most wheels have, and what every larger limit has room for."""
SENT_WITHOUT_LIMIT = 10_000_000
"""Bytes that may be asked of a registry that states no limit: one is a guest there."""


@check("upload.post-multipart")
def test_post_multipart(registry: RegistryClient, new_name: NewName) -> None:
    distribution = wheel(new_name("minimal"), "1.0", requires_python=None)
    needed = upload_form(distribution).without("summary")
    expect.accepted(registry.upload(distribution, form=needed))
    expect.same_bytes(registry.download(link_to(registry, distribution)), distribution)


@check("upload.status-200")
def test_status_200(corpus: Corpus) -> None:
    first = corpus.published["main-wheel"]
    expect.equal(first.status, 200, of="the status of an accepted upload", where=first.where)


@check("upload.twine-end-to-end")
def test_twine_end_to_end(twine_release: tuple[Distribution, ...], registry: RegistryClient) -> None:
    filenames = [distribution.filename for distribution in twine_release]
    expect.listed(registry.project_page(twine_release[0].name), filenames)


@check("upload.uv-end-to-end")
def test_uv_end_to_end(machine: UserMachine, registry: RegistryClient, new_name: NewName) -> None:
    name = new_name("uv")
    files = (wheel(name, "1.0", requires_python=None), sdist(name, "1.0"))
    expect.succeeded(machine.publish_with_uv(*files))
    expect.listed(registry.project_page(name), [distribution.filename for distribution in files])


@check("upload.action-in-body")
def test_action_in_body(registry: RegistryClient, new_name: NewName) -> None:
    distribution = wheel(new_name("action-last"), "1.0")
    form = upload_form(distribution)
    action, *others = form.parts
    accepted_and_listed(registry, distribution, replace(form, parts=(*others, action)))


@check("upload.action-in-query")
def test_action_in_query(registry: RegistryClient, new_name: NewName) -> None:
    distribution = wheel(new_name("action-query"), "1.0")
    form = upload_form(distribution).without(":action")
    registry.announce(distribution)
    answer = posted(registry, f"{registry.target.upload_url}?:action=file_upload", form)
    expect.accepted(registry.outcome(answer, distribution) if answer.is_success else answer)
    expect.listed(registry.project_page(distribution.name), [distribution.filename])


@check("upload.action-missing")
def test_action_missing(registry: RegistryClient, new_name: NewName) -> None:
    without, unknown = wheel(new_name("no-action"), "1.0"), wheel(new_name("other-action"), "1.0")
    answer = registry.upload(without, form=upload_form(without).without(":action"))
    stored_whole_or_not_at_all(registry, answer, without)
    answer = registry.upload(unknown, form=upload_form(unknown).with_field(":action", "conformance"))
    stored_whole_or_not_at_all(registry, answer, unknown)


@check("upload.protocol-version")
def test_protocol_version(registry: RegistryClient, new_name: NewName) -> None:
    without = wheel(new_name("no-protocol"), "1.0")
    accepted_and_listed(registry, without, upload_form(without).without("protocol_version"))
    for version in ("2", "cat"):
        distribution = wheel(new_name(f"protocol-{version}"), "1.0")
        form = upload_form(distribution).with_field("protocol_version", version)
        stored_whole_or_not_at_all(registry, registry.upload(distribution, form=form), distribution)


@check("upload.content-required")
def test_content_required(registry: RegistryClient, new_name: NewName) -> None:
    distribution = wheel(new_name("no-content"), "1.0")
    form = upload_form(distribution).without("content")
    text = Part(name="content", content=distribution.filename.encode())
    refused_and_not_listed(registry, distribution, form)
    refused_and_not_listed(registry, distribution, replace(form, parts=(*form.parts, text)))


@check("upload.content-filename")
def test_content_filename(registry: RegistryClient, new_name: NewName) -> None:
    """Capitals, as older tools write them in names of sdists, may be refused, or be listed in the normalized name."""
    distribution = wheel(new_name("filename"), "1.0", build="2a", tag="py2.py3-none-any")
    accepted_and_listed(registry, distribution)
    normalized = sdist(new_name("capitals"), "1.0")
    capitals = replace(normalized, filename=normalized.filename.capitalize())
    if registry.upload(capitals).is_success:
        page = registry.project_page(canonicalize_name(capitals.name))
        if normalized.filename not in page.filenames:
            expect.listed(page, [capitals.filename])
        for file in page.files:
            if "href" in file.raw:  # PEP 691 asks for no name at the end of a URL
                name = unquote(urlsplit(file.url).path.rpartition("/")[2])
                expect.equal(file.filename, name, of="the listed name, as in the link,", where=page.where)
            expect.same_bytes(registry.download(file.url), capitals)


@check("upload.content-type-part")
def test_content_type_part(registry: RegistryClient, new_name: NewName) -> None:
    name = new_name("part-type")
    general, without = wheel(name, "1.0"), wheel(name, "1.1")
    accepted_and_listed(registry, general)
    form = upload_form(without)
    parts = tuple(replace(part, content_type=None) for part in form.parts)
    accepted_and_listed(registry, without, replace(form, parts=parts))


@check("upload.field-order")
def test_field_order(registry: RegistryClient, new_name: NewName, examples: Examples) -> None:
    """The order of the parameters of a header means nothing, either. Source: RFC 2045, #section-5.1."""
    name = new_name("layout")
    sent: list[str] = []

    def accepted(layout: Layout) -> None:
        distribution = wheel(name, f"1.{len(sent)}")
        form = upload_form(distribution).with_field("description", "one\n\ntwo\n")
        expect.accepted(registry.upload(distribution, form=layout.of(form)))
        sent.append(distribution.filename)

    parts_of_a_form = len(upload_form(wheel(name, "1.0")).parts) + 1
    examples.each(
        layouts(parts_of_a_form),
        accepted,
        named=str,
    )
    expect.listed(registry.project_page(name), sent)


@check("upload.form-type-case")
def test_form_type_case(registry: RegistryClient, new_name: NewName) -> None:
    name = new_name("capitals")
    accepted_and_listed(registry, wheel(name, "1.0"))
    distribution = wheel(name, "1.1")
    form = upload_form(distribution)
    expect.accepted(registry.upload(distribution, form=CapitalForm(parts=form.parts, boundary=form.boundary)))
    expect.listed(registry.project_page(name), [distribution.filename])


@check("upload.content-exact")
def test_content_exact(registry: RegistryClient, new_name: NewName) -> None:
    """A zip archive may end in a comment of any bytes. A delimiter is the boundary at the start of a line."""
    name = new_name("exact")
    plain = wheel(name, "1.0")
    boundary = f"--{upload_form(plain).boundary}".encode()
    accepted_and_listed(registry, plain)
    comments = (
        b"within a line: " + boundary + b"\r\nthe end",
        b"a line break at the end\r\n",
        b"the start of a delimiter:\r\n" + boundary[:-1] + b"\r\nand less of one:\r\n--\r\nthe end",
    )
    for number, comment in enumerate(comments, start=1):
        distribution = with_comment(wheel(name, f"1.{number}"), comment)
        expect.accepted(registry.upload(distribution))
        expect.same_bytes(registry.download(link_to(registry, distribution)), distribution)


def with_comment(distribution: Distribution, comment: bytes) -> Distribution:
    """Return a wheel whose archive ends with a comment."""
    archive = BytesIO(distribution.content)
    with ZipFile(archive, "a") as opened:
        opened.comment = comment
    return replace(distribution, content=archive.getvalue())


@check("upload.large-file")
def test_large_file(registry: RegistryClient, new_name: NewName) -> None:
    size = min(registry.target.max_file_size or SENT_WITHOUT_LIMIT, LARGE)
    distribution = wheel(new_name("largest"), "1.0", size=size)
    expect.accepted(registry.upload(distribution))
    expect.same_bytes(registry.download(link_to(registry, distribution)), distribution)
    page = registry.project_page(distribution.name)
    listed = link(page, distribution)
    if stated := listed.hashes.get("sha256"):  # of the whole file, not of its first piece
        expect.equal(stated.lower(), distribution.sha256, of="the sha256 of a large file", where=page.where)


@check("upload.project-create")
def test_project_create(registry: RegistryClient, corpus: Corpus, new_name: NewName) -> None:
    """With the sdist first: some registries learn of a project by its first wheel."""
    _ = corpus["main-sdist"]  # refused in a project that exists, it would say nothing of new ones
    name = new_name("create")
    for distribution in (sdist(name, "1.0"), wheel(name, "1.0"), wheel(name, "1.1")):
        accepted_and_listed(registry, distribution)


def posted(registry: RegistryClient, url: str, form: UploadForm) -> Answer:
    """Post a form, which has been announced, to a URL of the check's own. Raises Deviation without an answer."""
    body = form.body()
    headers = [("Content-Type", form.content_type), ("Content-Length", str(len(body)))]
    with registry.connect(url) as connection:
        connection.request("POST", headers=[*headers, ("Connection", "close")], body=body)
        return expect.answered(connection.answer(), to=f"POST {url}")
