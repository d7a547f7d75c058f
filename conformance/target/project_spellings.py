"""The spellings under which an index has the pages of projects, where it has none under their normalized names.

Such an index is wrong, and the requirements on names say so. What else it does is judged on the pages that it has.
"""

from __future__ import annotations

import re
from collections import defaultdict
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote, urlsplit

from packaging.utils import canonicalize_name

from conformance.target.answered_pages import page_in, root_in
from conformance.target.settling import EARLY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from conformance.wire import Answer

RULES: Mapping[str, Callable[[str], str]] = {
    "as uploaded": str,
    "lower case": str.lower,
    "underscores": lambda name: re.sub(r"[-_.]+", "_", name),
    "underscores, lower case": lambda name: re.sub(r"[-_.]+", "_", name).lower(),
}
"""How an index may make a spelling from that of an upload."""


class ProjectSpellings:
    """What a run has seen of the spellings of projects. Safe to use from several threads.

    An index that has the page of a project under its normalized name, though it was published under another one, is
    `regular`: nothing is looked for there.
    """

    def __init__(self, table: Mapping[str, Any] | None = None) -> None:
        seen = table or {}
        self.is_regular: bool = seen.get("regular", False)
        self._rule: str = seen.get("rule", "")
        self._known: dict[str, str] = dict(seen.get("known", {}))
        self._used: defaultdict[str, list[str]] = defaultdict(list)
        self._sought: set[tuple[str, str]] = set()
        self._lock = Lock()

    def as_table(self) -> dict[str, Any]:
        """Return what another process needs to know the same."""
        with self._lock:
            return {"regular": self.is_regular, "rule": self._rule, "known": dict(self._known)}

    def of(self, name: str) -> str:
        """Return the spelling under which an index has a project, by its normalized name. Other texts stay."""
        spelling = self._known.get(name)
        if spelling is None and self._rule and name == canonicalize_name(name):
            return RULES[self._rule](name)
        return name if spelling is None else spelling

    def note(self, name: str) -> None:
        """Record the name under which a project was published, or that a user has given."""
        if self.is_regular:
            return
        project = canonicalize_name(name)
        with self._lock:
            if name not in self._used[project]:
                self._used[project].append(name)
            self._sought -= {each for each in self._sought if each[0] == project}
            if self._rule and project not in self._known:
                self._known[project] = RULES[self._rule](name)

    def is_open(self, project: str, accept: str) -> bool:
        """Tell whether a project may be under another spelling, as far as anyone has looked."""
        return not self.is_regular and project in self._used and (project, accept) not in self._sought

    def end_search(self, project: str, accept: str) -> None:
        """Look for a project no more, until something is published under its name."""
        self._sought.add((project, accept))

    def candidates(self, project: str) -> list[str]:
        """Return the spellings that a project may be under, apart from the one that it is taken to be under."""
        with self._lock:
            used = self._used[project]
            spelled = [project, *(rule(name) for name in used for rule in RULES.values())]
        return [each for each in dict.fromkeys(spelled) if each != self.of(project)]

    def learn(self, project: str, spelling: str) -> None:
        """Record where an index has a project; with it, where it has other projects. A regular one stays regular."""
        with self._lock:
            if self.is_regular:
                return
            self._known[project] = spelling
            names = self._used[project]
            fitting = (rule for rule, make in RULES.items() if spelling in map(make, names))
            self._rule = self._rule or next(fitting, "")
            for other, used in self._used.items():
                if self._rule and other not in self._known:
                    self._known[other] = RULES[self._rule](used[0])

    def confirm(self, project: str) -> None:
        """Record that an index has a project under its normalized name, whatever was taken to be known before."""
        with self._lock:
            names = self._used[project]
            if names and all(make(name) != project for make in RULES.values() for name in names):
                self.is_regular, self._rule = True, ""
                self._known.clear()
            elif project in self._known:
                self._known[project] = project


class Pages(NamedTuple):
    """How to read the pages of an index in one form: the URL of a spelling, and the answer for a URL."""

    url_of: Callable[[str], str]
    ask: Callable[[str], Answer]


def read_where_known(spellings: ProjectSpellings, project: str, accept: str, pages: Pages) -> Answer:
    """Return the answer for the page of a project, from where the index has it as far as the run knows.

    A redirect to another spelling is remembered.
    """
    asked = spellings.of(project)
    answer = pages.ask(pages.url_of(asked))
    place = place_of(answer, project, pages)
    if place and place not in (asked, project):
        spellings.learn(project, place)
    elif place == project and (asked != place or spellings.is_open(project, accept)) and has_files(answer):
        spellings.confirm(project)
    return answer


def found_under(
    spellings: ProjectSpellings, project: str, candidates: Iterable[str], pages: Pages
) -> Answer | None:
    """Return the page of a project with files, under the first spelling that has one, and remember that.

    The normalized name comes first once more: its page may have been read before it was there.
    """
    for spelling in candidates:
        answer = pages.ask(pages.url_of(spelling))
        if not has_files(answer):
            continue
        if answer.url != pages.url_of(project):
            normalized = pages.ask(pages.url_of(project))
            answer = normalized if has_files(normalized) else answer
        place = place_of(answer, project, pages) or spelling
        if place == project:
            spellings.confirm(project)
        else:
            spellings.learn(project, place)
        return answer
    return None


def place_of(answer: Answer, project: str, pages: Pages) -> str:
    """Return the spelling under which a page was answered, at the end of redirects; nothing for any other place."""
    place = last_part(answer.url)
    is_place = place == project or (canonicalize_name(place) == project and answer.url == pages.url_of(place))
    return place if answer.status == 200 and is_place else ""


def has_files(answer: Answer) -> bool:
    """Tell whether an answer is a page with files."""
    return answer.status == 200 and not lacks_files(answer)


def lacks_files(answer: Answer) -> bool:
    """Tell whether an answer says that there is no such project, or is a page without files."""
    return answer.status in EARLY and not (answer.status == 200 and page_in(answer).files)


def linked_spellings(root: Answer, project: str) -> Iterator[str]:
    """Return the spellings of a project that a root page has, in its link and as its text."""
    for link in root_in(root).projects if root.status == 200 else ():
        if canonicalize_name(link.name) == project:
            yield last_part(link.url or "")
            yield link.name


def last_part(url: str) -> str:
    """Return the last part of a URL's path, decoded."""
    return unquote(urlsplit(url).path.rstrip("/").rpartition("/")[2])
