"""An upload that waits for another action, against registries that ask for its body, refuse it, or say nothing."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Thread
from typing import TYPE_CHECKING, Any, cast

from conformance.kit.races.held import HeldUpload
from conformance.verdicts import Untestable
from reference_server.distributions import wheel

from .answers import answer_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.wire import Answer

FILE = wheel("held", "1.0")


@dataclass
class Lane:
    """A registry with one connection; `steps` are what happened, in order."""

    asks: bool = True
    silent: bool = False
    reachable: bool = True
    status: int = 201
    steps: list[str] = field(default_factory=list)

    def announce(self, _: object) -> None:
        self.steps.append("announced")

    @contextmanager
    def connect(self) -> Iterator[Lane]:
        if not self.reachable:
            raise Untestable("plain sockets cannot reach the target")
        yield self

    def request(self, method: str, *, headers: list[tuple[str, str]]) -> None:
        assert ("Expect", "100-continue") in headers
        self.steps.append(method)

    def asks_for_body(self) -> bool:
        return self.asks

    def send(self, body: bytes) -> None:
        assert FILE.content in body
        self.steps.append("body")

    def answer(self) -> Answer:
        return answer_of(status=self.status, method="POST")

    def outcome(self, answer: Answer, _: object) -> Answer:
        self.steps.append("awaited")
        return answer


def race(lane: Lane) -> Answer | None:
    """Upload, and do something else meanwhile, each in a thread of its own as in a race."""
    held = HeldUpload(FILE)
    during = held.during(lambda _: lane.steps.append("during"))
    other = Thread(target=during, args=[cast("Any", lane)])
    other.start()
    answer = held.upload(cast("Any", lane))
    other.join()
    return answer


def test_the_body_follows_the_other_action() -> None:
    lane = Lane()
    answer = race(lane)
    assert lane.steps == ["announced", "POST", "during", "body", "awaited"]
    assert answer is not None
    assert answer.status == 201


def test_a_refusal_of_the_header_section_is_the_answer() -> None:
    lane = Lane(asks=False, status=401)
    answer = race(lane)
    assert "body" not in lane.steps
    assert "awaited" not in lane.steps
    assert answer is not None
    assert answer.status == 401
    assert lane.steps[-1] == "during"


def test_a_registry_that_asks_for_nothing_gets_the_body_at_once() -> None:
    lane = Lane(asks=False, silent=True)
    race(lane)
    assert lane.steps.index("POST") < lane.steps.index("body")
    assert "during" in lane.steps


def test_nothing_waits_where_plain_sockets_cannot_reach_the_target() -> None:
    lane = Lane(reachable=False)
    assert race(lane) is None
    assert lane.steps == ["announced", "during"]
