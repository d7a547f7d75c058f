"""An entry as a line of text, and as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reference_server.http.request_log.entry import Entry

_COLOURS = {2: "32", 3: "36", 4: "33", 5: "31"}
"""ANSI colours by the first digit of a status."""


def line(entry: Entry, *, coloured: bool = False) -> str:
    """Return one line: what was asked, by whom, what was answered, which faults acted, and why it was refused."""
    status = "no answer" if entry.status is None else str(entry.status)
    colour = _COLOURS.get((entry.status or 500) // 100, "35")
    parts = [
        entry.time.strftime("%H:%M:%S.%f")[:-3],
        entry.method,
        entry.target,
        status,
        f"{entry.sent} bytes{', broken off' if entry.broken_off else ''}",
        "" if entry.seconds is None else f"{entry.seconds * 1000:.1f} ms",
        _credential(entry),
        f"certificate of {entry.certificate}" if entry.certificate else "",
        entry.client,
        f"uploads {entry.upload.filename} ({entry.upload.size} bytes)" if entry.upload else "",
        f"fault {', '.join(entry.faults)}" if entry.faults else "",
        f"refused: {entry.refusal}" if entry.refusal else "",
    ]
    texts = [
        f"\x1b[{colour}m{part}\x1b[0m" if coloured and part is status else _printable(part) for part in parts
    ]
    return "  ".join(filter(None, texts))


def json_line(entry: Entry) -> str:
    """Return the entry as one line of JSON."""
    return json.dumps(
        {
            "number": entry.number,
            "time": entry.time.isoformat(),
            "method": entry.method,
            "host": entry.host,
            "target": entry.target,
            "route": entry.route,
            "headers": entry.headers,
            "credential": entry.credential,
            "username": entry.username,
            "certificate": entry.certificate,
            "caller": entry.caller,
            "name": entry.name,
            "received": entry.received,
            "upload": entry.upload
            and {
                "filename": entry.upload.filename,
                "size": entry.upload.size,
                "fields": dict(entry.upload.fields),
            },
            "body": entry.body,
            "status": entry.status,
            "refusal": entry.refusal,
            "sent": entry.sent,
            "broken_off": entry.broken_off,
            "seconds": None if entry.seconds is None else round(entry.seconds, 6),
            "faults": entry.faults,
        }
    )


def _credential(entry: Entry) -> str:
    if not entry.credential:
        return "without credentials"
    user = entry.username or entry.name
    return f"{entry.credential} of {user}" if user else entry.credential


def _printable(text: str) -> str:
    """Escape what a terminal would obey."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)
