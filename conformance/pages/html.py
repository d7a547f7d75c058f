"""Simple pages in HTML, read into the model."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urldefrag, urljoin

from conformance.pages.model import FileLink, ProjectPage, RootPage

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass
class Anchor:
    """An `<a>` element with an href."""

    attributes: Mapping[str, str | None]
    text: str = ""


@dataclass
class _Document:
    base: str | None = None
    anchors: list[Anchor] = field(default_factory=list)


class _AnchorReader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.document = _Document()
        self._open: Anchor | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(reversed(attrs))  # the first of two attributes of one name counts, as in HTML
        if tag == "base" and self.document.base is None:
            self.document.base = attributes.get("href")
        if tag == "a" and attributes.get("href"):
            self._open = Anchor(attributes)
            self.document.anchors.append(self._open)

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self._open = None

    def handle_data(self, data: str) -> None:
        if self._open is not None:
            self._open.text += data


def read_project_page(html: str, *, url: str, where: str) -> ProjectPage:
    """Read a project page that was fetched from `url`. Source: Simple repository API, Project detail."""
    document = _read(html)
    base = urljoin(url, document.base or "")
    return ProjectPage(files=tuple(_file(anchor, base) for anchor in document.anchors), where=where)


def read_root_page(html: str, *, where: str) -> RootPage:
    """Read the page that lists an index's projects. Source: Simple repository API, Project list."""
    return RootPage(projects=tuple(anchor.text.strip() for anchor in _read(html).anchors), where=where)


def _read(html: str) -> _Document:
    reader = _AnchorReader()
    reader.feed(html)
    reader.close()
    return reader.document


def _file(anchor: Anchor, base: str) -> FileLink:
    url, fragment = urldefrag(urljoin(base, anchor.attributes["href"] or ""))
    return FileLink(
        filename=anchor.text.strip(),
        url=url,
        hashes=dict(parse_qsl(fragment)),
        requires_python=anchor.attributes.get("data-requires-python"),
    )
