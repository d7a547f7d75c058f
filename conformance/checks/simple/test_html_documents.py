"""Simple pages as HTML documents."""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING

from conformance.checks.simple.html_pages import html_pages
from conformance.kit import expect
from conformance.kit.check import check

if TYPE_CHECKING:
    from collections.abc import Iterable

    from conformance.checks.simple.html_pages import HtmlPage
    from conformance.kit.fixtures import Index, Remark
    from conformance.pages import Anchor

DOCTYPE = re.compile(
    r"""\ufeff?(?:\s|<!--(?:(?!-->).)*-->)*<!doctype\s+html(?:\s+system\s+(["'])about:legacy-compat\1)?\s*>""",
    re.IGNORECASE | re.DOTALL,
)
ABSOLUTE = re.compile(r"\s*https?://", re.IGNORECASE)
COMMENT = re.compile(r"<!--(?:(?!-->).)*(?:-->|\Z)", re.DOTALL)
LINE_END = re.compile(r"\r\n?")
ANCHOR = re.compile(r"<a\b[^>]*>?", re.IGNORECASE)
HREF = re.compile(r"\bhref\s*=")
PLAIN_ANCHOR = re.compile(r"""<a(\s+[a-z][a-z0-9-]*(\s*=\s*("[^"]*"|'[^']*'))?)*\s*>""")


@check("simple.html.valid-html5")
def test_valid_html5(index: Index, remark: Remark) -> None:
    pages = html_pages(index)
    parsed = [page for page in pages if not page.document.too_large]
    if len(parsed) < len(pages):
        remark(f"{len(parsed)} of {len(pages)} pages; the others are too large to be parsed as a tree")
    expect.rule_on_each(
        parsed, "every page to be valid HTML", broken_by=lambda reading: reading.document.errors
    )


@check("simple.html.doctype")
def test_doctype(index: Index) -> None:
    def without(reading: HtmlPage) -> Iterable[str]:
        return [] if DOCTYPE.match(reading.answer.text) else [reading.answer.excerpt(60) or "an empty page"]

    expect.rule_on_each(html_pages(index), "every page to begin with <!DOCTYPE html>", broken_by=without)


@check("simple.html.charset")
def test_charset(index: Index) -> None:
    def undecodable(reading: HtmlPage) -> Iterable[str]:
        parameter = re.search(
            r"""charset\s*=\s*["']?([^"';\s]+)""",
            reading.answer.headers.get("Content-Type", ""),
            re.IGNORECASE,
        )
        charset = parameter[1] if parameter else "utf-8"
        try:
            reading.answer.content.decode(charset)
        except (LookupError, UnicodeError) as error:
            return [f"{charset}: {error}"]
        return (
            [f"{charset}, and its bytes are UTF-8"]
            if is_utf8_instead(reading.answer.content, charset)
            else []
        )

    expect.rule_on_each(
        html_pages(index),
        "every page to be in the charset that it states, or else in UTF-8",
        broken_by=undecodable,
    )


def is_utf8_instead(content: bytes, charset: str) -> bool:
    """Tell whether bytes are UTF-8 beyond ASCII, while another charset is stated: Latin-1 would decode anything."""
    if content.isascii() or codecs.lookup(charset).name == "utf-8":
        return False
    try:
        content.decode()
    except UnicodeError:
        return False
    return True


@check("simple.html.base-absolute")
def test_base_absolute(index: Index) -> None:
    def relative(reading: HtmlPage) -> Iterable[str]:
        base = reading.document.base
        return [f"<base href={base!r}>"] if base and not ABSOLUTE.match(base) else []

    expect.rule_on_each(html_pages(index), "the URL in <base> to be absolute", broken_by=relative)


@check("simple.html.anchor-syntax-plain")
def test_anchor_syntax_plain(index: Index) -> None:
    def unusual(reading: HtmlPage) -> Iterable[str]:
        source = COMMENT.sub("", reading.answer.text)
        tags = [
            match[0] for match in ANCHOR.finditer(source) if not PLAIN_ANCHOR.match(source, match.start())
        ]
        document = reading.document
        only_one_parser = set()
        if document.anchors is not document.plain_anchors:
            only_one_parser = {*map(text_and_href, document.anchors)} ^ {
                *map(text_and_href, document.plain_anchors)
            }
        scraped = sum(bool(HREF.search(match[0])) for match in PLAIN_ANCHOR.finditer(source))
        more = scraped - len(document.anchors)
        in_text = [f"{more} in scripts, texts or values"] if more > 0 and not only_one_parser else []
        return [*tags, *(f"{text} ({href})" for text, href in sorted(only_one_parser)), *in_text]

    expect.rule_on_each(
        html_pages(index),
        "every anchor to be in lower case with quoted attributes, and to be read alike by all parsers",
        broken_by=unusual,
    )


def text_and_href(anchor: Anchor) -> tuple[str, str]:
    """Return the text and the href of an anchor, in which all parsers have to agree.

    However it is written, an end of a line is a line feed for an HTML5 parser, and stays what it is for others. Source:
    HTML Living Standard, preprocessing the input stream.
    """
    text, href = (LINE_END.sub("\n", each) for each in (anchor.text, anchor.attributes.get("href") or ""))
    return text.strip(), href
