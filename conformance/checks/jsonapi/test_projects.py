"""Where projects are described, and in which form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from packaging.version import InvalidVersion, Version

from conformance.checks.jsonapi.descriptions import MEDIA_TYPE, Description, Errors
from conformance.checks.jsonapi.value_types import PARTS, wrong_values
from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.driver import Ability, require
from conformance.kit.unknown_projects import expect_unknown
from conformance.kit.uploads.publishing import publish
from conformance.verdicts import Untestable
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from conformance.checks.jsonapi.descriptions import Descriptions
    from conformance.kit.fixtures import Driver, NewName, RegistryClient
    from conformance.kit.http import Answer

ROLES = ("Owner", "Maintainer")
"""The roles in the order of the documentation."""


@check("jsonapi.project.served")
def test_served(descriptions: Descriptions, projects: tuple[str, ...]) -> None:
    for name in projects:
        answer = descriptions.answer(name, shows=lambda answer: answer.status == 200, errors=Errors.ANY)
        expect_described(answer)


def expect_described(answer: Answer) -> None:
    """Require a description in the form of one."""
    expect.status(answer, 200)
    expect.equal(answer.content_type, MEDIA_TYPE, of="the media type", where=answer)
    found = Description(answer)
    if found.document.is_cut:
        raise Untestable(f"{answer} is a description with more values than a run can judge")
    problems = found.document.problems or ([] if found.object else [answer.excerpt() or "an empty body"])
    expect.rule("one valid JSON object", broken_by=problems, where=answer)


@check("jsonapi.project.keys")
def test_keys(descriptions: Descriptions, projects: tuple[str, ...]) -> None:
    for name in projects:
        found = descriptions.of(name)
        expect.rule(
            "each key to be there, of its type", broken_by=wrong_values(found.object, PARTS), where=found
        )


@check("jsonapi.project.ownership")
def test_ownership(descriptions: Descriptions, projects: tuple[str, ...]) -> None:
    for name in projects:
        found = descriptions.of(name)
        expect.rule(
            "`ownership` with `organization` and with `roles` in order",
            broken_by=_wrong_ownership(found.object.get("ownership")),
            where=found,
        )


def _wrong_ownership(ownership: Any) -> list[str]:
    if not isinstance(ownership, dict):
        return [f"{ownership!r} in place of an object"]
    organization = ownership.get("organization", 0)
    wrong = [] if organization is None or isinstance(organization, str) else ["no `organization`"]
    roles = ownership.get("roles")
    if not isinstance(roles, list):
        return [*wrong, f"`roles`: {roles!r}"]
    pairs = [(each.get("role"), each.get("user")) if isinstance(each, dict) else each for each in roles]
    wrong += [f"the role {each!r}" for each in pairs if not _is_role(each)]
    if not wrong and pairs != sorted(pairs, key=lambda pair: (ROLES.index(pair[0]), pair[1])):
        wrong.append(f"the order {pairs!r}")
    return wrong


def _is_role(pair: Any) -> bool:
    return isinstance(pair, tuple) and pair[0] in ROLES and bool(pair[1]) and isinstance(pair[1], str)


@check("jsonapi.project.trailing-slash")
def test_trailing_slash(descriptions: Descriptions, projects: tuple[str, ...]) -> None:
    name = projects[0]
    without = descriptions.of(name)
    for version in ("", without.version):
        answer = descriptions.ask(f"{descriptions.url(name, version)}/", errors=Errors.LASTING)
        expect.status(answer, 200)
        found = Description(answer)
        expect.equal(found.version, without.version, of="the version that is described", where=answer)


@check("jsonapi.project.not-found")
def test_not_found(descriptions: Descriptions, projects: tuple[str, ...], new_name: NewName) -> None:
    name = projects[0]
    known = descriptions.of(name)
    absent = new_name("described-nowhere")
    unknown = (
        (absent, ""),
        (absent, known.version),
        (name, f"{_release_of(known.version)}.0.7"),
        (name, "9999!0"),
        (name, "none"),
        (f"{name}-{absent}", ""),
    )
    for project, version in unknown:
        answer = descriptions.ask(descriptions.url(project, version), errors=Errors.LASTING)
        expect_unknown(descriptions.registry, answer)


def _release_of(version: str) -> str:
    """Return a version without what makes it a pre-release, or 1 for what is no version."""
    try:
        return Version(version).base_version
    except InvalidVersion:
        return "1"


@check("jsonapi.project.quarantined")
def test_quarantined(
    registry: RegistryClient,
    descriptions: Descriptions,
    projects: tuple[str, ...],
    driver: Driver,
    new_name: NewName,
) -> None:
    """Its description is not asked for before, so that no cache has it; that of another project is there."""
    require(driver, Ability.SET_STATUS)
    descriptions.of(projects[0])
    file = wheel(new_name("described-quarantine"), "1.0")
    publish(registry, file)
    driver.set_status(file.name, "quarantined")
    for version in ("", file.version):
        answer = descriptions.answer(
            file.name, version, shows=lambda answer: answer.status == 404, errors=Errors.LASTING
        )
        expect.status(answer, 404)
