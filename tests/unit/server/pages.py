"""Both serializations of a page, read into the same plain data."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

from reference_server.rules.negotiation import SIMPLE_JSON

SIMPLE = "/projects/1/packages/pypi/simple"


def json_page(api: Any, name: str = "demo") -> Any:
    answer = api.get(f"{SIMPLE}/{name}/", headers={"Accept": SIMPLE_JSON})
    assert (answer.status_code, answer.content_type) == (200, SIMPLE_JSON)
    assert answer.json["name"] == name
    return answer.json


def json_files(api: Any, name: str = "demo") -> dict[str, dict[str, Any]]:
    """Give a project's files by name, as JSON has them."""
    return {file["filename"]: file for file in json_page(api, name)["files"]}


def html_page(api: Any, name: str = "demo") -> _Page:
    answer = api.get(f"{SIMPLE}/{name}/", headers={"Accept": "text/html"})
    assert answer.status_code == 200
    return _Page(answer.text)


def in_json_terms(anchor: dict[str, str | None], filename: str) -> dict[str, Any]:
    """Give what an anchor says, in the way JSON says it; sizes and times are not in HTML."""
    url, _, fragment = (anchor["href"] or "").partition("#")
    assert urlsplit(url).path == url
    said: dict[str, Any] = {"filename": filename, "url": url, "hashes": dict([fragment.split("=")])}
    if "data-requires-python" in anchor:
        said["requires-python"] = anchor["data-requires-python"]
    if "data-core-metadata" in anchor:
        said["core-metadata"] = dict([(anchor["data-core-metadata"] or "").split("=")])
    if "data-provenance" in anchor:
        said["provenance"] = anchor["data-provenance"]
    assert anchor.get("data-yanked", "") is not None, "a bare attribute"
    said["yanked"] = (anchor["data-yanked"] or True) if "data-yanked" in anchor else False
    assert set(anchor) <= {
        "href",
        "data-requires-python",
        "data-core-metadata",
        "data-provenance",
        "data-yanked",
    }
    return said


class _Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text
        self.meta: dict[str, str | None] = {}
        self.files: dict[str, dict[str, Any]] = {}
        self._anchor: dict[str, str | None] = {}
        self._in_anchor = False
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        said = dict(attributes)
        assert len(said) == len(attributes)
        if tag == "meta" and "name" in said:
            assert said["name"] not in self.meta
            self.meta[said["name"] or ""] = said["content"]
        self._in_anchor = tag == "a"
        if tag == "a":
            self._anchor = said

    def handle_data(self, data: str) -> None:
        if self._in_anchor:
            assert data not in self.files
            self.files[data] = in_json_terms(self._anchor, data)
        self._in_anchor = False
