"""What several checks of HTTP look at, asked for once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from conformance.checks.http.page_changes import Change, change_project, exchange_files
from conformance.checks.http.page_readings import accept_of
from conformance.checks.http.samples import IDENTITY, Sample, read_samples
from conformance.kit.driver import Ability
from conformance.kit.optional_fixtures import if_applicable
from conformance.verdicts import NotApplicable

if TYPE_CHECKING:
    from conformance.kit.fixtures import Corpus, Driver, Index, NewName
    from conformance.kit.http import Answer


@pytest.fixture(scope="session")
def samples(index: Index) -> tuple[Sample, ...]:
    """A wheel and an sdist, read whole; one of them where the project has no other."""
    return read_samples(index)


@pytest.fixture(scope="session")
def sample(samples: tuple[Sample, ...]) -> Sample:
    """A file, read whole."""
    return samples[0]


@pytest.fixture(scope="session")
def head_of_file(sample: Sample) -> Answer:
    """The answer to HEAD on a file."""
    return sample.get(method="HEAD")


@pytest.fixture(scope="session")
def first_ten(sample: Sample) -> Answer:
    """The answer for the first ten bytes of a file."""
    return sample.get(range="bytes=0-9")


@pytest.fixture(scope="session")
def unpacked_page(index: Index) -> Answer:
    """A project's page in the first form that is offered, asked for without any content coding."""
    url = index.registry.project_url(index.project)
    return index.registry.request("GET", url, headers={"Accept": index.media_type, **IDENTITY})


@pytest.fixture(scope="session")
def absent_pages(index: Index, corpus: Corpus) -> list[Answer]:
    """The answers for a project that is not there, in each form that is offered."""
    name = f"conformance-{corpus.run_id}-absent"
    types = index.media_types.values() or [index.media_type]
    return [index.registry.project_answer(name, accept=accept) for accept in types]


@pytest.fixture(scope="session")
def change(index: Index, new_name: NewName) -> Change:
    """A project before and after a second upload. Needs a run that publishes."""
    if not index.offer.has("upload"):
        raise NotApplicable("the run is read-only, and this check needs an upload")
    return change_project(index, new_name("changed"))


@pytest.fixture
def exchanged(index: Index, new_name: NewName, request: pytest.FixtureRequest) -> list[Answer]:
    """Pages of one length, before and after a file took the place of another."""
    return exchange_files(index, if_applicable(request, "driver"), new_name("exchanged"))


@pytest.fixture(scope="session")
def change_if_any(index: Index, request: pytest.FixtureRequest) -> Change | None:
    """A project before and after a second upload; None in a run that only reads."""
    change: Change | None = request.getfixturevalue("change") if index.offer.has("upload") else None
    return change


@pytest.fixture(scope="session")
def marked_pages(index: Index, change: Change, request: pytest.FixtureRequest) -> list[Answer]:
    """The page after a yank, one for another reason, and a change of status; without what no driver can do."""
    driver: Driver | None = if_applicable(request, "driver")
    able = driver.abilities if driver else frozenset()
    name = change.added.name
    last = [*change.after.values()][-1]

    def page() -> Answer:
        return index.registry.request("GET", last.url, headers={"Accept": accept_of(last)})

    pages = []
    if driver and Ability.YANK in able:
        driver.yank(change.added, "broken")
        pages.append(page())
        if Ability.UNYANK in able:  # for a page as long as before
            driver.unyank(change.added)
            driver.yank(change.added, "faulty")
            pages.append(page())
    if driver and Ability.SET_STATUS in able:
        driver.set_status(name, "deprecated", "superseded")
        pages.append(page())
    return pages
