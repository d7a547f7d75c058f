"""What the Python Package Index asks of a file's type and digest, and beside what is there already."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from typing import TYPE_CHECKING

from conformance.checks.upload.single_mistakes import each_refused
from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.driver import Ability, delete_alone
from conformance.kit.http import upload_form
from conformance.kit.uploads.stored_files import accepted_and_listed
from reference_server.distributions import sdist, wheel

if TYPE_CHECKING:
    from conformance.kit.fixtures import Driver, NewName, RegistryClient, SecondUpload

EXISTS = "File already exists"


@check("upload.filetype-required")
def test_filetype_required(registry: RegistryClient, new_name: NewName) -> None:
    distribution = wheel(new_name("filetype"), "1.0")
    form = upload_form(distribution)
    each_refused(
        registry,
        ("without filetype", distribution, form.without("filetype")),
        ("filetype bdist_wat", distribution, form.with_field("filetype", "bdist_wat")),
    )


@check("upload.pyversion.wheel")
def test_pyversion_wheel(registry: RegistryClient, new_name: NewName) -> None:
    distribution = wheel(new_name("pyversion"), "1.0")
    form = upload_form(distribution)
    each_refused(
        registry,
        ("without pyversion", distribution, form.without("pyversion")),
        ("an empty pyversion", distribution, form.with_field("pyversion", "")),
    )


@check("upload.pyversion.sdist")
def test_pyversion_sdist(registry: RegistryClient, new_name: NewName) -> None:
    distribution = sdist(new_name("source"), "1.0")
    form = upload_form(distribution)
    each_refused(registry, ("pyversion py3", distribution, form.with_field("pyversion", "py3")))
    accepted_and_listed(registry, distribution, form.without("pyversion"))


@check("upload.digest.required")
def test_digest_required(registry: RegistryClient, new_name: NewName) -> None:
    distribution = wheel(new_name("digest"), "1.0")
    each_refused(
        registry, ("without a digest", distribution, upload_form(distribution).without("sha256_digest"))
    )


@check("upload.dup.pypi-text")
def test_dup_pypi_text(second_upload: SecondUpload) -> None:
    answer, filename = second_upload.other_content, second_upload.distribution.filename
    expect.status(answer, 400)
    words = rf"{EXISTS} \('{re.escape(filename)}', with blake2_256 hash '[0-9a-f]{{64}}'\)"
    wanted = f"{EXISTS} ('{filename}', with blake2_256 hash '…')"
    text = unescape(answer.text)
    expect.rule(
        f"the answer to contain {wanted!r}", broken_by=[] if re.search(words, text) else [text], where=answer
    )


@check("upload.dup.same-content-new-name")
def test_dup_same_content_new_name(registry: RegistryClient, new_name: NewName) -> None:
    first = wheel(new_name("same-content"), "1.0")
    accepted_and_listed(registry, first)
    again = replace(first, filename=wheel(first.name, "1.0", build="1").filename)
    answer = registry.upload(again)
    expect.status(answer, 400)
    expect.contains(answer.text, EXISTS, of="the reason", where=answer)
    expect.not_listed(registry.project_page(first.name), [again.filename])


@check("upload.dup.deleted-name")
def test_dup_deleted_name(registry: RegistryClient, driver: Driver, new_name: NewName) -> None:
    first = wheel(new_name("deleted-file"), "1.0")
    accepted_and_listed(registry, first)
    delete_alone(driver, first, alone_in=Ability.DELETE_RELEASE)
    same, other = upload_form(first), wheel(first.name, "1.0", marker="other bytes")
    each_refused(registry, ("the same bytes", first, same), ("other bytes", other, upload_form(other)))


@check("upload.second-sdist")
def test_second_sdist(registry: RegistryClient, new_name: NewName) -> None:
    first, second = (sdist(name, version) for name in [new_name("sdists")] for version in ("1.0", "1.0.0"))
    accepted_and_listed(registry, first)
    each_refused(registry, ("a second sdist", second, upload_form(second)))
