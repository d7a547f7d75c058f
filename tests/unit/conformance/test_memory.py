"""What a target sends is held in bounded memory: answers, archives, JSON."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from itertools import count
from threading import Event
from typing import TYPE_CHECKING

import pytest

from conformance.kit import zip_archives
from conformance.pages import plain_json
from conformance.pages.json_form import MOST_VALUES
from conformance.wire import RecentAnswers, body
from conformance.wire.body import LARGE, kept, share, text_of
from conformance.wire.stopping import stoppable

from .answers import answer_of as answer

if TYPE_CHECKING:
    from typing import Any

NAME = "demo-1.0.dist-info/METADATA"


def test_the_answers_that_were_used_last_are_kept() -> None:
    recent = RecentAnswers[int](most=10)
    for key in range(3):
        recent[key] = answer(bytes([key]) * 5)
        assert recent[0].content  # used again each time
    assert [key in recent for key in range(3)] == [True, False, True]


def test_a_shared_body_counts_once() -> None:
    recent, body = RecentAnswers[int](most=10), b"x" * 9
    for key in range(3):
        recent[key] = answer(body)
    assert all(key in recent for key in range(3))


def test_a_large_body_is_in_a_file_and_a_small_one_is_not() -> None:
    large = b"x" * LARGE
    small, other = answer(large[1:]), answer(large)
    assert (small.content, other.content) == (large[1:], large)
    assert small.content is kept(small)
    assert not isinstance(kept(other), bytes)
    assert len(kept(other)) == LARGE
    assert replace(other, status=404).content == large


def test_a_body_is_shared_with_an_equal_one() -> None:
    first, second, third = (answer(byte * LARGE) for byte in (b"x", b"x", b"y"))
    assert share(second, first)
    assert kept(second) is kept(first)
    assert not share(third, first)
    assert third.content == b"y" * LARGE


def test_a_large_text_has_two_bytes_a_character_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body, "LARGE_TEXT", 1000)
    page = "\u2603 \U0001f40d".encode()
    assert text_of(page) == "\u2603 \U0001f40d"
    large = text_of(page + b" " * 1000)
    assert large.startswith("\u2603 \ufffd")
    assert max(large) == "\ufffd"


def test_an_answer_is_kept_however_large() -> None:
    recent = RecentAnswers[int](most=10)
    recent[1], recent[2] = answer(b"x"), answer(b"y" * 99)
    assert (1 in recent, 2 in recent) == (False, True)


def test_what_is_old_is_forgotten() -> None:
    recent = RecentAnswers[int]()
    recent[1], recent[2] = answer(b"x"), answer(b"y")
    recent.forget([1, 3])
    assert (1 in recent, 2 in recent) == (False, True)


@pytest.mark.parametrize("status", [503, 403, 409])
def test_what_other_checks_may_have_caused_is_not_kept(status: int) -> None:
    recent = RecentAnswers[int]()
    with stoppable(Event()):
        recent[1], recent[2] = answer(b"x"), answer(b"y", status=status)
    recent[3] = answer(b"z", status=status)
    assert [key in recent for key in (1, 2, 3)] == [True, False, True]


def zipped(content: bytes, *, members: int = 0) -> bytes:
    file, names = io.BytesIO(), count()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(NAME, content)
        for _ in range(members):
            archive.writestr(f"{next(names)}", b"")
    return file.getvalue()


def metadata(content: bytes) -> bytes:
    with zip_archives.opened(content) as archive:
        return zip_archives.read(archive, NAME)


def test_a_member_is_read() -> None:
    assert metadata(zipped(b"Name: demo")) == b"Name: demo"


def test_a_member_that_unpacks_to_too_much_is_unreadable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zip_archives, "MOST_READ", 1000)
    assert len(metadata(zipped(bytes(1000)))) == 1000
    with pytest.raises(zipfile.BadZipFile, match="METADATA has more than"):
        metadata(zipped(bytes(1001)))


def test_an_archive_of_too_many_members_is_unreadable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zip_archives, "MOST_MEMBERS", 3)
    assert metadata(zipped(b"x", members=2)) == b"x"
    with pytest.raises(zipfile.BadZipFile, match="more than 3 members"):
        metadata(zipped(b"x", members=3))


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: b"no zip at all",
        lambda archive: archive.replace(b"\x08\x00", b"\x63\x00"),  # an unknown compression
        lambda archive: archive[:40] + bytes(20) + archive[60:],
    ],
    ids=["no zip", "compression", "data"],
)
def test_whatever_is_damaged_is_one_error(damage: Any) -> None:
    with pytest.raises(zipfile.BadZipFile):
        metadata(damage(zipped(b"Name: demo" * 99)))


@pytest.mark.parametrize(
    "content", [b"[" * 100_000, b"[" + b"0," * MOST_VALUES + b"0]", b"\xff", b"{", b""], ids=str
)
def test_json_beyond_limits_is_one_error(content: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the words are those of `json`, too
        plain_json(content)


def test_json_within_limits_is_read() -> None:
    assert plain_json('{"a": [1, "\u2603"]}'.encode()) == {"a": [1, "\u2603"]}
