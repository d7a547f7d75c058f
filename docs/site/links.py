"""What is wrong with the links of a folder of pages: files and places that do not exist, and assets from outside."""

from __future__ import annotations

import re
from functools import cache
from html import unescape
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from pathlib import Path

TAG = re.compile(r"<(a|link|script|img|source|iframe)\b([^>]*)>")
ADDRESS = re.compile(r"""\b(href|src)=["']([^"']*)["']""")
ID = re.compile(r"""\bid=["']([^"']+)["']""")
NO_ASSETS = {"canonical", "author", "next", "prev", "search", "index"}
RELATION = re.compile(r"""\brel=["']([^"']*)["']""")


def broken_links(folder: Path) -> list[str]:
    """Return a sentence for each mistake in the pages of a folder."""
    return sorted({problem for page in folder.rglob("*.html") for problem in _problems(page, folder)})


def _problems(page: Path, folder: Path) -> list[str]:
    found = []
    for tag, attributes in TAG.findall(page.read_text(encoding="utf-8")):
        for _, address in ADDRESS.findall(attributes):
            problem = _problem(tag, attributes, unescape(address), page)
            if problem:
                found.append(f"{page.relative_to(folder)}: {address}: {problem}")
    return found


def _problem(tag: str, attributes: str, address: str, page: Path) -> str:
    url = urlsplit(address)
    if url.scheme == "data":
        return ""
    if url.scheme or url.netloc:
        relation = RELATION.search(attributes)
        harmless = tag == "a" or (tag == "link" and relation and relation[1] in NO_ASSETS)
        return "" if harmless else "an asset from outside"
    target = (page.parent / unquote(url.path)).resolve() if url.path else page.resolve()
    if not target.is_file():
        return "there is no such file"
    if url.fragment and target.suffix == ".html" and unquote(url.fragment) not in _ids(target):
        return "the page has no such place"
    return ""


@cache
def _ids(page: Path) -> frozenset[str]:
    return frozenset(map(unescape, ID.findall(page.read_text(encoding="utf-8"))))
