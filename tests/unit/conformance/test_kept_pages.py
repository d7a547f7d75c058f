"""What was read of a page is kept for the next check that looks at the same page, as long as there is room."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from conformance.pages import kept as kept_pages
from conformance.pages.kept import LIGHTER, kept


@dataclass(frozen=True)
class Page:
    is_packed: bool


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(kept_pages, "MOST_KEPT", 100)
    return 100


def test_the_same_content_from_the_same_place_is_read_once() -> None:
    def read(content: str, where: str) -> str:
        asked.append((content, where))
        return content.upper()

    asked: list[tuple[str, str]] = []
    reader = kept(read)
    for _ in range(2):
        assert [reader("a", "here"), reader("a", "there"), reader("b", "here")] == ["A", "A", "B"]
    assert asked == [("a", "here"), ("a", "there"), ("b", "here")]


def test_what_was_not_used_for_longest_makes_room(room: int) -> None:
    def read(content: bytes) -> int:
        asked.append(content[:1])
        return len(content)

    asked: list[bytes] = []
    reader = kept(read)
    for letter in (b"a", b"b", b"a", b"c", b"a", b"b"):
        reader(letter * (room * 2 // 5))
    assert asked == [b"a", b"b", b"c", b"b"]


def test_a_page_that_fills_the_room_is_kept_alone(room: int) -> None:
    def read(content: bytes) -> int:
        asked.append(content[:1])
        return len(content)

    asked: list[bytes] = []
    reader = kept(read)
    for letter in (b"a", b"b", b"b", b"a"):
        reader(letter * room * 2)
    assert asked == [b"a", b"b", b"a"]


@pytest.mark.parametrize(("is_packed", "fit"), [(True, LIGHTER), (False, 1)])
def test_a_packed_page_takes_less_room(is_packed: bool, fit: int, room: int) -> None:  # noqa: FBT001 - a parameter
    def read(content: bytes) -> Page:
        asked.append(content[:1])
        return Page(is_packed)

    asked: list[bytes] = []
    reader = kept(read)
    contents = [bytes([number]) * room for number in range(fit + 1)]
    for content in (*contents, *reversed(contents)):
        reader(content)
    assert len(asked) == len(contents) + 1
