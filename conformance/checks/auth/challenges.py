"""The challenge of an answer."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conformance.kit.http import Answer


def challenge(answer: Answer) -> str:
    """Return the field WWW-Authenticate; nothing where there is none."""
    return answer.headers.get("WWW-Authenticate", "").strip()


_UTF8 = re.compile(r"""\bcharset\s*=\s*"?utf-8\b""", re.IGNORECASE)


def announces_utf8(answer: Answer) -> bool:
    """Tell whether a registry announces that it reads credentials in UTF-8. Source: RFC 7617, 2.1."""
    return _UTF8.search(challenge(answer)) is not None
