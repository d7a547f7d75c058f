"""Ranges as Go reads them. Source: Go's net/http, fs.go (`parseRange`, `ServeContent`) and its test of ranges."""

from __future__ import annotations

import pytest

from reference_server.http.go_ranges import go_byte_range
from reference_server.http.ranges import UnsatisfiableRangeError

WHOLE = None
FOUND = [
    (None, WHOLE),
    ("", WHOLE),
    ("bytes=", WHOLE),
    ("bytes=, ,", WHOLE),
    ("bytes=0-4", range(5)),
    ("bytes=2-", range(2, 10)),
    ("bytes=-5", range(5, 10)),
    ("bytes=-99", range(10)),
    ("bytes=-0", range(10, 10)),
    ("bytes=0-99", range(10)),
    ("bytes=0-1,", range(2)),
    ("bytes=,0-1", range(2)),
    ("bytes= 0 - 1 ", range(2)),
    ("bytes=0-1,10-", range(2)),
    ("bytes=10-,0-1", range(2)),
    ("bytes=+1-+2", range(1, 3)),
    ("bytes=0--0", range(1)),
    ("bytes=0-1,5-6", WHOLE),
    (f"bytes=0-{2**63 - 1}", range(10)),
]
REFUSED = [
    "bytes",
    "Bytes=0-1",
    "bytes =0-1",
    " bytes=0-1",
    "items=0-1",
    "bytes=-",
    "bytes=--1",
    "bytes=3-1",
    "bytes=0--1",
    "bytes=0",
    "bytes=a-b",
    "bytes=²-",
    "bytes=0-1,a",
    "bytes=10-",
    "bytes=10-,20-30",
    f"bytes=0-{2**63}",
    "bytes=0-" + "9" * 5000,
]


@pytest.mark.parametrize(("header", "expected"), FOUND)
def test_ranges(header: str | None, expected: range | None) -> None:
    assert go_byte_range(header, 10) == expected


@pytest.mark.parametrize("header", REFUSED)
def test_ranges_that_get_416(header: str) -> None:
    with pytest.raises(UnsatisfiableRangeError):
        go_byte_range(header, 10)


@pytest.mark.parametrize(
    ("header", "expected"), [("bytes=0-", WHOLE), ("bytes=0-0", WHOLE), ("bytes=-1", range(0))]
)
def test_ranges_of_nothing(header: str, expected: range | None) -> None:
    assert go_byte_range(header, 0) == expected
