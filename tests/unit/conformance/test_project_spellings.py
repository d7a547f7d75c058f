"""Where an index has the page of a project: what is learnt of other spellings, and what proves that it is regular."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.target.project_spellings import Pages, ProjectSpellings, found_under, read_where_known

from .answers import answer_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.wire import Answer

ROOT = "https://registry.example.com/simple/"
NAME, PROJECT = "Some_.Project", "some-project"
PAGE = '<a href="some_project-1.0.tar.gz">some_project-1.0.tar.gz</a>'
HTML = "text/html"


class Index:
    """An index that redirects some spellings, and has the page of a project from the second request on."""

    def __init__(self, *has: str, late: str = "", redirects: Mapping[str, str] | None = None) -> None:
        self._has = {*has}
        self._late = late
        self._redirects = redirects or {}
        self.asked: list[str] = []
        self.pages = Pages(lambda name: f"{ROOT}{name}/", self._answer)

    def _answer(self, url: str) -> Answer:
        name = url.removeprefix(ROOT).rstrip("/")
        self.asked.append(name)
        place = self._redirects.get(name, name)
        is_there = place in self._has or (place == self._late and len(self.asked) > 1)
        return answer_of(
            PAGE if is_there else "",
            status=200 if is_there else 404,
            url=f"{ROOT}{place}/",
            headers={"Content-Type": HTML},
        )


def published(*names: str) -> ProjectSpellings:
    spellings = ProjectSpellings()
    for name in names:
        spellings.note(name)
    return spellings


REGULAR = {"regular": True, "rule": "", "known": {}}


def test_a_page_that_is_not_there_yet_is_asked_for_where_it_is_known_alone() -> None:
    index, spellings = Index(NAME), published(NAME)
    assert read_where_known(spellings, PROJECT, HTML, index.pages).status == 404
    assert index.asked == [PROJECT]


def test_a_page_that_appears_during_the_search_is_under_its_normalized_name() -> None:
    index, spellings = Index(NAME, late=PROJECT), published(NAME)
    read_where_known(spellings, PROJECT, HTML, index.pages)
    found = found_under(spellings, PROJECT, spellings.candidates(PROJECT), index.pages)
    assert found is not None
    assert found.url == f"{ROOT}{PROJECT}/"
    assert index.asked == [PROJECT, NAME, PROJECT]
    assert spellings.as_table() == REGULAR


def test_a_candidate_that_is_redirected_to_the_normalized_name_is_no_other_spelling() -> None:
    index, spellings = Index(PROJECT, redirects={NAME: PROJECT}), published(NAME)
    found_under(spellings, PROJECT, [NAME], index.pages)
    assert index.asked == [NAME]
    assert spellings.as_table() == REGULAR


def test_the_end_of_a_redirect_is_learnt() -> None:
    index, spellings = Index("some_project", redirects={NAME: "some_project"}), published(NAME)
    found_under(spellings, PROJECT, [NAME], index.pages)
    assert spellings.of(PROJECT) == "some_project"


def test_a_normalized_name_that_is_there_wins_over_what_was_learnt() -> None:
    spellings = published(NAME, "Other.Project")
    spellings.learn("other-project", "Other.Project")
    assert spellings.of(PROJECT) == NAME
    index = Index(PROJECT, redirects={NAME: PROJECT})
    read_where_known(spellings, PROJECT, HTML, index.pages)
    assert spellings.as_table() == REGULAR
    spellings.learn(PROJECT, NAME)
    assert spellings.of(PROJECT) == PROJECT


def test_a_spelling_that_an_index_of_other_spellings_may_have_proves_nothing() -> None:
    spellings = published(NAME, "Some-Other")
    spellings.learn(PROJECT, NAME.lower())
    spellings.confirm("some-other")  # in lower case, it is the normalized name
    assert not spellings.is_regular
    assert spellings.of(PROJECT) == NAME.lower()
