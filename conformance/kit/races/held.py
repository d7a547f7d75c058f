"""An upload that waits for something else, which so certainly happens during it."""

from __future__ import annotations

from contextlib import suppress
from threading import Event
from typing import TYPE_CHECKING

from conformance.kit.races.racers import DEADLINE
from conformance.kit.uploads.raw_uploads import sized
from conformance.verdicts import Untestable
from conformance.wire import upload_form

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.kit.races.racers import T
    from conformance.target.registry_client import RegistryClient
    from conformance.wire import Answer
    from reference_server.distributions import Distribution

HELD = 5.0
"""Seconds that an upload waits at most: a registry that does one thing after the other waits for its end."""


class HeldUpload:
    """An upload whose body is sent after `during`, an action that begins once the registry asks for the body.

    Source: RFC 9110, 10.1.1, on `100 Continue`. Nothing waits for a registry that does not ask, nor where plain
    sockets cannot reach the target. Both methods are actions of one race.
    """

    def __init__(self, distribution: Distribution) -> None:
        self._distribution = distribution
        self._begun, self._over = Event(), Event()

    def upload(self, lane: RegistryClient) -> Answer | None:
        """Upload the distribution; return the answer, None where there is none."""
        try:
            with suppress(Untestable):
                answer = self._upload(lane)
                accepted = answer is not None and answer.is_success
                return lane.outcome(answer, self._distribution) if answer and accepted else answer
            return None
        finally:
            self._begun.set()

    def _upload(self, lane: RegistryClient) -> Answer | None:
        form = upload_form(self._distribution)
        lane.announce(self._distribution)
        with lane.connect() as connection:
            connection.request("POST", headers=[*sized(form), ("Expect", "100-continue")])
            if connection.asks_for_body():
                self._begun.set()
                self._over.wait(HELD)
            elif not connection.silent:
                return connection.answer()
            connection.send(form.body())
            return connection.answer()

    def during(self, action: Callable[[RegistryClient], T]) -> Callable[[RegistryClient], T]:
        """Return an action that is run while the upload waits."""

        def waiting(lane: RegistryClient) -> T:
            self._begun.wait(DEADLINE)
            try:
                return action(lane)
            finally:
                self._over.set()

        return waiting
