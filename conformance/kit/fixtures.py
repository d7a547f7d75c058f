"""The fixtures of checks, and the types of their values."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

import pytest

from conformance.corpus import Corpus
from conformance.kit import expect
from conformance.kit.driver import Ability, Driver, driver_of, require
from conformance.kit.index import Index
from conformance.kit.properties.examples import Examples
from conformance.kit.races.looks import forms_of
from conformance.kit.races.race import Race, WatchedHeat, watched_uploads
from conformance.kit.races.rounds import Rounds, rounds_of
from conformance.kit.spared import Spare
from conformance.kit.uploads.attestations import provenance_of
from conformance.kit.uploads.publishing import publish
from conformance.kit.uploads.scenarios import (
    Deletion,
    Oversized,
    SecondUpload,
    publish_and_delete,
    upload_oversized,
    upload_twice,
)
from conformance.kit.user_machine import UserMachine
from conformance.run.claims import require_found
from conformance.run.keys import MARK, REMARK, RUN, STRAY
from conformance.run.run import Run
from conformance.target.gitlab import GitLab
from conformance.target.registry_client import RegistryClient
from conformance.verdicts import NotApplicable, Untestable
from reference_server.distributions import Distribution, sdist, wheel

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "Corpus",
    "Deletion",
    "Driver",
    "Examples",
    "GitLab",
    "Index",
    "NewName",
    "Oversized",
    "Race",
    "RegistryClient",
    "Remark",
    "Rounds",
    "Run",
    "SecondUpload",
    "Spare",
    "UserMachine",
    "WatchedHeat",
    "attested",
    "corpus",
    "deletion",
    "driver",
    "examples",
    "gitlab",
    "index",
    "machine",
    "new_name",
    "oversized",
    "private_registry",
    "public_registry",
    "public_wheel",
    "race",
    "registry",
    "remark",
    "rounds",
    "run",
    "second_upload",
    "spare",
    "strays",
    "twine_release",
    "watched",
]

WATCHED = (10, 0.5)
"""The least rounds with a reader, and the seconds that more of them may take: each has about ten more requests."""

_NUMBERS = count(1)


class Remark:
    """Records a remark for the report, even of a check that passes: how much of the whole it could judge."""

    def __init__(self, node: pytest.Item) -> None:
        self._node = node

    def __call__(self, text: str) -> None:
        """Record a remark, in place of an earlier one."""
        self._node.user_properties.append((REMARK, text))


class Strays:
    """Records files that the registry may have written outside its store, for the end of the report."""

    def __init__(self, node: pytest.Item) -> None:
        self._node = node

    def __call__(self, path: str) -> None:
        """Record a file, by the path that it was sent under."""
        self._node.user_properties.append((STRAY, path))


class NewName:
    """Makes names for the projects of checks: each is new, and carries the run's id."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def __call__(self, purpose: str) -> str:
        """Return a normalized project name that ends with `purpose`."""
        number = f"{self._run.worker}{next(_NUMBERS)}"
        return f"conformance-{self._run.corpus.run_id}-{number}-{purpose}"


@pytest.fixture(scope="session")
def run(request: pytest.FixtureRequest) -> Run:
    """The current run."""
    return request.config.stash[RUN]


@pytest.fixture(scope="session")
def registry(run: Run) -> RegistryClient:
    """The target, to read from and to publish to."""
    return run.registry


@pytest.fixture(scope="session")
def gitlab(registry: RegistryClient) -> GitLab:
    """GitLab's REST API for the target's GitLab project."""
    return GitLab(registry)


@pytest.fixture(scope="session")
def spare(run: Run) -> Spare:
    """Notes the files that a deletion spares, for the last check of the run."""
    return Spare(run.ledger.spared)


@pytest.fixture(scope="session")
def driver(run: Run) -> Driver:
    """The driver that changes the state of projects and files; without one the check does not apply."""
    return driver_of(run)


@pytest.fixture(scope="session")
def index(run: Run) -> Index:
    """The pages of the target, in every form that is offered."""
    return Index(run.registry, run.offer, run.projects)


@pytest.fixture(scope="session")
def corpus(run: Run) -> Corpus:
    """The distributions that the run published before the first check."""
    return run.corpus


@pytest.fixture(scope="session")
def new_name(run: Run) -> NewName:
    """A maker of new project names."""
    return NewName(run)


