"""What is true once a registry has had time to settle, whichever of its servers answers."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.driver import Ability, delete_alone
from conformance.kit.http import Follow
from conformance.kit.kept_answers import not_kept
from conformance.kit.registry import page_in
from conformance.kit.uploads.publishing import publish
from conformance.verdicts import Untestable
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from collections.abc import Iterable

    from conformance.kit.fixtures import Driver, Index, NewName, RegistryClient
    from conformance.kit.http import Answer

READS, HEADS = 24, 8
"""How often each form of a page is requested with each method: each of a few servers behind one address answers it."""

ON_ITS_OWN = {"Accept-Encoding": "identity", "Cache-Control": "max-age=0", "Connection": "close"}
"""Header fields of a request that another server may answer than the one before, and no cache on the way."""

VERSIONS, TAGS = 35, tuple(f"py3{minor}" for minor in range(3))
"""The versions of a project with a long page, and the tags of the wheels of each: more than a hundred files."""


@check("consistency.new-files-stay-listed")
def test_new_files_stay_listed(registry: RegistryClient, index: Index, new_name: NewName) -> None:
    """The page is read as often before the upload as after it: each server may keep what it has answered."""
    first = wheel(new_name("stays"), "1.0")
    added = wheel(first.name, "1.1")
    publish(registry, first)
    before = _read(registry, index, first.name)
    publish(registry, added)
    moment = time.monotonic()
    if added.filename not in registry.project_page(first.name, fresh=True).filenames:
        raise Untestable("the page lacks a new file; see upload.visible-after-success")
    answers = _read(registry, index, first.name)
    stale = [*_stale(answers, before, added.filename)]
    if stale:
        registry.settling.wait_out(moment)
        answers = _read(registry, index, first.name)
        stale = not_kept(_stale(answers, before, added.filename), registry.settling.limit)
    expect.rule(
        "every answer for a page to show an upload once one has shown it",
        broken_by=[f"{len(stale)} of {len(answers)} answers are as before the upload"] if stale else [],
        where=expect.requests((stale or answers)[:1]),
    )


def _read(registry: RegistryClient, index: Index, name: str) -> list[Answer]:
    """Request each form of a page with GET and HEAD, many times."""
    methods = ["GET"] * READS + ["HEAD"] * HEADS
    return registry.for_each(
        lambda asked: registry.request(
            asked[0],
            registry.project_url(name),
            headers={"Accept": asked[1], **ON_ITS_OWN},
            follow=Follow.SAME_HOST,
        ),
        [(method, media_type) for media_type in index.media_types.values() for method in methods],
    )


def _stale(answers: Iterable[Answer], before: Iterable[Answer], filename: str) -> Iterable[Answer]:
    """Return the answers that are as before an upload. Of HEAD, the validator of an old page shows it."""
    current = {tag for each in answers if _lists(each, filename) and (tag := each.headers.get("ETag"))}
    old = {tag for each in before if (tag := each.headers.get("ETag"))} - current
    for each in answers:
        if each.exchange.request.startswith("HEAD"):
            if current and each.headers.get("ETag") in old:
                yield each
        elif each.status == 404 or (each.status == 200 and not _lists(each, filename)):
            yield each


def _lists(answer: Answer, filename: str) -> bool:
    return (
        answer.status == 200
        and not answer.exchange.request.startswith("HEAD")
        and filename in page_in(answer).filenames
    )


@check("consistency.long-page")
def test_long_page(registry: RegistryClient, index: Index, new_name: NewName) -> None:
    """Long pages are where databases, and those who read them, cut: after 20, 50 or 100 of a kind.

    The files are uploaded one after the other: what becomes of uploads that meet is for the checks of races.
    """
    name = new_name("long")
    files = [wheel(name, f"1.{number}", tag=f"{tag}-none-any") for number in range(VERSIONS) for tag in TAGS]
    publish(registry, *files)
    for page in index.pages(name, fresh=True):
        expect.listed(page, [file.filename for file in files])
        if page.versions is not None:
            missing = {file.version for file in files} - {*page.versions}
            expect.rule("`versions` to include every version", broken_by=missing, where=page.where)


@check("consistency.listed-has-page")
def test_listed_has_page(registry: RegistryClient, index: Index, driver: Driver, new_name: NewName) -> None:
    """The list is read while the project is on it: a cache may keep that."""
    file = wheel(new_name("gone"), "1.0")
    publish(registry, file)
    if not all(_names(root.names, file.name) for root in index.roots(fresh=True)):
        raise Untestable("the list of projects lacks a new project; see simple.root.lists-uploads")
    delete_alone(driver, file, alone_in=Ability.DELETE_PROJECT)
    moment = time.monotonic()
    if not _without_page(registry, index, file.name):
        return
    registry.settling.wait_out(moment)
    expect.rule(
        "a project that is on the list of projects to have a page",
        broken_by=map(str, not_kept(_without_page(registry, index, file.name), registry.settling.limit)),
        where=registry.project_url(file.name),
    )


def _without_page(registry: RegistryClient, index: Index, name: str) -> list[Answer]:
    """Return the lists that name a project without a page."""
    listing = [answer for answer, root in index.answered_roots(fresh=True) if _names(root.names, name)]
    return listing if listing and registry.project_answer(name, fresh=True).status in {404, 410} else []


def _names(listed: Iterable[str], name: str) -> bool:
    return canonicalize_name(name) in map(canonicalize_name, listed)
