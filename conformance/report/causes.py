"""One cause, one line: the deviations that follow from the deviation of another requirement stand under it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec

from conformance.catalogue.causes import causes
from conformance.report.check_result import DEVIATING, CheckResult

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from conformance.wire.exchange import Exchange

FILES = (".whl", ".tar.gz", ".zip", ".tar.bz2", ".egg")


def with_causes(
    results: Iterable[CheckResult], index_url: str = "", held_to: Collection[str] = ()
) -> list[CheckResult]:
    """Return results in which each deviation that follows from another one names it.

    By the URL of the index, its pages are told from others; without it, they are those below `/simple/`. `held_to` are
    the requirements that a whole run would have judged: one of them may be at the root, too.
    """
    results = list(results)
    roots = roots_of(results, index_url)
    possible = _possible_roots(results, index_url, held_to)
    return [
        msgspec.structs.replace(
            each,
            cause=roots.get(each.id, each.cause),
            may_follow_from="" if each.id in roots else possible.get(each.id, ""),
        )
        for each in results
    ]


def _possible_roots(
    results: Sequence[CheckResult], index_url: str, held_to: Collection[str]
) -> Mapping[str, str]:
    """Return deviations that show the defect of a requirement which was not judged, by id, each with that one's id."""
    unjudged = set(held_to) - {each.id for each in results}
    deviations = [each for each in results if each.verdict in DEVIATING and each.signature]
    if not unjudged or not deviations:
        return {}
    evidence = {each.id: _evidence(each, index_url) for each in deviations}
    found: dict[str, str] = {}
    for cause in causes():
        roots = [each for each in cause.roots if each in held_to]
        if cause.named_unjudged and roots and unjudged.issuperset(roots):
            found = {name: roots[0] for name, text in evidence.items() if cause.explains(name, text)} | found
    return found


def roots_of(results: Iterable[CheckResult], index_url: str = "") -> Mapping[str, str]:
    """Return the deviations that follow from another one, by id, each with the id of the one at the root.

    An entry of the catalogue's causes applies where a root of it deviates, and both deviations show its evidence.
    What an entry has explained, or set as a root, no later entry explains.
    """
    evidence = {
        each.id: _evidence(each, index_url)
        for each in results
        if each.verdict in DEVIATING and each.signature
    }
    if len(evidence) < 2:  # nothing to relate: a run without deviations reads no table
        return {}
    parents: dict[str, str] = {}
    for cause in causes():
        root = next(
            (each for each in cause.roots if each in evidence and cause.is_shown_by(evidence[each])), None
        )
        if root is None:
            continue
        explained = {
            name for name, text in evidence.items() if name not in parents and cause.explains(name, text)
        }
        if explained - {root}:
            parents |= dict.fromkeys(explained, root) | {root: parents.get(root, root)}
    return {name: root for name in parents if (root := _top(name, parents)) != name}


def _top(name: str, parents: Mapping[str, str]) -> str:
    """Return what is at the root: what explains a root was found by an earlier entry."""
    while parents[name] != name:
        name = parents[name]
    return name


def _evidence(finding: CheckResult, index_url: str) -> str:
    """Return the evidence of a deviation, a line each: what was found, where, and a line per exchange."""
    exchanges = (_line(each, index_url) for each in finding.exchanges)
    return "\n".join([finding.found, finding.where, *exchanges])


def _line(exchange: Exchange, index_url: str) -> str:
    """Return an exchange in short, such as `GET project as default → 200 text/html`."""
    method, _, target = exchange.request.partition(" ")
    kind = next(
        (value for name, value in exchange.response_headers.items() if name.lower() == "content-type"),
        "no Content-Type",
    )
    caller = exchange.credential or "anonymous"
    return f"{method} {_route(target.split(' ')[0], index_url)} as {caller} → {exchange.status or 0} {kind}"


def _route(url: str, index_url: str) -> str:
    """Return what a URL leads to: `file`, `metadata`, `root`, `project`, or its path where that is unknown."""
    path, index = urlsplit(url).path, urlsplit(index_url).path
    if path.endswith(".metadata"):
        return "metadata"
    if path.endswith(FILES):
        return "file"
    if index and path.startswith(index) and "/" not in path.removeprefix(index).rstrip("/"):
        return "project" if path.removeprefix(index) else "root"
    _, simple, below = path.partition("/simple/")
    if simple:
        return "project" if below.strip("/") else "root"
    return path
