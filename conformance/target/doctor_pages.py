"""What the doctor observes about the pages that a root page leads to: a website has links, too, and is no index."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from packaging.utils import canonicalize_name

from conformance.pages import TEXT_HTML, read_project_page, read_root_page, resolved
from conformance.target.layout_search import is_simple_index
from conformance.target.observations import Observation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conformance.target import Target
    from conformance.wire import Answer

FILES = (".whl", ".tar.gz", ".zip", ".egg")
TRIED = 3
"""Of how many of the names on a page the doctor asks for the project's page."""


def page_observations(root: Answer, target: Target, get: Callable[[str], Answer]) -> Iterator[Observation]:
    """Ask for a few projects of an HTML page that may be any page with links."""
    if root.content_type != TEXT_HTML or is_simple_index(root):
        return
    links = read_root_page(root.text, url=root.url, where=str(root)).projects
    names = list(
        dict.fromkeys(link.name.strip().rstrip("/") for link in links if link.name.strip("/ \r\n\t"))
    )
    spellings = [each for name in names[:TRIED] for each in dict.fromkeys((canonicalize_name(name), name))]
    for spelling in spellings:
        page = get(f"{target.index_url}{quote(spelling, safe='')}/")
        location = page.headers.get("Location", "")
        if page.is_redirect and target.same_host(resolved(page.url, location)):
            page = get(resolved(page.url, location))
        if page.status not in {200, 404, 410} or (page.status == 200 and _lists_files(page)):
            return
    if spellings:
        yield Observation(
            about="path",
            seen=f"a page with links, such as {names[0]!r}, but none leads to a page with files: "
            f"{page.exchange.request} returned {page.status_line}",
            change=f"check the URL, which should look like {target.layout.example}, and --layout",
        )


def _lists_files(page: Answer) -> bool:
    """Tell whether an answer may be the page of a project; what is no HTML is none of a website."""
    if page.content_type != TEXT_HTML:
        return True
    files = read_project_page(page.text, url=page.url, where=str(page)).files
    return any(file.filename.endswith(FILES) for file in files)
