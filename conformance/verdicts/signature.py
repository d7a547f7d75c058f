"""The signature of a deviation, by which later runs recognise it: its text without the volatile parts."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conformance.verdicts import Deviation

LENGTH = 12
"""Hexadecimal digits: enough to tell the failures of one requirement apart."""

KEPT = 160
"""Characters that count of a long text: such texts were cut before, not always in the same place."""

LONG = 290
CUT = 600
"""Characters from which on a text may have lost its end, and a client's output its beginning."""

_DAY = r"\d{4}-\d\d-\d\d"
_CLOCK = r"\d\d:\d\d(:\d\d([.,]\d+)?)?"
_VARYING = (
    (r"\n(smallest|first) failing example, .*|\nbut not every time .*", ""),
    (r"(?i)conformance[-_.]+<run>[-_.]+(gw\d+|\d+)", "<project>"),
    (rf"{_DAY}[T ]{_CLOCK}(Z|[+-]\d\d:?\d\d)?|\b\w{{3}}, \d\d \w{{3}} \d{{4}} {_CLOCK}( GMT)?", "<time>"),
    (rf"\b({_DAY}|{_CLOCK})\b", "<time>"),
    (r"\b[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b|\b[0-9A-HJKMNP-TV-Z]{26}\b", "<uuid>"),
    (r"(?<=/)[0-9a-f]{2,4}/[0-9a-f]{12,}(?=/)", "<digest>"),  # a folder per beginning of a digest
    (r"\b[0-9a-fA-F]{16,}\b|\b[0-9A-Za-z_-]{43}=?", "<digest>"),
    (r"=[0-9a-fA-F]{8,}\b", "=<digest>"),
    (r"(https?://[^\s/:'\"<>]+):\d+", r"\1"),
    (r"\b(port[ =]?)\d+", r"\1<port>"),
    (r"\b(packages|package_files)/\d+", r"\1/<id>"),
    (r"(\"id\": ?)\d+", r"\1<id>"),
    (r" ?\[\d+\]", ""),
    (r"\b\d+(\.\d+)? ?(s|ms|seconds?|bytes|B|kB|MB|KiB|MiB)\b", "<size>"),
    (r"(?<![\w.])/(tmp|var|home|root|Users|private)/[^\s'\"]*", "<path>"),
    (r"\b0x[0-9a-f]+\b", "<address>"),
    (r"\b\d{4,}\b", "<number>"),
    (r"[\x00-\x08\x0e-\x1f\ufffd].*", ""),  # not text: an archive, say
)
_REPLACED = tuple((re.compile(pattern, re.DOTALL), by) for pattern, by in _VARYING)
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_BRACKETED = re.compile(r"[\[({].*…", re.DOTALL)
"""The members of a collection that was cut: a set has another order in each process."""

_CLIENT = re.compile(r"exit code -?\d+|no end within")
_STATUS = re.compile(rf"(status )?\d{{3}}\b|{_CLIENT.pattern}")


def signature_of(deviation: Deviation, *, run_id: str, by_chance: bool = False) -> str:
    """Return a digest that differs between deviations of one requirement, and is the same in the next run.

    `by_chance` says that what is found first depends on chance, as in a race.
    """
    if deviation.seen_first is not None or by_chance:
        identity = _of_chance(deviation.seen_first or deviation, run_id)
    else:
        identity = (_words(deviation.expected, run_id), _found(deviation.found, run_id))
    return sha256("\n".join(identity).encode("utf-8", errors="surrogatepass")).hexdigest()[:LENGTH]


def normalised(text: str, run_id: str) -> str:
    """Return a text without run ids, ports, times, digests, sizes, numbers of exchanges and paths."""
    text = re.sub(re.escape(run_id), "<run>", text, flags=re.IGNORECASE) if run_id else text
    for pattern, by in _REPLACED:
        text = pattern.sub(by, text)
    return " ".join(text.split())


def _words(text: str, run_id: str) -> str:
    """Return the words that count of a text, in the order of the alphabet: sets and pages have none of their own."""
    words = normalised(_BRACKETED.sub("", text), run_id)
    return " ".join(sorted(re.findall(r"[^\s,;()\[\]{}'\"]+", words[:KEPT] if len(text) > LONG else words)))


def _found(text: str, run_id: str) -> str:
    """Return what counts of what was found: of a client its exit code and last line, else the beginning."""
    text = _REPLACED[0][0].sub("", text)
    first, *rest = text.strip().splitlines() or [""]
    if client := _CLIENT.match(first):
        return f"{client[0]} {normalised(rest[-1] if rest else '', run_id)[-KEPT:]}"
    return _words("\n".join(rest) if rest and (len(text) >= CUT or text.startswith("…")) else text, run_id)


def _of_chance(deviation: Deviation, run_id: str) -> tuple[str, str]:
    """Leave out what depends on the example: everything quoted, and of what was found all but a status."""
    status = _STATUS.match(deviation.found)
    return _QUOTED.sub("…", normalised(deviation.expected, run_id)), status[0] if status else ""
