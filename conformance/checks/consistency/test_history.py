"""What uploads, refusals and changes leave behind."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.http import upload_form
from conformance.kit.properties.state_machine import UploadsAndChanges, explore
from conformance.kit.races.looks import forms_of, look_at
from conformance.kit.uploads.publishing import publish
from conformance.verdicts import NotApplicable
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from conformance.kit.fixtures import Driver, Examples, Index, NewName, RegistryClient
    from conformance.kit.http import Answer
    from conformance.kit.races.looks import Look

ANOTHER_DIGEST = "0" * 64

RUNS, STEPS = 5, 12
"""How many examples pay for one run of the state machine, and how many steps a run has."""


@check("consistency.no-ghosts")
def test_no_ghosts(registry: RegistryClient, index: Index, new_name: NewName) -> None:
    forms = forms_of(index.offer)
    kept = wheel(new_name("kept"), "1.0")
    publish(registry, kept)
    names = [kept.name, *(new_name("refused") for _ in BAD)]

    def contents(of: Sequence[str]) -> dict[str, object]:
        looks = registry.read_each(lambda name: look_at(registry, name, forms), of)
        return dict(zip(of, map(_content_of, looks), strict=True))

    before = contents(names)
    uploads = [*((kept.name, bad) for bad in BAD), *zip(names[1:], BAD, strict=True)]
    answers = [(name, bad(registry, name)) for name, bad in uploads]
    taken = {name for name, answer in answers if answer.is_success}
    refused = [name for name in names if name not in taken]
    if not refused:
        raise NotApplicable("the target accepts every upload, even invalid ones")
    for name, after in contents(refused).items():
        expect.equal(
            after, before[name], of="the pages after refused uploads", where=registry.project_url(name)
        )
    for root in index.roots(fresh=True):
        left = {canonicalize_name(listed) for listed in root.names} & set(refused) - {kept.name}
        expect.rule(
            "the list of projects to omit a project whose uploads were all refused",
            broken_by=sorted(left),
            where=root.where,
        )


def _content_of(looks: Iterable[Look]) -> list[tuple[str, int, list[str], list[str]]]:
    """Return what pages say: by form, the status, the files and the versions."""
    return [
        (
            seen.form,
            seen.answer.status,
            sorted(file.filename for file in seen.page.files),
            sorted(seen.page.versions or ()),
        )
        for seen in looks
    ]


def _with_another_digest(registry: RegistryClient, name: str) -> Answer:
    file = wheel(name, "2.0")
    form = upload_form(file).with_field("sha256_digest", ANOTHER_DIGEST)
    return registry.upload(file, form=form)


def _without_a_version(registry: RegistryClient, name: str) -> Answer:
    file = wheel(name, "2.1")
    return registry.upload(file, form=upload_form(file).without("version"))


def _no_distribution(registry: RegistryClient, name: str) -> Answer:
    file = wheel(name, "2.2")
    return registry.upload(replace(file, filename=file.filename.replace(".whl", ".exe"), content=b"MZ"))


BAD: tuple[Callable[[RegistryClient, str], Answer], ...] = (
    _with_another_digest,
    _without_a_version,
    _no_distribution,
)
"""Uploads that there is no reason to take."""


@check("consistency.state-machine", alone=True)
def test_state_machine(
    registry: RegistryClient,
    index: Index,
    driver_if_any: Driver | None,
    new_name: NewName,
    examples: Examples,
) -> None:
    explore(
        lambda: UploadsAndChanges(registry, index.offer, driver_if_any, new_name),
        runs=max(2, examples.count // RUNS),
        steps=STEPS,
        seed=examples.seed,
    )
