"""Bases of faults that rewrite pages in HTML."""

from __future__ import annotations

import re
from typing import ClassVar

from reference_server.faults.fault import Fault

ROOT = b"<title>Simple index</title>"


class HtmlRewritten(Fault):
    """Replaces what `pattern` matches in a page's source by `replacement`. Pages in JSON stay as they are."""

    pattern: ClassVar[bytes]
    replacement: ClassVar[bytes]

    def rendered(self, body: bytes) -> bytes:
        if not body.startswith(b"<"):
            return body
        return re.sub(self.pattern, self.replacement, body)


class RootRewritten(HtmlRewritten):
    """Does so on the root page only."""

    def rendered(self, body: bytes) -> bytes:
        return super().rendered(body) if ROOT in body else body
