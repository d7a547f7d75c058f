"""Yanked files themselves."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.uploads.publishing import fetch
from conformance.verdicts import Untestable

if TYPE_CHECKING:
    from conformance.kit.fixtures import Index, RegistryClient

MOST_FILES = 2


@check("yank.still-downloadable")
def test_still_downloadable(registry: RegistryClient, index: Index, projects: tuple[str, ...]) -> None:
    files = [file for file in index.pages(projects[0])[-1].files if file.yanked is not None]
    if not files:
        raise Untestable("no page lists a yanked file; see the other checks of yanking")
    for file in sorted(files, key=lambda file: file.size or 0)[:MOST_FILES]:
        answer = fetch(registry, file.url)
        expect.status(answer, 200)
        if "sha256" in file.hashes:
            found = hashlib.sha256(answer.content).hexdigest()
            expect.equal(found, file.hashes["sha256"], of="the sha256 of the file", where=answer)
