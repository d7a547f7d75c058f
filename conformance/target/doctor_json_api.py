"""What the doctor observes about the address of PyPI's JSON API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.target.observations import Observation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conformance.target import Target
    from conformance.wire import Answer


def json_api_observations(
    target: Target, projects: tuple[str, ...], get: Callable[[str], Answer]
) -> Iterator[Observation]:
    """Ask for the descriptions of projects that are named, where the target gives the address of the API."""
    if not target.given.json_api or not projects:
        return
    answers = [get(target.description_url(name)) for name in projects]
    if not any(answer.status == 200 and "info" in answer.json_object for answer in answers):
        yield Observation(
            about="JSON API",
            seen=f"nothing is described: {answers[0].exchange.request} returned {answers[0].status_line}",
            change="check json-api-url, below which a project is described at NAME/json, and the names",
        )
