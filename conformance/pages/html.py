"""Simple pages in HTML, read into the model by an HTML5 parser, and by a second one that knows less."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from justhtml import JustHTML

from conformance.pages.anchor import Anchor
from conformance.pages.kept import kept
from conformance.pages.large_html import read_packed
from conformance.pages.links import resolved, resolved_file
from conformance.pages.model import FileLink, ProjectLink, ProjectPage, RootPage
from conformance.pages.packed import Each, Packed
from conformance.pages.plain_html import MOST_LINKS, PlainReader, read_plainly
from conformance.pages.tag_errors import tag_errors

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from justhtml import Node

VERSION = "pypi:repository-version"
STATUS = "pypi:project-status"
STATUS_REASON = "pypi:project-status-reason"
BYTE_ORDER_MARK = "\ufeff"

LARGEST_TREE = 4 * 1024 * 1024
"""The number of characters of the largest page that is parsed into a tree, which takes three seconds a million."""

# A document may begin with comments (HTML Living Standard, writing documents); justhtml 3.16 calls that an error.
_COMMENTS_BEFORE_DOCTYPE = re.compile(
    r"(?:\s*<!--(?!-?>)(?:(?!--).)*-->)+(?=\s*<!doctype\b)", re.IGNORECASE | re.DOTALL
)

# A value without quotes may end with a slash, as minifiers write URLs of projects (HTML Living Standard, attributes);
# justhtml 3.16 takes that slash for the tag's. Written as a reference, it is the same value wherever this matches.
_SLASH_OF_A_VALUE = re.compile(r"""(<[a-z][^<>]*=\s*[^\s"'<>=`]*)/(?=\s*>)""", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class HtmlDocument:
    """An HTML page as a tree sees it, with the errors of its syntax; and as the second parser sees it.

    `metas` are the `<meta>` elements in the head, `stray_metas` those elsewhere. A page that is `too_large` for a
    tree is as the second parser sees it: without errors, and with every `<meta>` in `metas`.
    """

    errors: tuple[str, ...]
    base: str | None
    metas: tuple[Mapping[str, str | None], ...]
    stray_metas: tuple[Mapping[str, str | None], ...]
    anchors: Sequence[Anchor]
    plain_anchors: Sequence[Anchor]
    too_large: bool = False
    is_cut: bool = False
    """Whether links are missing, because the page has too many, or a tag without an end."""

    @property
    def is_packed(self) -> bool:
        """Whether the anchors are read when they are asked for."""
        return isinstance(self.anchors, Packed)

    def meta(self, name: str) -> tuple[str, ...]:
        """Return the content of every `<meta>` of that name in the head."""
        return tuple(meta.get("content") or "" for meta in self.metas if meta.get("name") == name)


@kept
def read_html(content: str) -> HtmlDocument:
    """Parse a page. Never raises: what is wrong is in `errors`. Source: HTML Living Standard, parsing."""
    content = content.removeprefix(BYTE_ORDER_MARK)  # "decode" of the Encoding Standard takes it away
    if len(content) > LARGEST_TREE:
        return _without_a_tree(*read_packed(content))
    plain = read_plainly(content)
    anchors = tuple(Anchor(found.attributes, "".join(found.texts)) for found in plain.anchors)
    if plain.is_too_much_for_a_tree:
        return _without_a_tree(plain, anchors)
    comments = _COMMENTS_BEFORE_DOCTYPE.match(content)
    written = "\n" * comments[0].count("\n") + content[comments.end() :] if comments else content
    tree = JustHTML(_SLASH_OF_A_VALUE.sub(r"\1&#47;", written), collect_errors=True, sanitize=False)
    in_head = {id(element): _attributes(element) for element in tree.query("head meta")}
    bases = (_attributes(element).get("href") for element in tree.query("base"))
    return HtmlDocument(
        errors=(
            *(f"line {error.line}, column {error.column}: {error.code}" for error in tree.errors),
            *tag_errors(written),
        ),
        base=next(filter(None, bases), None),
        metas=tuple(in_head.values()),
        stray_metas=tuple(_attributes(each) for each in tree.query("meta") if id(each) not in in_head),
        anchors=tuple(
            Anchor(_attributes(element), element.to_text(separator="", strip=False))
            for element in tree.query("a")
            if _attributes(element).get("href")
        ),
        plain_anchors=anchors,
    )


def _without_a_tree(plain: PlainReader, anchors: Sequence[Anchor]) -> HtmlDocument:
    return HtmlDocument(
        errors=(),
        base=plain.base,
        metas=tuple(plain.metas),
        stray_metas=(),
        anchors=anchors,
        plain_anchors=anchors,
        too_large=True,
        is_cut=plain.is_cut,
    )


def _attributes(element: Node) -> Mapping[str, str | None]:
    return element.attrs or {}


def read_project_page(html: str, *, url: str, where: str) -> ProjectPage:
    """Read a project page that was fetched from `url`. Source: Simple repository API, Project detail."""
    return replace(_project_page(html, url), where=where)


@kept
def _project_page(html: str, url: str) -> ProjectPage:
    document = read_html(html)
    base = resolved(url, document.base or "")
    return ProjectPage(
        files=tuple(_file(anchor, base) for anchor in islice(document.anchors, MOST_LINKS)),
        where="",
        api_version=next(iter(document.meta(VERSION)), None),
        status=next(iter(document.meta(STATUS)), None),
        status_reason=next(iter(document.meta(STATUS_REASON)), None),
    )


def read_root_page(html: str, *, url: str, where: str) -> RootPage:
    """Read the page that lists an index's projects. Source: Simple repository API, Project list."""
    return replace(_root_page(html, url), where=where)


@kept
def _root_page(html: str, url: str) -> RootPage:
    document = read_html(html)
    base = resolved(url, document.base or "")

    def link(anchor: Anchor) -> ProjectLink:
        url = resolved(base, anchor.attributes["href"] or "")
        return ProjectLink(name=_text(anchor), url=url, raw=anchor.attributes)

    links = Each(document.anchors, link)
    return RootPage(
        projects=links if document.is_packed else tuple(links),
        spelled=Each(document.anchors, _text) if document.is_packed else (),
        where="",
        api_version=next(iter(document.meta(VERSION)), None),
    )


def _text(anchor: Anchor) -> str:
    return anchor.text.strip()


def _file(anchor: Anchor, base: str) -> FileLink:
    attributes = anchor.attributes
    url, fragment = resolved_file(base, attributes["href"] or "")
    yanked = attributes.get("data-yanked") if "data-yanked" in attributes else None
    return FileLink(
        filename=anchor.text.strip(),
        url=url,
        hashes=dict(parse_qsl(fragment)),
        requires_python=attributes.get("data-requires-python"),
        yanked=None if "data-yanked" not in attributes else (yanked or True),
        core_metadata=_hashes(attributes.get("data-core-metadata")),
        provenance=attributes.get("data-provenance"),
        gpg_sig={"true": True, "false": False}.get(attributes.get("data-gpg-sig") or ""),
        raw=attributes,
    )


def _hashes(value: str | None) -> Mapping[str, str] | bool | None:
    """Read `sha256=…` or `true`; anything else counts as absent."""
    if value is None or value == "true":
        return True if value else None
    return dict(parse_qsl(value)) or None
