"""The differences between two values, as a person reads them."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from itertools import chain

MOST_CHARACTERS = 300
"""Characters of a value that a message has room for."""

MOST_LINES = 10
"""Items that are named, one a line; of the others only the number is given."""

SHORT = 80
"""Characters up to which a collection is written out in full."""

AROUND = 60
"""Characters of a long text that are quoted on either side of the first difference."""


def excerpt(value: object) -> str:
    """Return a text, or the representation of another value, cut to what a message has room for."""
    text = value if isinstance(value, str) else written(value)
    return text if len(text) <= MOST_CHARACTERS else text[:MOST_CHARACTERS] + "…"


def listed_lines(items: Iterable[object]) -> str:
    """Return items one a line, in their order: the first ten, and how many there are beyond."""
    lines = [excerpt(item) for item in items]
    more = [f"and {len(lines) - MOST_LINES} more"] if len(lines) > MOST_LINES else []
    return "\n".join([*lines[:MOST_LINES], *more])


def alternatives(values: Iterable[object]) -> str:
    """Return values as a choice: "200, 300 or 406"."""
    *others, last = map(str, values)
    return f"{', '.join(others)} or {last}" if others else last


def contrasted(wanted: object, found: object) -> tuple[str, str]:
    """Return how two different values are written, so that what differs is seen: of long ones, only that."""
    right, wrong = written(wanted), written(found)
    if len(right) <= SHORT and len(wrong) <= SHORT:
        return right, wrong
    if isinstance(wanted, Mapping) and isinstance(found, Mapping):
        return _of_mappings(wanted, found)
    if isinstance(wanted, bytes) or isinstance(found, bytes):
        return right, wrong
    if isinstance(wanted, str) and isinstance(found, str):
        return _of_texts(wanted, found)
    if _is_collection(wanted) and _is_collection(found):
        return _of_collections(list(wanted), list(found))  # type: ignore[call-overload]  # both are collections
    return excerpt(right), excerpt(wrong)


def written(value: object) -> str:
    """Return a value as a reader writes it: texts in quotes, tuples as lists of words, lists and objects as JSON.

    None is "nothing". Sets are in order. Long bytes are given by size and digest.
    """
    if value is None or isinstance(value, bool):
        return {None: "nothing", True: "true", False: "false"}[value]
    if isinstance(value, tuple):
        return ", ".join(
            item if isinstance(item, str) and item.isprintable() else written(item) for item in value
        )
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, default=written)
    if isinstance(value, bytes) and len(value) > SHORT:
        return f"{len(value)} bytes with sha256 {hashlib.sha256(value).hexdigest()}"
    if isinstance(value, Set):
        return f"{{{', '.join(sorted(map(written, value)))}}}"
    return repr(value)


def _of_mappings(wanted: Mapping[object, object], found: Mapping[object, object]) -> tuple[str, str]:
    keys = [key for key in dict.fromkeys(chain(wanted, found)) if _entry(wanted, key) != _entry(found, key)]
    keys.sort(key=str)
    return _lines(_entry(wanted, key) for key in keys), _lines(_entry(found, key) for key in keys)


def _entry(mapping: Mapping[object, object], key: object) -> str:
    return f"{key}: {written(mapping[key])}" if key in mapping else f"{key}: no entry"


def _of_texts(wanted: str, found: str) -> tuple[str, str]:
    same = next(
        (at for at, (one, other) in enumerate(zip(wanted, found, strict=False)) if one != other), None
    )
    at = min(len(wanted), len(found)) if same is None else same
    start = max(0, at - AROUND)
    before = "…" if start else ""
    right, wrong = (
        f"{before}{text[start : at + AROUND]}{'…' if len(text) > at + AROUND else ''}"
        for text in (wanted, found)
    )
    return repr(right), f"{wrong!r}, different from character {at} on"


def _of_collections(wanted: Sequence[object], found: Sequence[object]) -> tuple[str, str]:
    right, wrong = (Counter(map(written, items)) for items in (wanted, found))
    missing, more = sorted((right - wrong).elements()), sorted((wrong - right).elements())
    if not missing and not more:
        return _lines(map(written, wanted)), f"the same in another order:{_lines(map(written, found))}"
    without = f"nothing of:{_lines(missing)}" if missing else ""
    beside = f"in addition:{_lines(more)}" if more else ""
    return _lines(map(written, wanted)), "\n".join(filter(None, [without, beside]))


def _lines(items: Iterable[str]) -> str:
    return "\n  " + listed_lines(items).replace("\n", "\n  ")


def _is_collection(value: object) -> bool:
    return isinstance(value, Sequence | Set) and not isinstance(value, str | bytes)
