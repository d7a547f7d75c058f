"""The list of faults, as text and as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from reference_server.faults.lookup import all_faults, options_of
from reference_server.serving.proxy import works_outside

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from reference_server.faults import Fault

FEW = 10
"""Up to so many faults, the list names the requirements that catch each."""

TITLES = {
    "content": "Specification faults: each breaks a requirement",
    "trouble": "Network faults: break the connection or the response",
}


def described(fault: Fault) -> dict[str, Any]:
    """Return a fault as JSON. `outside` says whether `proxy` can put it in front of another registry."""
    return {
        "name": fault.name,
        "family": fault.family,
        "summary": fault.summary,
        "caught_by": list(fault.caught_by),
        "incident": fault.incident or None,
        "options": options_of(type(fault)),
        "outside": works_outside(fault),
    }


def as_json(words: Iterable[str] = ()) -> str:
    """Return the faults that match every word as a JSON array."""
    return json.dumps([described(fault) for fault in matching(words)], indent=2)


def as_text(words: Iterable[str] = ()) -> str:
    """Return the faults that match every word as two lists; of a few faults, also what catches them."""
    words = tuple(words)
    found = list(matching(words))
    if not found:
        return f"No fault mentions {' and '.join(map(repr, words))}."
    width = max((len(fault.name) for fault in found), default=0)
    lines: list[str] = []
    for family, title in TITLES.items():
        members = [fault for fault in found if fault.family == family]
        if members:
            lines += [
                title,
                "",
                *(_entry(fault, width, with_catchers=len(found) <= FEW) for fault in members),
                "",
            ]
    counted = "1 fault." if len(found) == 1 else f"{len(found)} faults."
    lines.append(
        counted if len(found) <= FEW else f"{counted} `--format json` adds the requirements that catch each."
    )
    return "\n".join(lines)


def matching(words: Iterable[str]) -> Iterator[Fault]:
    """Yield the faults whose name, summary, incident or requirements contain every word, in any case."""
    wanted = [word.lower() for word in words]
    for kind in all_faults():
        fault = kind()
        text = " ".join((fault.name, fault.summary, fault.incident, *fault.caught_by)).lower()
        if all(word in text for word in wanted):
            yield fault


def _entry(fault: Fault, width: int, *, with_catchers: bool) -> str:
    line = _line(fault, width)
    if not (with_catchers and fault.caught_by):
        return line
    return f"{line}\n  {'':{width}}  caught by {', '.join(fault.caught_by)}"


def _line(fault: Fault, width: int) -> str:
    options = "".join(f",{name}={default}" for name, default in options_of(type(fault)).items())
    more = f" [{fault.name}{options}]" if options else ""
    incident = f" ({fault.incident})" if fault.incident else ""
    return f"  {fault.name:{width}}  {fault.summary}{incident}{more}"
