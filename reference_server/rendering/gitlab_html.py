"""The simple pages as GitLab writes them, byte for byte. Source: GitLab's presenters of PyPI packages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote, urljoin

from reference_server.rendering.html import environment

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reference_server.rendering.pages import ProjectPage, RootPage


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
        template = environment().get_template("gitlab.html")
        text = template.render(title=title, anchors=anchors, end="<br>" if self.breaks else "")
        return (text if self.indented else text.lstrip()).encode()


def absolute(page: str, reference: str) -> str:
    """Return an absolute URL, without the escapes that GitLab does not write."""
    path, hash_sign, fragment = urljoin(page, reference).partition("#")
    return unquote(path) + hash_sign + fragment
