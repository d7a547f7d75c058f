"""Under which names an upload is taken, and which of them are one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.driver import Ability, delete_alone
from conformance.kit.http import upload_form
from conformance.kit.properties import strategies
from conformance.kit.uploads.publishing import is_taken, publish
from conformance.kit.uploads.single_fields import each_value_refused
from conformance.verdicts import Untestable
from reference_server.distributions import sdist, wheel

if TYPE_CHECKING:
    from conformance.kit.fixtures import Driver, Examples, NewName, RegistryClient, Remark

IN_THE_FORM_ALONE = ("-{}", "{}.", "{}/x", "{} x", "{}\u00e9")
"""What is no name, in the form of a wheel that is right; `{}` is the right one."""

SHORTEST = ("qxz", "739")
"""Names of one letter and of one digit, several of each in case one is taken."""

LONG = 40
"""Letters that are added to a name. With those before them they are more than most columns of 64 hold."""

VALID = ("0{}", "{}._-run", f"{{}}-{'x' * LONG}")
"""What is a name, though some registries refuse it; `{}` is an ordinary one."""

NOT_IN_A_HEADER = re.compile(r'[\x00-\x1f"\\/%]')


@check("name.invalid-rejected")
def test_invalid_rejected(registry: RegistryClient, new_name: NewName, examples: Examples) -> None:
    """The file is named after the same name, so that nothing else is wrong where that is possible."""

    def rejected(pattern: str) -> None:
        name = pattern.format(new_name("invalid"))
        filename = NOT_IN_A_HEADER.sub("_", wheel(name, "1.0").filename)
        distribution = wheel(name, "1.0", filename=filename)
        expect.refused(registry.upload(distribution))
        if registry.project_answer(name).status == 200:
            expect.not_listed(registry.project_page(name), [filename])

    project = new_name("form-name")
    refused = each_value_refused(
        registry, project, "name", [each.format(project) for each in IN_THE_FORM_ALONE]
    )
    expect.not_listed(registry.project_page(project), [file.filename for file in refused])
    examples.each(strategies.non_names(), rejected, independent=True)


@check("name.variants-merge")
def test_variants_merge(
    registry: RegistryClient, new_name: NewName, examples: Examples, remark: Remark
) -> None:
    """A spelling that is refused belongs to no other project. In place of an sdist that is, a wheel is sent."""
    met: list[bool] = []

    def one_project(spelled: tuple[str, str]) -> None:
        stem, (first, second) = new_name("merged"), spelled
        one = wheel(f"{stem}-{first}", "1.0")
        others = sdist(f"{stem}-{second}", "1.0"), wheel(f"{stem}-{second}", "1.1")
        other = is_taken(registry, one) and next((each for each in others if is_taken(registry, each)), None)
        met.append(bool(other))
        if other:
            page = registry.project_page(canonicalize_name(one.name))
            expect.listed(page, [one.filename, other.filename])

    examples.each(strategies.equal_names(), one_project, independent=True)
    if not any(met):
        raise Untestable("of two spellings of one name, one is always refused")
    if not all(met):
        remark(f"{sum(met)} of {len(met)} pairs of spellings were judged: of the others, one was refused")


@check("name.valid-accepted")
def test_valid_accepted(registry: RegistryClient, new_name: NewName, remark: Remark) -> None:
    """A credential that may publish some names only says nothing of the others."""
    forbidden = {}
    for pattern in VALID:
        distribution = wheel(pattern.format(new_name("valid")), "1.0")
        answer = registry.upload(distribution)
        if answer.status in {401, 403}:
            forbidden[distribution.name] = answer
            continue
        expect.accepted(answer)
        expect.listed(registry.project_page(canonicalize_name(distribution.name)), [distribution.filename])
    if forbidden:
        name, answer = next(iter(forbidden.items()))
        if len(forbidden) == len(VALID):
            raise Untestable(f"the credential may not publish such names: {name} ({answer})")
        judged = f"{len(VALID) - len(forbidden)} of {len(VALID)} names were judged"
        remark(f"{judged}: the credential may not publish {name} ({answer})")


@check("name.upper-case-accepted")
def test_upper_case_accepted(registry: RegistryClient, new_name: NewName) -> None:
    """A credential that may publish some spellings only says nothing of the others."""
    publish(registry, wheel(new_name("lower"), "1.0"))
    distribution = wheel(new_name("upper").title(), "1.0")
    answer = registry.upload(distribution)
    if answer.status in {401, 403}:
        raise Untestable(f"the credential may not publish such a name: {distribution.name} ({answer})")
    expect.accepted(answer)
    expect.listed(registry.project_page(canonicalize_name(distribution.name)), [distribution.filename])


@check("name.shortest-accepted")
def test_shortest_accepted(registry: RegistryClient, driver: Driver, new_name: NewName) -> None:
    """Names that are taken are left alone; ours are removed at once, as they cannot carry the run's id."""
    publish(registry, wheel(new_name("longer"), "1.0"))
    forbidden = []
    for names in SHORTEST:
        free = [each for each in names if registry.project_answer(each, fresh=True).status == 404]
        if not free:
            raise Untestable(f"{', '.join(names)} are taken")
        distribution = wheel(free[0], "0.1")
        answer = registry.upload(distribution)
        if answer.is_success:
            delete_alone(driver, distribution, alone_in=Ability.DELETE_PROJECT)
        if answer.status in {401, 403}:
            forbidden.append(answer)
            continue
        expect.accepted(answer)
    if forbidden:
        raise Untestable(f"the credential may not publish such names: {forbidden[0]}")


@check("name.twine-safe-name")
def test_twine_safe_name(registry: RegistryClient, new_name: NewName) -> None:
    """The expression is twine's."""
    distribution = wheel(new_name("safe").replace("-", "_"), "1.0")
    form = upload_form(distribution).with_field("name", re.sub("[^A-Za-z0-9.]+", "-", distribution.name))
    expect.accepted(registry.upload(distribution, form=form))
    expect.listed(registry.project_page(canonicalize_name(distribution.name)), [distribution.filename])
