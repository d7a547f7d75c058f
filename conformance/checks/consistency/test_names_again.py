"""A file name that is used again after its file was deleted."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.driver import Ability, delete_alone
from conformance.kit.kept_answers import not_kept
from conformance.kit.uploads.publishing import fetch, link, publish
from conformance.kit.urls import metadata_url
from conformance.verdicts import NotApplicable
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from conformance.kit.fixtures import Driver, Index, NewName, RegistryClient
    from conformance.kit.http import Answer
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
    moment = time.monotonic()
    registry.accepted(second, sha256=second.sha256)
    if _with_old(registry, index, second):
        registry.settling.wait_out(moment)
    wrong = _with_old(registry, index, second)
    for answer in not_kept(wrong, registry.settling.limit):
        expect.rule(
            "a new file to have nothing of a deleted one of its name", broken_by=wrong[answer], where=answer
        )


def _with_old(registry: RegistryClient, index: Index, own: Distribution) -> dict[Answer, list[str]]:
    """Return what the pages have of a deleted file, by the answers that have it."""
    found = {
        answer: _of_another(registry, link(page, own), own)
        for answer, page in index.answered_pages(own.name, fresh=True)
    }
    return {answer: wrong for answer, wrong in found.items() if wrong}


def _of_another(registry: RegistryClient, file: FileLink, own: Distribution) -> list[str]:
    """Say what a link has that is not of its file."""
    sha256 = file.hashes.get("sha256", own.sha256).lower()
    metadata = _metadata_of(registry, file) or b""
    wrong = {
        f"sha256 {sha256}": sha256 != own.sha256,
        f"Requires-Python {OLD}": file.requires_python == OLD,
        f"yanked: {file.yanked!r}": file.yanked is not None,
        "the metadata file of the deleted one": OLD.encode() in metadata,
    }
    return [what for what, is_wrong in wrong.items() if is_wrong]


def _metadata_of(registry: RegistryClient, file: FileLink) -> bytes | None:
    """Return the metadata file that a link announces; None where there is none."""
    if not file.core_metadata:
        return None
    answer = fetch(registry, metadata_url(file.url))
    return answer.content if answer.status == 200 else None
