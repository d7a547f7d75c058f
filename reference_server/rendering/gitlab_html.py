"""The simple pages as GitLab writes them, byte for byte. Source: GitLab's presenters of PyPI packages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote, urljoin

from markupsafe import Markup, escape

from reference_server.rendering.filling import filled, joined

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reference_server.rendering.pages import ProjectPage, RootPage


PAGE = """\
        <!DOCTYPE html>
        <html>
          <head>
            <title>Links for %s</title>
          </head>
          <body>
            <h1>Links for %s</h1>
            %s
          </body>
        </html>
"""
ANCHOR = '<a href="%s" data-requires-python="%s">%s</a>%s'


@dataclass(frozen=True, slots=True)
class Anchor:
    """A link. GitLab escapes the Requires-Python, and neither the URL nor the text."""

    href: str
    text: str
    requires_python: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GitLabHtml:
    """The form of one version of GitLab: with the `indentation` of its source or without, and with `breaks`."""

    indented: bool
    breaks: bool

    def project_page(self, page: ProjectPage, /) -> bytes:
        """Render a project's page in UTF-8. Hrefs are absolute."""
        anchors = [
            Anchor(absolute(page.url, file.href), file.filename, file.requires_python or "")
            for file in page.files
        ]
        return self._rendered(page.name, anchors)

    def root_page(self, page: RootPage, /) -> bytes:
        """Render the root page in UTF-8. Hrefs are absolute, and have no trailing slash."""
        anchors = [
            Anchor(absolute(page.url, link.url).removesuffix("/"), link.name, link.requires_python or "")
            for link in page.projects
        ]
        return self._rendered(page.owner, anchors)

    def root_pieces(self, page: RootPage, /) -> Iterator[bytes]:
        """Render the root page in UTF-8, in one piece."""
        yield self.root_page(page)

    def _rendered(self, title: str, anchors: Sequence[Anchor]) -> bytes:
        end = Markup("<br>") if self.breaks else Markup()
        links = [
            filled(ANCHOR, Markup(each.href), _erb(each.requires_python), Markup(each.text), end)  # noqa: S704 - as GitLab
            for each in anchors
        ]
        text = filled(PAGE, _erb(title), _erb(title), joined(links))
        return (text if self.indented else text.lstrip()).encode()


def _erb(text: str) -> Markup:
    """Escape a text as GitLab's templates do."""
    return Markup(str(escape(text)).replace("&#34;", "&quot;"))  # noqa: S704 - it is escaped


def absolute(page: str, reference: str) -> str:
    """Return an absolute URL, without the escapes that GitLab does not write."""
    path, hash_sign, fragment = urljoin(page, reference).partition("#")
    return unquote(path) + hash_sign + fragment
