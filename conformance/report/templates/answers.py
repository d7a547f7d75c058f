"""Answers of the registry, unpacked.

`conformance.report.script` puts this module into the script.
"""

from __future__ import annotations

import gzip
import zlib
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from http.client import HTTPResponse


class Answer(NamedTuple):
    """An answer; its status is 0 where none came."""

    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def text(self) -> str:
        """The content as text."""
        return self.content.decode("utf-8", errors="replace")


NOTHING = Answer(0, {}, b"")


def read(response: HTTPResponse, *, unpacked: bool = True) -> Answer:
    """Return an answer, unpacked or as it came."""
    content = response.read()
    coding = response.getheader("Content-Encoding") if unpacked else ""
    if coding == "gzip":
        content = gzip.decompress(content)
    elif coding == "deflate":
        content = zlib.decompress(content)
    headers: dict[str, str] = {}
    for name, value in response.getheaders():
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return Answer(response.status, headers, content)
