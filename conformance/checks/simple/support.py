"""What the checks of simple pages share: which pages there are, and how a finding says where it is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple, TypeVar
from urllib.parse import urldefrag, urljoin

from packaging.utils import canonicalize_name

from conformance.kit import expect
from conformance.pages import (
    JSON_V1,
    TEXT_HTML,
    ProjectPage,
    RootPage,
    read_project_json,
    read_project_page,
)
from conformance.verdicts import NotApplicable, Untestable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from conformance.kit.fixtures import Corpus
    from conformance.kit.http import Answer, Transcript
    from conformance.kit.index import Index, Reading
    from conformance.kit.registry import Registry
    from conformance.pages import FileLink, HtmlDocument
    from reference_server.distributions import Distribution

    HtmlPage = Reading[ProjectPage, HtmlDocument] | Reading[RootPage, HtmlDocument]

Seen = TypeVar("Seen")

_HASH = re.compile(r"(\w+)=([0-9a-fA-F]+)", re.ASCII)


class Downloads:
    """Files by URL, each fetched once."""

    def __init__(self, registry: Registry, transcript: Transcript) -> None:
        self._registry = registry
        self._transcript = transcript
        self._answers: dict[str, Answer] = {}

    def __call__(self, url: str) -> Answer:
        """Return the answer for a file, redirects followed."""
        if url not in self._answers:
            self._answers[url] = self._registry.download(url)
        answer = self._answers[url]
        self._transcript.use(answer.exchange)
        return answer


def html_project_pages(index: Index) -> list[Reading[ProjectPage, HtmlDocument]]:
    """Return the HTML page of every project that the run looks at."""
    return [index.html(name) for name in index.projects]


def html_pages(index: Index) -> list[HtmlPage]:
    """Return every HTML page that the run looks at: the root, where there is one, and the projects'."""
    roots: list[HtmlPage] = [index.html_root()] if index.offer.has("project-list") else []
    return [*roots, *html_project_pages(index)]


def page_of(answer: Answer) -> ProjectPage:
    """Return the project page that an answer holds, in the form that it says it has."""
    if answer.content_type == JSON_V1:
        return read_project_json(answer.content, url=answer.url, where=str(answer))
    return read_project_page(answer.text, url=answer.url, where=str(answer))


def accepted_types(index: Index) -> list[str]:
    """Return the media type of each form that is offered, HTML first."""
    forms = {"html": TEXT_HTML, "json": JSON_V1}
    return [media_type for form, media_type in forms.items() if index.offer.has(form)]


def nothing_on(pages: Iterable[Seen], wrong: Callable[[Seen], Iterable[object]], *, is_: str) -> None:
    """Require that `wrong` finds nothing on any page; name all that it finds, and the pages they are on."""
    found = [(page, item) for page in pages for item in wrong(page)]
    expect.nothing(
        of=[item for _, item in found],
        is_=is_,
        where="; ".join(dict.fromkeys(place(page) for page, _ in found)),
    )


def place(page: object) -> str:
    """Say where a page was seen."""
    return page.where if isinstance(page, ProjectPage | RootPage) else str(page)


def taken(answer: Answer) -> None:
    """Go on only when an upload that the check needs was accepted. Raises Untestable."""
    if not answer.is_success:
        raise Untestable(f"an upload that this check reads was refused: {answer}; see the checks of uploads")


def redirected_to(answer: Answer) -> str | None:
    """Return the absolute URL that a redirect leads to; None where the answer is none."""
    location = answer.headers.get("Location")
    return urljoin(answer.url, location) if answer.is_redirect and location else None


class Hash(NamedTuple):
    """A hash as a link has it: the algorithm in lower case, the digest in lower-case hex."""

    algorithm: str
    digest: str


def fragment(file: FileLink) -> str:
    """Return the fragment of an HTML link, as it stands."""
    return urldefrag(str(file.raw.get("href", ""))).fragment


def hash_of(file: FileLink) -> Hash | None:
    """Return the hash in the fragment of an HTML link; None where there is none to be read."""
    match = _HASH.fullmatch(fragment(file))
    return Hash(match[1].lower(), match[2].lower()) if match else None


def hashed(index: Index) -> list[Reading[ProjectPage, HtmlDocument]]:
    """Return the HTML pages of projects. Raises NotApplicable when no link on them has a fragment."""
    pages = html_project_pages(index)
    if not any(fragment(file) for reading in pages for file in reading.page.files):
        raise NotApplicable("no link has a hash")
    return pages


def some_of(index: Index) -> list[FileLink]:
    """Return a few files of each HTML page: one of each kind, the smallest as far as sizes are told."""
    return [file for name in index.projects for file in _some_of_project(index, name)]


def _some_of_project(index: Index, name: str) -> list[FileLink]:
    sizes = {file.filename: file.size or 0 for page in index.pages(name) for file in page.files}
    files = index.html(name).page.files
    largest_first = sorted(files, key=lambda file: sizes.get(file.filename, 0), reverse=True)
    return list({file.filename.rpartition(".")[2]: file for file in largest_first}.values())


def own_files(index: Index, corpus: Corpus) -> Iterator[tuple[ProjectPage, FileLink, Distribution]]:
    """Yield every distribution of the run that is listed, with its page and its link in HTML.

    Raises NotApplicable in a run that only reads.
    """
    for distribution in own_distributions(corpus).values():
        page = index.html(canonicalize_name(distribution.name)).page
        file = page.file(distribution.filename)
        if file is not None:
            yield page, file, distribution


def own_distributions(corpus: Corpus) -> Mapping[str, Distribution]:
    """Return what the run has published, by file name. Raises NotApplicable in a run that only reads."""
    accepted = [corpus[role] for role in (corpus.published or ["main-wheel"]) if _was_taken(corpus, role)]
    return {distribution.filename: distribution for distribution in accepted}


def _was_taken(corpus: Corpus, role: str) -> bool:
    return role not in corpus.published or corpus.published[role].accepted
