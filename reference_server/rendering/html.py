"""The simple pages as HTML. Source: PyPA "Simple repository API"."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from reference_server.rendering.filling import filled, joined

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from markupsafe import Markup

    from reference_server.rendering.pages import FileLink, ProjectLink, ProjectPage, RootPage

PIECES = 1_000
"""How many links are sent together."""

CONTENT_TYPE = "text/html; charset=utf-8"

HEAD = """\
<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="utf-8">
%s    <title>%s</title>
  </head>
  <body>
    <h1>%s</h1>
"""
META = '    <meta name="%s" content="%s">\n'
ANCHOR = '    <a href="%s"%s>%s</a><br>\n'
ATTRIBUTE = ' %s="%s"'
END = """\
  </body>
</html>
"""


def project_page(page: ProjectPage) -> bytes:
    """Render a project's page in UTF-8."""
    metas = {
        "pypi:repository-version": page.repository_version,
        "pypi:project-status": page.status,
        "pypi:project-status-reason": page.status_reason,
    }
    head = _head(metas, f"Links for {page.name}")
    return "".join([head, *map(_file, page.files), END, _serial(page)]).encode()


def root_page(page: RootPage) -> bytes:
    """Render the root page in UTF-8."""
    return b"".join(root_pieces(page))


def root_pieces(page: RootPage) -> Iterator[bytes]:
    """Render the root page in UTF-8, piece by piece."""
    yield _head({"pypi:repository-version": page.repository_version}, "Simple index").encode()
    yield from _together(map(_project, page.projects))
    yield (END + _serial(page)).encode()


def _serial(page: ProjectPage | RootPage) -> str:
    """Return the comment that ends the pages of PyPI. Source: Warehouse's documentation, "Index API"."""
    return "" if page.serial is None else f"<!--SERIAL {page.serial}-->\n"


def _together(anchors: Iterator[Markup]) -> Iterator[bytes]:
    while piece := "".join(islice(anchors, PIECES)):
        yield piece.encode()


def _head(metas: dict[str, str | None], title: str) -> Markup:
    stated = [filled(META, name, content) for name, content in metas.items() if content is not None]
    return filled(HEAD, joined(stated), title, title)


def _project(link: ProjectLink) -> Markup:
    return filled(ANCHOR, link.url, "", link.name)


def _file(link: FileLink) -> Markup:
    return filled(ANCHOR, link.href, _attributes(link.data.items()), link.filename)


def _attributes(pairs: Iterable[tuple[str, str]]) -> Markup:
    return joined([filled(ATTRIBUTE, name, value) for name, value in pairs])
