"""A form may lack what the other has: only what both say can be a contradiction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from conformance.pages import FileLink, ProjectPage, contradictions

if TYPE_CHECKING:
    from collections.abc import Callable

SHA, MD5 = "ab" * 32, "cd" * 16


def link(filename: str = "demo-1.0.tar.gz", **said: Any) -> FileLink:
    words: dict[str, Any] = {"hashes": {}, "requires_python": None, **said}
    return FileLink(filename=filename, url=f"http://registry/{filename}", **words)


def page(*files: FileLink) -> ProjectPage:
    return ProjectPage(files=files, where="")


@pytest.mark.parametrize(
    ("compared", "html", "json", "contradict"),
    [
        (contradictions.hashes, {"hashes": {"md5": MD5}}, {"hashes": {"sha256": SHA}}, False),
        (contradictions.hashes, {"hashes": {"sha256": SHA}}, {"hashes": {}}, False),
        (contradictions.hashes, {"hashes": {"sha256": SHA}}, {"hashes": {"SHA256": SHA.upper()}}, False),
        (contradictions.hashes, {"hashes": {"sha256": SHA}}, {"hashes": {"sha256": MD5}}, True),
        (contradictions.hashes, {"hashes": {"crc32": "1"}}, {"hashes": {"crc32": "2"}}, False),
        (contradictions.metadata, {"core_metadata": True}, {"core_metadata": None}, False),
        (contradictions.metadata, {"core_metadata": {"md5": MD5}}, {"core_metadata": {"sha256": SHA}}, False),
        (contradictions.metadata, {"core_metadata": {"md5": MD5}}, {"core_metadata": {"md5": SHA}}, True),
        (contradictions.requires_python, {"requires_python": ">=3"}, {"requires_python": None}, False),
        (contradictions.requires_python, {"requires_python": ">=3"}, {"requires_python": ">3"}, True),
        (contradictions.provenance, {"provenance": None}, {"provenance": "a"}, False),
        (contradictions.provenance, {"provenance": "a"}, {"raw": {}}, False),
        (contradictions.provenance, {"provenance": "a"}, {"raw": {"provenance": None}}, True),
        (
            contradictions.provenance,
            {"provenance": "a"},
            {"provenance": "b", "raw": {"provenance": "b"}},
            True,
        ),
    ],
)
def test_a_file(compared: Callable[..., Any], html: Any, json: Any, contradict: bool) -> None:  # noqa: FBT001
    assert bool([*compared(link(**html), link(**json))]) is contradict


def test_the_files_of_a_page() -> None:
    one, two = link("a-1.zip"), link("b-1.zip")
    assert [*contradictions.listed_once(page(one, two), page(two, one))] == []
    assert [*contradictions.listed_once(page(one, two, two), page(two))] == [
        "a-1.zip, only in HTML",
        "b-1.zip, only in HTML",
    ]
    assert [*contradictions.listed(page(one, two, two), page(two))] == ["a-1.zip, only in HTML"]


@pytest.mark.parametrize(
    ("html", "json", "contradict"),
    [
        ((None, None), (True, None), False),  # HTML marks no yanks
        (("a", None), (None, None), False),  # nor does this JSON
        (("a", None), ("a", True), True),
        (("a", True), (True, True), False),
        (("a", None), ("b", None), True),
        (("a", None), (True, "a"), True),
    ],
)
def test_yanks(html: tuple[Any, Any], json: tuple[Any, Any], contradict: bool) -> None:  # noqa: FBT001
    pages = [page(link("a-1.zip", yanked=one), link("b-1.zip", yanked=two)) for one, two in (html, json)]
    assert bool([*contradictions.yanks(*pages)]) is contradict


def test_json_can_deny_a_yank() -> None:
    html, json = page(link(yanked="a")), page(link(raw={"yanked": False}))
    assert [*map(contradictions.written, contradictions.yanks(html, json))] == [
        "yank of demo-1.0.tar.gz: 'a' in HTML, 'not yanked' in JSON"
    ]
