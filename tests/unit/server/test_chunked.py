from __future__ import annotations

import io

import pytest

from reference_server.http.chunked import ChunkedBody


@pytest.mark.parametrize("size", [1, 2, 3, 1000])
def test_contents_without_the_lengths(size: int) -> None:
    body = ChunkedBody(io.BytesIO(b"3\r\nabc\r\n00b;x=y\r\n0123456789\n\r\n0\r\nTrailer: x\r\n\r\nrest"))
    assert b"".join(iter(lambda: body.read(size), b"")) == b"abc0123456789\n"
    assert body.read(size) == b""


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"\r\n",
        b"x\r\n",
        b"-1\r\n",
        b"0x1\r\na\r\n",
        b"1_0\r\n",
        b"5\r\nabc",
        b"1\r\nabc\r\n0\r\n\r\n",
        b"f" * 5000,
    ],
)
def test_broken(broken: bytes) -> None:
    body = ChunkedBody(io.BytesIO(broken))
    with pytest.raises(OSError, match="chunk"):
        body.readall()
