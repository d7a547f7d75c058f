"""A last look, once every other check has ended."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from conformance.checks.consistency.losses import losses
from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.http import Follow
from conformance.kit.kept_answers import not_kept
from conformance.kit.project_names import absent
from conformance.kit.registry import page_in
from conformance.verdicts import NotApplicable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.kit.fixtures import Index, RegistryClient, Run
    from conformance.kit.http import Answer

GONE = frozenset({404, 410})

LATER = 1.0
"""Seconds in which a job in the background does what a request has started. A whole run takes longer anyway."""


@check("consistency.spared-to-the-end", last=True)
def test_spared_to_the_end(run: Run, registry: RegistryClient, index: Index) -> None:
    """Each check of a deletion has seen what stays; what goes later is seen here. Pages are read once more each."""
    spared = run.ledger.spared.files()
    if not spared:
        raise NotApplicable("no check of this run has deleted anything")
    last = max(file.seen for file in spared)
    registry.settling.wait_until(last + LATER)
    by_page: defaultdict[str, set[str]] = defaultdict(set)
    for file in spared:
        by_page[file.page].add(file.filename)
    names = {file.project for file in spared if file.page == registry.project_url(file.project)}
    lost = _lost(index, by_page, names)
    if lost:
        registry.settling.wait_out(last)
        lost = _lost(index, by_page, names)
    for answer in not_kept(lost, registry.settling.limit):
        expect.rule(
            "every file that a deletion has spared to stay to the end of the run",
            broken_by=lost[answer],
            where=answer,
        )


def _lost(index: Index, spared: Mapping[str, set[str]], names: set[str]) -> dict[Answer, list[str]]:
    """Return the files that pages lack, and the projects that lists lack, by the answers that lack them.

    Raises Untestable where nothing is lost, and a page is answered with an error.
    """
    answers = dict(zip(spared, _read(index, list(spared)), strict=True))
    closed = _closed(index, answers)
    found: dict[Answer, list[str]] = {}
    errors: list[Answer] = []
    for url, answer in answers.items():
        is_read = answer.status in {200, *GONE} or index.registry.is_sent_elsewhere(answer)
        if not is_read or url in closed:
            errors.append(answer)
            continue
        listed = page_in(answer).filenames if answer.status == 200 else frozenset()
        found[answer] = [f"{each} is not listed" for each in sorted(spared[url] - listed)]
    for answer, root in index.answered_roots(fresh=True):
        found[answer] = [f"the project {name} is not listed" for name in absent(names, root)]
    return losses(found, errors=errors)


def _read(index: Index, urls: list[str]) -> list[Answer]:
    registry, headers = index.registry, {"Accept": index.media_type}
    return registry.read_each(
        lambda url: registry.request("GET", url, headers=headers, follow=Follow.SAME_HOST), urls
    )


def _closed(index: Index, answers: Mapping[str, Answer]) -> set[str]:
    """Return the pages that are not found and may be there: in another index of which nothing else is read either.

    GitLab answers 404 where the caller has no right to a project.
    """
    gone = {url for url, answer in answers.items() if answer.status in GONE}
    seen = {_place(url) for url, answer in answers.items() if answer.status == 200}
    doubtful = sorted(
        {_place(url) for url in gone} - seen - {_place(index.registry.project_url(index.project))}
    )
    lists = zip(doubtful, _read(index, doubtful), strict=True)
    closed = {place for place, answer in lists if answer.status != 200}
    return {url for url in gone if _place(url) in closed}


def _place(page: str) -> str:
    """Return the URL of the index that a project's page is in."""
    return urljoin(page, "../")
