"""Pages of an index: read once per credential, in time, and from where the index has them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote, unquote

from packaging.utils import canonicalize_name

from conformance.target import DEFAULT
from conformance.target.page_cache import Key, PageCache
from conformance.target.project_spellings import (
    Pages,
    found_under,
    lacks_files,
    linked_spellings,
    read_where_known,
)

if TYPE_CHECKING:
    from conformance.target.page_form import PageForm
    from conformance.target.project_spellings import ProjectSpellings
    from conformance.target.settling import Settling
    from conformance.wire import Answer, Transcript


class Ask(Protocol):
    """Requests a URL as a caller, and follows redirects on the target's hosts."""

    def __call__(self, url: str, *, accept: str, as_: str) -> Answer:
        """Return the answer."""


class PageReader:
    """Reads the root page, which is that of a project without a name, and the pages of projects.

    A page is kept until this process publishes under its name. One that may lack what was published a moment ago is
    read again, until it shows that or the patience of `settling` ends.
    """

    def __init__(
        self,
        index_url: str,
        *,
        ask: Ask,
        transcript: Transcript,
        settling: Settling,
        form: PageForm,
        spellings: ProjectSpellings,
    ) -> None:
        self._index_url = index_url
        self._ask = ask
        self._transcript = transcript
        self._settling = settling
        self._form = form
        self._spellings = spellings
        self._cache = PageCache()

    def url_of(self, name: str, *, exact: bool = False) -> str:
        """Return the URL of a project's page; see `RegistryClient.project_url`."""
        spelling = name if exact else self._spellings.of(name)
        return f"{self._index_url}{quote(spelling, safe='')}/" if name else self._index_url

    def awaited_at(self, name: str) -> str:
        """Return what `settling` knows the page of a project by, under whatever spelling it is."""
        return self.url_of(canonicalize_name(name), exact=True)

    def read(
        self, name: str, *, accept: str | None, as_: str, fresh: bool = False, exact: bool = False
    ) -> Answer:
        """Return the answer for a page, from the cache unless `fresh`; see `RegistryClient.project_answer`."""
        project = canonicalize_name(name)
        exact = exact or name != project or not name
        wanted = self._form.accept if accept is None else accept
        answer = None if fresh else self._cache.get(self._key(name, exact=exact, accept=wanted, as_=as_))
        if answer is None:
            forgotten = self._cache.forgotten
            answer = (self._read_exactly if exact else self._read_wherever)(name, wanted, as_)
            self._cache.keep(
                self._key(name, exact=exact, accept=wanted, as_=as_), answer, forgotten=forgotten
            )
        self._transcript.use(answer.exchange)
        if accept is None and (other := self._form.other(answer, wanted)):
            answer = self.read(name, accept=other, as_=as_, fresh=fresh, exact=exact)
            self._form.learn(answer)
        return answer

    def _key(self, name: str, *, exact: bool, accept: str, as_: str) -> Key:
        project, url = canonicalize_name(name), self.url_of(name, exact=exact)
        return Key(project=project, url=url, accept=accept, credential=as_)

    def _read_exactly(self, name: str, accept: str, as_: str) -> Answer:
        """Read a page by its URL; as `default`, which has published, until it shows what was published.

        A page that is known to be under another spelling is waited for there.
        """
        project = canonicalize_name(name)
        ask = partial(self._ask, self.url_of(name, exact=True), accept=accept, as_=as_)
        if as_ != DEFAULT or self._spellings.of(project) != project:
            self.await_page(project)
            return ask()
        return self._settling.read(self.awaited_at(project), ask)

    def _read_wherever(self, project: str, accept: str, as_: str) -> Answer:
        """Read the page of a project where the index has it, in time as `_read_exactly` does.

        A page that is merely late is under no other spelling: that is looked for when the patience has ended.
        """
        pages = Pages(partial(self.url_of, exact=True), partial(self._ask, accept=accept, as_=as_))
        if as_ != DEFAULT:
            self.await_page(project)
            return pages.ask(self.url_of(project))
        answer = self._settling.read(
            self.awaited_at(project), lambda: read_where_known(self._spellings, project, accept, pages)
        )
        if not (self._spellings.is_open(project, accept) and lacks_files(answer)):
            return answer
        self._spellings.end_search(project, accept)
        return self._found_elsewhere(project, as_, pages) or answer

    def _found_elsewhere(self, project: str, as_: str, pages: Pages) -> Answer | None:
        """Return the page of a project under another spelling: one that follows from uploads, or of the root page."""
        asked = self._spellings.of(project)
        candidates = self._spellings.candidates(project)
        if (answer := found_under(self._spellings, project, candidates, pages)) is not None:
            return answer
        linked = linked_spellings(self.read("", accept=None, as_=as_), project)
        others = [each for each in dict.fromkeys(linked) if each not in {project, asked, *candidates}]
        return found_under(self._spellings, project, others, pages)

    def await_page(self, project: str) -> None:
        """Wait until the page of a project, by its normalized name, shows what was published."""
        if self._settling.is_awaited(self.awaited_at(project)):
            self.read(project, accept=None, as_=DEFAULT, fresh=True)

    def await_named(self, url: str) -> None:
        """Wait for the page of each project that a URL names and that may lack what was published a moment ago."""
        awaited = self._settling.awaited()
        named = canonicalize_name(unquote(url)) if awaited else ""
        for page in awaited:
            project = page.removeprefix(self._index_url).removesuffix("/")
            if project and project in named:
                self.read(project, accept=None, as_=DEFAULT, fresh=True)

    def forget(self, name: str) -> None:
        """Remove the pages of a project that has changed, and those of the root, from the cache."""
        self._cache.forget(canonicalize_name(name), "")
