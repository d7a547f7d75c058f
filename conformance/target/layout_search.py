"""Looks for the layout of a registry below a URL, with GET requests only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import tomli_w
from packaging.utils import canonicalize_name

from conformance.pages import HTML_V1, JSON_V1, TEXT_HTML, read_html, read_root_page
from conformance.profiles import profile
from conformance.target.layouts import ANY_URL, GITLAB, layouts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conformance.profiles import Profile
    from conformance.target.layouts import Layout
    from conformance.wire import Answer

    Get = Callable[[str], Answer]

MOST_REQUESTS = 12
"""Requests that one search sends at most."""

ABSENT = "conformance-doctor-absent"
"""The name of a project that cannot exist."""

UNSPECIFIC = "pep503-upload"
"""The profile to suggest for a registry that is not GitLab's."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """A layout and the URL that it starts from."""

    layout: Layout
    url: str

    @property
    def index_url(self) -> str:
        """Where the index would be."""
        return self.layout.address(self.layout.index, self.url)

    @property
    def upload_url(self) -> str:
        """Where uploads would go to; empty if the layout does not say."""
        return self.layout.address(self.layout.upload, self.url)

    def settings(self, kind: Profile) -> str:
        """Return the lines of registry.toml for this place, with another profile where `kind` cannot fit."""
        is_gitlab = self.layout.name == GITLAB
        fitting = kind if is_gitlab or kind.layout != GITLAB else profile(UNSPECIFIC)
        profiles = {} if fitting == kind else {"profile": fitting.name}
        if self.layout.upload or kind.read_only:
            return tomli_w.dumps({"url": self.url, "layout": self.layout.name, **profiles}).rstrip()
        uploads = 'upload-url = "…"  # where uploads go to'
        return f"{uploads}\n{tomli_w.dumps({'index-url': self.index_url, **profiles}).rstrip()}"


class _Requests:
    """Sends GET requests, each once, up to a limit; None stands for those beyond it."""

    def __init__(self, get: Get) -> None:
        self._get = get
        self._answers: dict[str, Answer] = {}

    def __call__(self, url: str) -> Answer | None:
        if url not in self._answers and len(self._answers) < MOST_REQUESTS:
            self._answers[url] = self._get(url)
        return self._answers.get(url)


def search(url: str, get: Get) -> Place | None:
    """Return where a simple index is below a URL, or around it; None if it is in none of the known places."""
    asked = _Requests(get)
    places = list(_places(url.rstrip("/")))
    for index_url in dict.fromkeys(place.index_url for place in places):
        here = [place for place in places if place.index_url == index_url]
        answer = asked(index_url)
        if answer is not None and (is_simple_index(answer) or _is_empty_index(answer, here, url, asked)):
            return _with_uploads(here, url, asked)
    return None


def _places(url: str) -> Iterator[Place]:
    """Return every layout at a URL, first as if the URL were that of the layout's uploads or index.

    GET does not tell a layout with its uploads at the URL of the index from an index without uploads.
    """
    known = [each for each in layouts().values() if each.upload != each.index]
    whole = [Place(layout=each, url=url) for each in known if each.fits(url)]
    for each in known:
        for template in filter(None, (each.index, each.upload)):
            ending = template.removeprefix("{url}").rstrip("/")
            base = url.removesuffix(ending)
            if ending and base != url and each.fits(base):
                yield Place(layout=each, url=base)
    yield from whole


def _with_uploads(places: list[Place], url: str, asked: _Requests) -> Place:
    """Choose between layouts with one index: by the form of the URL, else by the address that uploads have."""
    for place in places:
        if _is_special(place) or _is_upload_url(place, url):
            return place
    by_uploads: dict[str, Place] = {}
    for place in places:
        by_uploads.setdefault(place.upload_url.rstrip("/"), place)
    deeper = [uploads for uploads in by_uploads if uploads and uploads != by_uploads[uploads].url]
    for uploads in deeper:
        answer = asked(f"{uploads}/")
        if answer is not None and answer.status != 404 and not answer.is_redirect:
            return by_uploads[uploads]
    return next((place for place in places if place.upload_url.rstrip("/") == place.url), places[0])


def _is_special(place: Place) -> bool:
    """Tell whether the URL of a place has a form that only its layout has."""
    return place.layout.pattern.pattern != ANY_URL


def _is_upload_url(place: Place, url: str) -> bool:
    """Tell whether a URL is that of the uploads of a place, below the URL of the layout."""
    uploads = place.upload_url.rstrip("/")
    return bool(uploads) and uploads == url.rstrip("/") != place.url


def _is_empty_index(answer: Answer, places: list[Place], url: str, asked: _Requests) -> bool:
    """Tell whether a page without links is the root page of a registry that is still empty.

    Other websites have such pages, too: the URL has to be one that its vendor documents, with nothing below the page.
    """
    if not any(_is_special(place) or _is_upload_url(place, url) for place in places):
        return False
    if (
        answer.status != 200
        or answer.content_type not in {TEXT_HTML, HTML_V1}
        or read_html(answer.text).anchors
    ):
        return False
    below = asked(f"{_base(answer)}{ABSENT}/")
    return below is not None and below.status == 404


def is_simple_index(answer: Answer) -> bool:
    """Tell whether an answer is the root page of a simple index beyond doubt; an empty one needs its version."""
    if answer.status != 200:
        return False
    if answer.content_type == JSON_V1:
        return True
    if answer.content_type not in {TEXT_HTML, HTML_V1}:
        return False
    if read_html(answer.text).meta("pypi:repository-version"):
        return True
    links = read_root_page(answer.text, url=answer.url, where=str(answer)).projects
    return bool(links) and all(_is_project(link.name, link.url or "", _base(answer)) for link in links)


def _base(answer: Answer) -> str:
    """Return the URL that the pages of projects are below, without a query, such as a redirect may add."""
    return f"{answer.url.partition('?')[0].rstrip('/')}/"


def _is_project(name: str, url: str, root: str) -> bool:
    segment = unquote(urlsplit(url).path.rstrip("/").rpartition("/")[2])
    is_named = bool(name.strip()) and canonicalize_name(segment) == canonicalize_name(name)
    return url.startswith(root) and is_named
