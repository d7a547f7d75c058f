"""The second upload of a name, and further files of a release."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.http import upload_form
from conformance.kit.uploads.publishing import publish
from conformance.kit.uploads.scenarios import link_to
from conformance.verdicts import Deviation
from reference_server.distributions import sdist, wheel

if TYPE_CHECKING:
    from conformance.kit.fixtures import Index, NewName, RegistryClient, SecondUpload

ALREADY_THERE = "already exist"
FIRST, OTHER = ">=3.8", ">=3.7"
"""The Requires-Python of a file, and of another of its name: one clause each, so that there is no order to change."""

PLATFORMS = ("cp312-cp312-manylinux_2_17_x86_64", "cp312-cp312-macosx_11_0_arm64", "cp312-cp312-win_amd64")


@check("upload.dup.identical")
def test_identical(registry: RegistryClient, index: Index, new_name: NewName) -> None:
    distribution = wheel(new_name("again"), "1.0")
    publish(registry, distribution)
    before = index.pages(distribution.name)
    expect.accepted(registry.upload(distribution))
    for earlier, page in zip(before, index.pages(distribution.name), strict=True):
        files, wanted = (
            [(file.filename, dict(file.hashes), file.upload_time) for file in each.files]
            for each in (page, earlier)
        )
        expect.equal(files, wanted, of="the files after an identical upload", where=page.where)


@check("upload.dup.different")
def test_different(registry: RegistryClient, second_upload: SecondUpload, new_name: NewName) -> None:
    first = second_upload.distribution
    expect.status(second_upload.other_content, 400, 409)
    expect.same_bytes(registry.download(link_to(registry, first)), first)
    _taken_in_every_spelling(registry, new_name("respelled"))


def _taken_in_every_spelling(registry: RegistryClient, name: str) -> None:
    """Require that a name is taken, too, where the second form spells the version `1.0` as `1.0.0`."""
    first = wheel(name, "1.0", requires_python=FIRST)
    other = wheel(name, "1.0", marker="other bytes", requires_python=OTHER)
    publish(registry, first)
    expect.refused(registry.upload(other, form=upload_form(other).with_field("version", "1.0.0")))
    expect.same_bytes(registry.download(link_to(registry, first)), first)
    page = registry.project_page(name, fresh=True)
    changed = [file.filename for file in page.files if (file.requires_python or "").replace(" ", "") == OTHER]
    expect.rule("the first file to keep its Requires-Python", broken_by=changed, where=page.where)


@check("upload.dup.message")
def test_message(second_upload: SecondUpload) -> None:
    """Source: twine, `skip_upload()`: no other answer counts as one that may be skipped."""
    answer = second_upload.other_content
    reason = f"{answer.reason} {answer.text}"
    if answer.status != 409 and not (answer.status == 400 and ALREADY_THERE in reason.lower()):
        raise Deviation(
            expected=f"status 409, or status 400 with {ALREADY_THERE!r} in the reason or the body",
            found=f"status {answer.status} {answer.reason}: {answer.excerpt()}",
            where=str(answer),
        )


@check("upload.add-wheel-later")
def test_add_wheel_later(registry: RegistryClient, new_name: NewName) -> None:
    name = new_name("later")
    first = sdist(name, "1.0")
    publish(registry, first)
    wheels = [wheel(name, "1.0", tag=tag) for tag in PLATFORMS]
    answers = {distribution.filename: registry.upload(distribution) for distribution in wheels}
    refused = [f"{filename}: {answer.status}" for filename, answer in answers.items() if answer.status >= 300]
    page = registry.project_page(name)
    expect.rule("every wheel of the release to be accepted", broken_by=refused, where=page.where)
    expect.listed(page, [first.filename, *answers])
