"""What a deletion leaves alone."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from conformance.checks.consistency.losses import losses
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
    from conformance.kit.fixtures import Driver, Index, NewName, RegistryClient, Remark, Spare
    from conformance.kit.http import Answer
    from reference_server.distributions import Distribution

WAYS = (Ability.DELETE, Ability.DELETE_RELEASE, Ability.DELETE_PROJECT)


@dataclass(frozen=True, kw_only=True)
class Neighbours:
    """A file to delete, and files that stay: of its version, of versions and of projects that begin alike."""

    goes: Distribution
    of_version: Distribution | None
    of_project: tuple[Distribution, ...]
    elsewhere: Distribution

    def staying(self, way: Ability) -> tuple[Distribution, ...]:
        """Return the files that stay when the file, its release or its project is deleted."""
        sibling = (self.of_version,) if self.of_version else ()
        own = {Ability.DELETE: (*sibling, *self.of_project), Ability.DELETE_RELEASE: self.of_project}
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
    registry: RegistryClient, index: Index, driver: Driver, new_name: NewName, remark: Remark, *, spare: Spare
) -> None:
    ways = [way for way in WAYS if way in driver.abilities]
    if not ways:
        require(driver, Ability.DELETE)
    for way in ways:
        files = _published(registry, new_name("spared"), remark)
        staying = files.staying(way)
        if _without(registry, index, (files.goes, *staying)):
            raise Untestable(
                "what was published is not listed from the start; see upload.visible-after-success"
            )
        getattr(driver, way.method)(files.goes)
        moment = time.monotonic()
        _wait_until_gone(registry, index, files.goes)
        if not _without(registry, index, staying):
            spare(registry, *staying)
            continue
        registry.settling.wait_out(moment)
        wrong = _without(registry, index, staying)
        for answer in not_kept(wrong, registry.settling.limit):
            expect.rule(
                f"everything else to stay when {_about(way)} is deleted",
                broken_by=wrong[answer],
                where=answer,
            )


def _published(registry: RegistryClient, name: str, remark: Remark) -> Neighbours:
    """Publish files around one. A registry may refuse sdists: what stays is then judged without the sibling."""
    files = neighbours(name)
    publish(registry, files.goes, *files.of_project, files.elsewhere)
    if files.of_version and not registry.upload(files.of_version).is_success:
        remark("judged without a second file of the version: the sdist was refused")
        return replace(files, of_version=None)
    return files


def _wait_until_gone(registry: RegistryClient, index: Index, deleted: Distribution) -> None:
    """Wait until pages omit a deleted file, and then as long again as a page may be late: others are as late."""
    registry.deleted(deleted)
    for media_type in index.media_types.values():
        registry.project_answer(deleted.name, accept=media_type, fresh=True)
    registry.settling.wait()


def _about(way: Ability) -> str:
    return {Ability.DELETE: "a file", Ability.DELETE_RELEASE: "a release"}.get(way, "a project")


def _without(
    registry: RegistryClient, index: Index, staying: tuple[Distribution, ...]
) -> dict[Answer, list[str]]:
    """Return the files that pages lack, and the projects that lists lack, by the answers that lack them.

    Raises Untestable where nothing is lost, and a page is answered with an error.
    """
    found: dict[Answer, list[str]] = {}
    errors: list[Answer] = []
    names = dict.fromkeys(canonicalize_name(file.name) for file in staying)
    for name in names:
        own = [file.filename for file in staying if canonicalize_name(file.name) == name]
        for media_type in index.media_types.values():
            answer = registry.project_answer(name, accept=media_type, fresh=True)
            if answer.status not in {200, 410} and not registry.is_unknown(answer):
                errors.append(answer)
                continue
            filenames = page_in(answer).filenames if answer.status == 200 else frozenset()
            found[answer] = [f"{each} is not listed" for each in own if each not in filenames]
    for answer, root in index.answered_roots(fresh=True):
        found[answer] = [f"the project {name} is not listed" for name in absent(names, root)]
    return losses(found, errors=errors)
