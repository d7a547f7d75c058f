"""Validators of a registry that change with every upload, as those of Pulp, are read right before they are used."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from conformance.checks.http.test_pages import test_last_modified as last_modified_is_judged
from conformance.verdicts import Deviation
from conformance.wire.answer import Answer
from conformance.wire.exchange import Exchange

if TYPE_CHECKING:
    from collections.abc import Mapping


class Registry:
    """A registry whose pages changed once after they were first read; deaf to conditions if so."""

    def __init__(self, *, deaf: bool = False) -> None:
        self.deaf = deaf
        self.answered: list[int] = []

    def request(self, method: str, url: str, *, headers: Mapping[str, str]) -> Answer:
        current = "Fri, 27 Nov 2026 06:29:44 GMT"
        unchanged = headers.get("If-Modified-Since") == current and not self.deaf
        self.answered.append(304 if unchanged else 200)
        return answered(self.answered[-1], current, method=method, url=url)


def answered(
    status: int, modified: str, *, method: str = "GET", url: str = "http://registry.test/a/"
) -> Answer:
    return Answer(
        method=method,
        url=url,
        credential="default",
        status=status,
        reason="",
        headers={"Content-Type": "text/html", "ETag": f'"{hash(modified)}"', "Last-Modified": modified},
        content=b"",
        exchange=Exchange(request=method, credential="default", request_headers={"Accept": "text/html"}),
    )


def index(registry: Registry) -> Any:
    first = SimpleNamespace(answer=answered(200, "Fri, 27 Nov 2026 06:29:40 GMT"))
    offer = SimpleNamespace(has=lambda feature: feature != "json")
    return SimpleNamespace(registry=registry, offer=offer, html=lambda _: first)


def test_a_page_that_changed_since_it_was_read_is_read_again() -> None:
    registry = Registry()
    last_modified_is_judged(index(registry), None)
    assert registry.answered[:2] == [200, 304]


def test_a_registry_that_ignores_conditions_still_deviates() -> None:
    with pytest.raises(Deviation, match="304"):
        last_modified_is_judged(index(Registry(deaf=True)), None)
