"""What a distribution's metadata says, safe to show. Source: PyPA "Core metadata"."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markupsafe import Markup, escape
from packaging.metadata import parse_email

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from markdown_it.token import Token

    from reference_server.model import Package

LONGEST = 100_000  # characters of a description that are shown
FIELDS = {
    "author": "Author",
    "maintainer": "Maintainer",
    "license_expression": "License",
    "license": "License",
    "requires_python": "Requires Python",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """The metadata of a package. `html` is the description in Markdown, else `text` has it as it is."""

    summary: str = ""
    fields: tuple[tuple[str, str], ...] = ()
    keywords: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    html: Markup | None = None
    text: str = ""
    is_cut: bool = False


def described(package: Package) -> Description:
    """Read the metadata of the newest file that has some."""
    documents = [file.core_metadata.document for file in package.files if file.core_metadata]
    if not documents:
        return Description()
    try:
        raw, _ = parse_email(documents[-1])
    except (ValueError, LookupError):  # a broken encoding
        return Description()
    text = str(raw.get("description", ""))
    is_markdown = str(raw.get("description_content_type", "")).lower().startswith("text/markdown")
    return Description(
        summary=str(raw.get("summary", "")),
        fields=tuple(_fields({str(key): value for key, value in raw.items()})),
        keywords=tuple(raw.get("keywords", ())),
        requires=tuple(raw.get("requires_dist", ())),
        links=tuple(_links(raw.get("project_urls", {}).items(), str(raw.get("home_page", "")))),
        html=markdown(text) if text and is_markdown and len(text) <= LONGEST else None,
        text=text[:LONGEST],
        is_cut=len(text) > LONGEST,
    )


def _fields(raw: dict[str, object]) -> Iterator[tuple[str, str]]:
    for key, title in FIELDS.items():
        value = raw.get(key)
        if isinstance(value, str) and value.strip():
            first, _, rest = value.strip().partition("\n")
            yield title, f"{first} …" if rest else first


def _links(urls: Iterable[tuple[str, str]], home_page: str) -> Iterator[tuple[str, str]]:
    """Yield the links of web pages. Other URLs could run a script."""
    for label, url in [*urls, ("Homepage", home_page)]:
        try:
            parts = urlsplit(url)
        except ValueError:
            continue
        if parts.scheme in {"http", "https"} and parts.netloc:
            yield label, url


def _image(_renderer: object, tokens: Sequence[Token], index: int, *_: object) -> str:
    return str(escape(tokens[index].content))


def markdown(text: str) -> Markup:
    """Render Markdown without the HTML in it, and images as their texts: they would tell their host who reads.

    markdown-it refuses links that could run a script.
    """
    renderer = MarkdownIt("js-default", {"linkify": False})
    renderer.add_render_rule("image", _image)
    tokens = renderer.parse(text)
    for token in (each for block in tokens for each in (block, *(block.children or ()))):
        if token.type == "link_open":
            token.attrSet("rel", "nofollow noopener noreferrer")
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(6, int(token.tag[1]) + 2)}"  # below the headings of the page
    return Markup(renderer.renderer.render(tokens, renderer.options, {}))  # noqa: S704 - made above
