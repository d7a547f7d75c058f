"""The list of faults, as text and as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from reference_server.faults.lookup import all_faults, options_of
from reference_server.serving.proxy import works_outside

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from reference_server.faults import Fault

TITLES = {
    "content": "Wrong content: breaks one rule",
    "trouble": "Trouble in transit: affects every client, breaks no specification",
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
    """Return the faults that match every word as two lists, one line per fault."""
    found = list(matching(words))
    width = max((len(fault.name) for fault in found), default=0)
    lines: list[str] = []
    for family, title in TITLES.items():
        members = [fault for fault in found if fault.family == family]
        if members:
            lines += [title, "", *(_line(fault, width) for fault in members), ""]
    counted = "1 fault" if len(found) == 1 else f"{len(found)} faults"
    lines.append(f"{counted}. Use `--format json` to see which requirements catch each.")
    return "\n".join(lines)


def matching(words: Iterable[str]) -> Iterator[Fault]:
    """Yield the faults whose name, summary, incident or requirements contain every word, in any case."""
    wanted = [word.lower() for word in words]
    for kind in all_faults():
        fault = kind()
        text = " ".join((fault.name, fault.summary, fault.incident, *fault.caught_by)).lower()
        if all(word in text for word in wanted):
            yield fault


def _line(fault: Fault, width: int) -> str:
    options = "".join(f",{name}={default}" for name, default in options_of(type(fault)).items())
    more = f" [{fault.name}{options}]" if options else ""
    incident = f" ({fault.incident})" if fault.incident else ""
    return f"  {fault.name:{width}}  {fault.summary}{incident}{more}"
