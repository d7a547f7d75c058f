from __future__ import annotations

import io

import pytest

from reference_server.http.chunked import MAX_LINE, MAX_TRAILERS, ChunkedBody


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
        b"1\r\na",
        b"1\r\na\r\r0\r\n\r\n",
        b"1;x\ry\r\na\r\n0\r\n\r\n",
        b"0\r\n",
        b"0\r\nTrailer: x\r\n",
        b"0\r\nTrailer: x\rOther: y\r\n\r\n",
        b"0\r\n" + b"Trailer: x\r\n" * (MAX_TRAILERS + 1) + b"\r\n",
    ],
)
def test_broken(broken: bytes) -> None:
    body = ChunkedBody(io.BytesIO(broken))
    with pytest.raises(OSError, match="chunk"):
        body.readall()


@pytest.mark.parametrize("over", [-1, 0, 1, MAX_LINE])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_a_trailer_ends_with_its_own_line(over: int, end: bytes) -> None:
    """One whose first part has exactly the limit of bytes has its end in a read of its own."""
    line = b"x" * (MAX_LINE + over - len(end)) + end
    connection = io.BytesIO(b"1\r\na\r\n0\r\n" + line + b"last: x\r\n\r\nrest")
    body = ChunkedBody(connection)
    if over > 0:
        with pytest.raises(OSError, match="chunk"):
            body.readall()
    else:
        assert body.readall() == b"a"
        assert connection.read() == b"rest"


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_a_trailer_whose_text_is_as_long_as_the_limit_is_too_long(end: bytes) -> None:
    body = ChunkedBody(io.BytesIO(b"0\r\n" + b"x" * MAX_LINE + end + b"last: x\r\n\r\n"))
    with pytest.raises(OSError, match="chunk"):
        body.readall()
