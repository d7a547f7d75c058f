"""Payloads that a browser would run, and where they turn up."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conformance.kit.http import Answer

INJECTED = "injected"


BREAKING_OUT = f"""'"/onmouseover={INJECTED}/x='"><script>{INJECTED}</script>"""
"""Leaves an attribute in quotes of either kind, and then the tag. It has no space, so that it fits in a specifier."""


def injections(answer: Answer) -> list[str]:
    """Return what a browser would run of a payload in an answer that it takes for HTML."""
    if answer.content_type not in {"", "text/html", "application/xhtml+xml"}:
        return []
    reader = _Browser()
    reader.feed(answer.text)
    reader.close()
    return reader.injected


class _Browser(HTMLParser):
    """Finds scripts and event handlers that say `INJECTED`."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.injected: list[str] = []
        self._open = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open = tag
        for name, value in attrs:
            if name.startswith("on") and (value or "").startswith(INJECTED):
                self.injected.append(f"<{tag} {name}>")

    def handle_endtag(self, tag: str) -> None:
        if tag == self._open:
            self._open = ""

    def handle_data(self, data: str) -> None:
        if self._open == "script" and INJECTED in data:
            self.injected.append("<script>")
