"""What a deletion leaves alone."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.driver import Ability, require
from conformance.kit.kept_answers import not_kept
from conformance.kit.project_names import absent
from conformance.kit.registry import page_in
from conformance.kit.uploads.publishing import publish
from conformance.verdicts import Untestable
from reference_server.distributions import sdist, wheel

if TYPE_CHECKING:
    from conformance.kit.fixtures import Driver, Index, NewName, RegistryClient
    from conformance.kit.http import Answer
    from reference_server.distributions import Distribution

WAYS = (Ability.DELETE, Ability.DELETE_RELEASE, Ability.DELETE_PROJECT)


@dataclass(frozen=True, kw_only=True)
class Neighbours:
    """A file to delete, and files that stay: of its version, of versions and of projects that begin alike."""

    goes: Distribution
    of_version: Distribution
    of_project: tuple[Distribution, ...]
    elsewhere: Distribution

    def staying(self, way: Ability) -> tuple[Distribution, ...]:
        """Return the files that stay when the file, its release or its project is deleted."""
        own = {Ability.DELETE: (self.of_version, *self.of_project), Ability.DELETE_RELEASE: self.of_project}
        return (*own.get(way, ()), self.elsewhere)


def neighbours(name: str) -> Neighbours:
    """Return files around one, with names and versions that begin with its own."""
    return Neighbours(
        goes=wheel(name, "1.0"),
        of_version=sdist(name, "1.0"),
        of_project=(wheel(name, "1.0.1"), wheel(name, "1.0.post1")),
        elsewhere=wheel(f"{name}-more", "1.0"),
    )


@check("consistency.deletion-spares-others")
def test_deletion_spares_others(
    registry: RegistryClient, index: Index, driver: Driver, new_name: NewName
) -> None:
    ways = [way for way in WAYS if way in driver.abilities]
    if not ways:
        require(driver, Ability.DELETE)
    for way in ways:
        files = neighbours(new_name("spared"))
        staying = files.staying(way)
        publish(registry, files.goes, files.of_version, *files.of_project, files.elsewhere)
        if _without(registry, index, staying):
            raise Untestable("what stays is not listed from the start; see upload.visible-after-success")
        getattr(driver, way.method)(files.goes)
        moment = time.monotonic()
        if not _without(registry, index, staying):
            continue
        registry.settling.wait_out(moment)
        wrong = _without(registry, index, staying)
        for answer in not_kept(wrong, registry.settling.limit):
            expect.rule(
                f"everything else to stay when {_about(way)} is deleted",
                broken_by=wrong[answer],
                where=answer,
            )


def _about(way: Ability) -> str:
    return {Ability.DELETE: "a file", Ability.DELETE_RELEASE: "a release"}.get(way, "a project")


def _without(
    registry: RegistryClient, index: Index, staying: tuple[Distribution, ...]
) -> dict[Answer, list[str]]:
    """Return the files that pages lack, and the projects that lists lack, by the answers that lack them."""
    found: dict[Answer, list[str]] = {}
    names = dict.fromkeys(canonicalize_name(file.name) for file in staying)
    for name in names:
        own = [file.filename for file in staying if canonicalize_name(file.name) == name]
        for media_type in index.media_types.values():
            answer = registry.project_answer(name, accept=media_type, fresh=True)
            filenames = page_in(answer).filenames if answer.status == 200 else frozenset()
            found[answer] = [f"{each} is not listed" for each in own if each not in filenames]
    for answer, root in index.answered_roots(fresh=True):
        found[answer] = [f"the project {name} is not listed" for name in absent(names, root)]
    return {answer: lacks for answer, lacks in found.items() if lacks}
