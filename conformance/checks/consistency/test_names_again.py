"""A file name that is used again after its file was deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.driver import Ability, delete_alone
from conformance.kit.uploads.publishing import fetch, link, publish
from conformance.kit.urls import metadata_url
from conformance.verdicts import NotApplicable
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.kit.fixtures import Driver, Index, NewName, RegistryClient
    from conformance.pages import FileLink
    from reference_server.distributions import Distribution

OLD, NEW = ">=3.8", ">=3.7,!=3.9.1"
"""The Requires-Python of two files of one name."""


@check("consistency.new-file-of-a-name")
def test_new_file_of_a_name(
    registry: RegistryClient, index: Index, driver: Driver, new_name: NewName
) -> None:
    """Everything about the first file is read while it is there: a cache may keep that by the name."""
    first = wheel(new_name("name-again"), "1.0", requires_python=OLD)
    publish(registry, first)
    if Ability.YANK in driver.abilities:
        driver.yank(first, "of the first file")
    for page in index.pages(first.name, fresh=True):
        _metadata_of(registry, link(page, first))
    delete_alone(driver, first, alone_in=Ability.DELETE_PROJECT)
    second = wheel(first.name, "1.0", requires_python=NEW, marker="second")
    answer = registry.upload(second)
    if not answer.is_success:
        raise NotApplicable(f"the registry takes no file under the name of a deleted one: {answer}")
    for page in index.pages(second.name, fresh=True):
        expect.rule(
            "a new file to have nothing of a deleted one of its name",
            broken_by=_of_another(registry, link(page, second), second),
            where=page.where,
        )


def _of_another(registry: RegistryClient, file: FileLink, own: Distribution) -> Iterator[str]:
    sha256 = file.hashes.get("sha256", own.sha256).lower()
    if sha256 != own.sha256:
        yield f"sha256 {sha256}"
    if file.requires_python == OLD:
        yield f"Requires-Python {OLD}"
    if file.yanked is not None:
        yield f"yanked: {file.yanked!r}"
    metadata = _metadata_of(registry, file)
    if metadata is not None and OLD.encode() in metadata:
        yield "the metadata file of the deleted one"


def _metadata_of(registry: RegistryClient, file: FileLink) -> bytes | None:
    """Return the metadata file that a link announces; None where there is none."""
    if not file.core_metadata:
        return None
    answer = fetch(registry, metadata_url(file.url))
    return answer.content if answer.status == 200 else None
