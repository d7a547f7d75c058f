"""Whether a registry answers one request in several ways, as one does whose cache mixes up what it keeps.

`conformance.report.script` puts this module into the script.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.report.templates.answers import Answer


class Asked(NamedTuple):
    """A request, and its answer of now."""

    step: dict[str, Any]
    answer: Answer


def form_of_request(step: dict[str, Any]) -> str:
    """Return a request as a text: those of two are equal if the same bytes were sent."""
    return str([step[each] for each in ("method", "url", "headers", "credential", "body")])


def varies(asked: list[Asked]) -> bool:
    """Tell whether one request was and is answered in several ways, with nothing changed in between."""
    then = [kind_of(each.step["status"], dict(each.step["answered"])) for each in asked]
    now = [kind_of(each.answer.status, each.answer.headers) for each in asked]
    return all(differs_of_one_request([each.step for each in asked], kinds) for kinds in (then, now))


def kind_of(status: int, headers: Mapping[str, str]) -> str:
    """Return the kind of an answer: its status and its type."""
    return f"{status} {headers.get('Content-Type', '')}"


def differs_of_one_request(steps: list[dict[str, Any]], kinds: list[str]) -> bool:
    """Tell whether the answers to one request are of several kinds, with nothing changed in between."""
    seen: dict[str, str] = {}
    for step, kind in zip(steps, kinds):  # noqa: B905 - Python 3.9 has no `strict`
        if step["method"] not in ("GET", "HEAD"):
            seen.clear()
        elif seen.setdefault(form_of_request(step), kind) != kind:
            return True
    return False
