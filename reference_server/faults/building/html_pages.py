"""Bases of faults that rewrite pages in HTML."""

from __future__ import annotations

import re
from typing import ClassVar

from reference_server.faults.fault import Fault

ROOT = b"<title>Simple index</title>"


class RewritesHtml(Fault):
    """Replaces the matches of `pattern` in the source of pages in HTML by `replacement`."""

    pattern: ClassVar[bytes]
    replacement: ClassVar[bytes]

    def rendered(self, body: bytes) -> bytes:
        if not body.startswith(b"<"):
            return body
        return re.sub(self.pattern, self.replacement, body)


class RewritesRootPage(RewritesHtml):
    """Rewrites the root page only."""

    def rendered(self, body: bytes) -> bytes:
        return super().rendered(body) if ROOT in body else body
