"""Descriptions after a change, and for clients that have them already."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.checks.jsonapi.descriptions import Description
from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.driver import Ability, require
from conformance.kit.uploads.publishing import publish
from conformance.verdicts import Untestable
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from conformance.checks.jsonapi.descriptions import Descriptions
    from conformance.kit.fixtures import Driver, Index, NewName, RegistryClient

SERIAL = "X-PyPI-Last-Serial"


@check("jsonapi.files.deleted")
def test_deleted(
    registry: RegistryClient, descriptions: Descriptions, driver: Driver, new_name: NewName
) -> None:
    """The newest release is deleted before anything asks for a description, so that no cache has it."""
    require(driver, Ability.DELETE)
    stays = wheel(new_name("described-deleted"), "1.0")
    goes = wheel(stays.name, "1.1")
    publish(registry, stays, goes)
    driver.delete(goes)
    found = descriptions.of(
        stays.name,
        shows=lambda found: found.version == stays.version and not _lists(found, goes.filename),
    )
    expect.equal(found.version, stays.version, of="the version that is described", where=found)
    release = descriptions.answer(
        stays.name,
        goes.version,
        shows=lambda answer: answer.status == 404 or not _lists(Description(answer), goes.filename),
    )
    for each in (found, Description(release)):
        listed = [goes.filename] if _lists(each, goes.filename) else []
        expect.rule("no deleted file", broken_by=listed, where=each)


def _lists(found: Description, filename: str) -> bool:
    return any(file.get("filename") == filename for file in found.files)


@check("jsonapi.serial")
def test_serial(
    registry: RegistryClient, index: Index, descriptions: Descriptions, projects: tuple[str, ...]
) -> None:
    """The page is read first: a change between both makes the number of the description larger."""
    name = projects[0]
    known = descriptions.of(name)
    page = registry.project_answer(name, accept=index.media_type, fresh=True)
    for version in ("", known.version):
        found = Description(descriptions.ask(descriptions.url(name, version)))
        stated = str(found.object.get("last_serial"))
        others = {
            SERIAL: found.answer.headers.get(SERIAL),
            "the simple page": page.headers.get(SERIAL, stated),
        }
        expect.rule(
            f"`last_serial` to be the number in {SERIAL}, and that of the simple page",
            broken_by=[f"another one in {place}" for place, number in others.items() if number != stated],
            where=found,
        )


@check("jsonapi.conditional")
def test_conditional(descriptions: Descriptions, projects: tuple[str, ...]) -> None:
    name = projects[0]
    known = descriptions.of(name)
    for version in ("", known.version):
        url = descriptions.url(name, version)
        first = descriptions.ask(url)
        if first.status != 200:
            raise Untestable(f"there is no description to look at ({first}); see jsonapi.project.served")
        tag = first.headers.get("ETag", "")
        expect.rule("an ETag", broken_by=[] if tag else ["none"], where=first)
        expect.status(descriptions.ask(url, headers={"If-None-Match": tag}), 304)
        expect.status(descriptions.ask(url, headers={"If-None-Match": '"of-another-one"'}), 200)
