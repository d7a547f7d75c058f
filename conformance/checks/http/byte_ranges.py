"""Parts of files: what a range gets, and a file that is read through ranges."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

from conformance.kit import expect
from conformance.verdicts import Deviation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from typing_extensions import Buffer

    from conformance.checks.http.samples import Sample
    from conformance.kit.http import Answer

BEYOND_THE_END = "416 or 200 for a range beyond the end of the file"

_BOUNDARY = re.compile(r"""boundary=("?)(?P<boundary>[^";]+)\1""", re.IGNORECASE)


_CONTENT_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")


def right_part(answer: Answer, content: bytes, part: slice) -> None:
    """Require what a range gets: 206 with that part, 200 with the whole, or 416 where the part is empty."""
    wanted = content[part]
    if answer.status == 206:
        start, stop, _ = part.indices(len(content))
        if not wanted:
            raise _other_part(answer, expected=BEYOND_THE_END)
        stated = f"bytes {start}-{stop - 1}/{len(content)}"
        found = answer.headers.get("Content-Range")
        expect.equal(found, stated, of="the Content-Range of the 206", where=answer)
        expect.equal(answer.content, wanted, of="the part of the file", where=answer)
    elif answer.status == 200:
        expect.equal(answer.content, content, of="the file in the 200", where=answer)
    elif answer.status != 416 or wanted:
        part_or_whole = f"206 with {len(wanted)} bytes, or 200 with the whole file"
        raise _other_part(answer, expected=part_or_whole if wanted else BEYOND_THE_END)


def _other_part(answer: Answer, *, expected: str) -> Deviation:
    stated = answer.headers.get("Content-Range")
    return Deviation(
        expected=expected,
        found=f"status {answer.status} with {f'Content-Range: {stated}' if stated else 'no Content-Range'}",
        where=f"{answer}, Range: {answer.exchange.request_headers.get('Range')}",
    )


def parts_of(answer: Answer) -> Iterator[tuple[str, bytes]]:
    """Yield the Content-Range and the bytes of each part of a 206. Source: RFC 9110, section 14.6."""
    boundary = _BOUNDARY.search(answer.headers.get("Content-Type", ""))
    if answer.content_type != "multipart/byteranges" or boundary is None:
        yield answer.headers.get("Content-Range", ""), answer.content
        return
    for part in answer.content.split(b"--" + boundary["boundary"].encode())[1:-1]:
        head, _, body = part.partition(b"\r\n\r\n")
        stated = re.search(rb"content-range:[ \t]*([^\r\n]*)", head, re.IGNORECASE)
        yield stated[1].decode("latin-1") if stated else "", body.removesuffix(b"\r\n")


def is_truthful_part(content_range: str, part: bytes, whole: bytes) -> bool:
    """Tell whether a part is the bytes of the file that its Content-Range says."""
    match = _CONTENT_RANGE.fullmatch(content_range)
    if match is None:
        return False
    first, last, length = map(int, match.groups())
    return length == len(whole) and part == whole[first : last + 1]


class RangedFile(io.RawIOBase):
    """A file that is read through ranges, as pip's fast-deps and uv read wheels."""

    def __init__(self, sample: Sample) -> None:
        self._sample = sample
        self._size = len(sample.content)
        self._at = 0

    def readable(self) -> bool:
        """Return true: it can be read."""
        return True

    def seekable(self) -> bool:
        """Return true: that is the point of it."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a position without asking for anything."""
        self._at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        return self._at

    def tell(self) -> int:
        """Return the position."""
        return self._at

    def readinto(self, buffer: Buffer) -> int:
        """Ask for the next part. Raises Deviation when it does not come as a part."""
        target = memoryview(buffer).cast("B")
        last = min(self._at + len(target), self._size) - 1
        if last < self._at:
            return 0
        answer = self._sample.get(range=f"bytes={self._at}-{last}")
        expect.status(answer, 206)
        count = min(len(answer.content), len(target))
        target[:count] = answer.content[:count]
        self._at += count
        return count