@pytest.fixture
def remark(request: pytest.FixtureRequest) -> Remark:
    """A recorder of remarks for the report."""
    return Remark(request.node)


@pytest.fixture
def strays(request: pytest.FixtureRequest) -> Strays:
    """A recorder of files outside the store."""
    return Strays(request.node)


@pytest.fixture
def examples(run: Run, request: pytest.FixtureRequest) -> Examples:
    """The budget of examples for a property; without shrinking for a requirement that the baseline lists."""
    mark = request.node.get_closest_marker(MARK)
    listed = mark is not None and mark.args[0] in run.options.baseline.rows
    return Examples(
        count=run.options.examples,
        seed=run.options.seed,
        shrink=run.options.shrink and not listed,
        registry=run.registry,
    )


@pytest.fixture(scope="session")
def rounds(run: Run) -> Rounds:
    """How many rounds a race has: one round reveals almost nothing."""
    return Rounds.of(run.options.rounds)


@pytest.fixture(scope="session")
def race(registry: RegistryClient, index: Index) -> Race:
    """A starter of several actions at the same moment."""
    return Race(registry, forms_of(index.offer))


@pytest.fixture(scope="session")
def watched(race: Race, new_name: NewName, rounds: Rounds) -> tuple[WatchedHeat, ...]:
    """Rounds of uploads to one project at the same moment, each with a reader of the page."""
    return watched_uploads(race, rounds_of(new_name, "watched", rounds.at_least(*WATCHED)))


@pytest.fixture(scope="session")
def second_upload(registry: RegistryClient, new_name: NewName) -> SecondUpload:
    """A file that was uploaded three times."""
    return upload_twice(registry, new_name("twice"))


@pytest.fixture(scope="session")
def deletion(registry: RegistryClient, gitlab: GitLab, new_name: NewName) -> Deletion:
    """A package that was published and deleted."""
    return publish_and_delete(registry, gitlab, new_name("deleted"))


@pytest.fixture(scope="session")
def attested(registry: RegistryClient, driver: Driver, new_name: NewName) -> Distribution:
    """A wheel with a provenance object, beside another wheel with one, and an sdist of its version without one."""
    require(driver, Ability.ATTACH_PROVENANCE)
    distribution = wheel(new_name("attested"), "1.0")
    other = wheel(distribution.name, "1.0", build="1")
    publish(registry, distribution, other, sdist(distribution.name, "1.0"))
    for file in (distribution, other):
        driver.attach_provenance(file, provenance_of(file))
    return distribution


@pytest.fixture(scope="session")
def oversized(registry: RegistryClient, new_name: NewName) -> Oversized:
    """An upload one byte above the limit."""
    return upload_oversized(registry, new_name("oversized"))


@pytest.fixture(scope="session")
def private_registry(run: Run, registry: RegistryClient, gitlab: GitLab) -> RegistryClient:
    """The target, if GitLab's API calls its GitLab project private; otherwise the check does not apply."""
    require_found(run.offer, "rest")
    described = gitlab.call("GET", "")
    visibility = described.json_object.get("visibility")
    if visibility is None:
        raise Untestable(
            f"the credential `default` cannot read the visibility of the target's GitLab project: {described}"
        )
    if visibility != "private":
        raise NotApplicable(f"the target's GitLab project is {visibility}")
    return registry


@pytest.fixture(scope="session")
def public_registry(registry: RegistryClient) -> RegistryClient:
    """A public GitLab project's registry, with one project in it."""
    return registry.in_gitlab_project("public")


@pytest.fixture(scope="session")
def public_wheel(public_registry: RegistryClient, new_name: NewName) -> Distribution:
    """A wheel that is published in the public GitLab project."""
    distribution = wheel(new_name("public"), "1.0")
    publish(public_registry, distribution)
    return distribution


@pytest.fixture(scope="session")
def twine_release(
    run: Run, registry: RegistryClient, new_name: NewName, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Distribution, ...]:
    """A wheel and an sdist that twine published together."""
    name = new_name("release")
    files = (wheel(name, "1.0"), sdist(name, "1.0"))
    expect.succeeded(UserMachine(run, registry, tmp_path_factory.mktemp("release")).publish(*files))
    return files


@pytest.fixture
def machine(run: Run, registry: RegistryClient, tmp_path: Path) -> UserMachine:
    """A machine with twine and pip."""
    return UserMachine(run, registry, tmp_path)
