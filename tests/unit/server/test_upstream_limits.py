"""What another index can send that is too much, too slow, or meant to do harm."""

from __future__ import annotations

import gzip
from email.message import Message
from itertools import count
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from reference_server.model.errors import UpstreamError, UpstreamTimeoutError
from reference_server.sources import fetching

from .scripted_index import mirrored, only_loopback, running, script

if TYPE_CHECKING:
    from .scripted_index import Mirrored, Script

__all__ = ["mirrored", "only_loopback", "running", "script"]
URL = "http://127.0.0.1/"
NAUGHTS = gzip.compress(bytes(1000))


def answer(*pieces: bytes, endless: bytes = b"", timeout: float = 1e9, **header: str) -> fetching.Answer:
    """Make an answer of pieces, or of one piece over and over."""
    left = iter(pieces)
    fields = Message()
    for name, value in header.items():
        fields[name.replace("_", "-")] = value
    response = SimpleNamespace(
        status=200, headers=fields, read1=lambda _: endless or next(left, b""), close=lambda: None
    )
    return fetching.Answer(response, URL, timeout)


def test_texts_of_a_hostile_page_are_harmless(mirrored: Mirrored, script: Script) -> None:
    script.page(
        **{"requires-python": ">=3\ud800", "yanked": "a\x00\nb", "upload-time": "0001-01-01T00:00:00+23:59"},
        headers={"Cache-Control": f"max-age={'9' * 5000}", "Age": "9" * 5000},
    )
    entry = mirrored.entry()
    assert (entry["requires-python"], entry["yanked"]) == (">=3?", "a  b")
    assert "upload-time" not in entry
    assert mirrored.page(accept="text/html").status_code == 200


def test_a_page_that_drips_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = count(step=1)
    monkeypatch.setattr(fetching, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    with pytest.raises(UpstreamTimeoutError, match="not complete in time"):
        answer(endless=b"x", timeout=1).page()


def test_a_page_has_a_largest_size() -> None:
    assert answer(b"x" * 1000).page(limit=1000) == b"x" * 1000
    with pytest.raises(UpstreamError, match="larger than 1000 bytes"):
        answer(endless=b"x" * 100).page(limit=1000)


def test_a_compressed_page_is_unpacked() -> None:
    assert answer(NAUGHTS[:5], NAUGHTS[5:], Content_Encoding="gzip").page(limit=1000) == bytes(1000)


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (gzip.compress(bytes(10_000_000)), "larger than 1000 bytes"),
        (b"no gzip", "not valid gzip"),
        (NAUGHTS[:-4], "ended too early"),
    ],
)
def test_a_page_that_is_compressed_badly(sent: bytes, reason: str) -> None:
    with pytest.raises(UpstreamError, match=reason):
        answer(sent, Content_Encoding="gzip").page(limit=1000)


def test_a_page_that_ends_too_early() -> None:
    with pytest.raises(UpstreamError, match="ended too early"):
        answer(b"x", Content_Length="2").page()


def test_a_redirect_to_no_url_is_the_upstreams_fault() -> None:
    with pytest.raises(UpstreamError, match="redirects to something other"):
        fetching._followed("http://127.0.0.1/simple/", "http://[")
