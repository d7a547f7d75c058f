"""What pages list, and what is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.races.looks import wrong_file
from conformance.pages import contradictions

if TYPE_CHECKING:
    from conformance.kit.fixtures import Index, RegistryClient, WatchedHeat
    from conformance.pages import FileLink, ProjectPage

MOST_FILES = 5
"""How many files of a project are downloaded: it may be anybody's, and they may be large."""


@check("consistency.listed-is-downloadable")
def test_listed_is_downloadable(
    registry: RegistryClient, index: Index, raced: tuple[WatchedHeat, ...]
) -> None:
    files = [file for name in index.projects for page in index.pages(name)[-1:] for file in _smallest(page)]
    answers = registry.read_each(lambda file: registry.download(file.url), files)
    wrong = [wrong_file(file, answer) for file, answer in zip(files, answers, strict=True)]
    wrong += [wrong_ for heat in raced for wrong_ in heat.watch.broken_files]
    expect.rule(
        "every listed file to be served with its hash and size",
        broken_by=filter(None, wrong),
        where=f"{len(files)} files at rest, {sum(len(heat.watch.fetched) for heat in raced)} while uploads met",
    )


def _smallest(page: ProjectPage) -> list[FileLink]:
    return sorted(page.files, key=lambda file: file.size or 0)[:MOST_FILES]


@check("consistency.html-json-agree")
def test_html_json_agree(index: Index, raced: tuple[WatchedHeat, ...]) -> None:
    """A page may change between the two requests: what differs is read again."""
    names = [*index.projects, *dict.fromkeys(heat.round.project for heat in raced)]

    def difference(name: str) -> str:
        found = _difference(*index.pages(name, fresh=True))
        return found and _difference(*index.pages(name, fresh=True))

    different = filter(None, index.registry.read_each(difference, names))
    expect.rule(
        "HTML and JSON to list the same files with the same hashes",
        broken_by=different,
        where=f"the pages of {len(names)} projects in HTML and JSON, read one after the other",
    )


def _difference(html: ProjectPage, json: ProjectPage) -> str:
    """Say which files only one of the two pages has, and which have another hash."""
    other = (each for pair in contradictions.pairs(html, json) for each in contradictions.hashes(*pair))
    wrong = [*contradictions.listed_once(html, json), *map(contradictions.written, other)]
    return f"{', '.join(wrong)}: {html.where}, {json.where}" if wrong else ""
