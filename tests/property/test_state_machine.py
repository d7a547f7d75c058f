"""Any order of uploads and changes, in the reference server; and what the state machine says of a fault."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

import pytest
import requests
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict
from werkzeug.test import Client

from conformance import wire
from conformance.corpus.ledger import Ledger
from conformance.kit.properties.state_machine import UploadsAndChanges, explore
from conformance.run.features import OfferedFeatures
from conformance.target import target_from_table
from conformance.target.driver import target_driver
from conformance.target.registry_client import RegistryClient
from conformance.verdicts import Deviation
from conformance.verdicts.options import TrafficLimits
from conformance.wire import Redactor, Session, Transcript
from reference_server.faults.consistency.history import YanksForgotten
from reference_server.serving.create_app import create_app
from reference_server.serving.target import target_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from reference_server.faults import Fault

    Machine = Callable[..., Callable[[], UploadsAndChanges]]

ORIGIN = "http://registry.test"
OFFER = OfferedFeatures(features=frozenset({"html", "json", "yank", "delete", "status"}))


class InProcess(BaseAdapter):
    """Carries requests to a WSGI application of this process, without a connection."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        super().__init__()
        self._client = Client(create_app(faults=faults))

    def send(self, request: requests.PreparedRequest, *_: object, **__: object) -> requests.Response:
        """Answer a request."""
        headers = [(name, value) for name, value in request.headers.items() if name != "Accept-Encoding"]
        answer = self._client.open(
            request.url, method=request.method, headers=headers, data=request.body or b""
        )
        response = requests.Response()
        response.status_code, response.reason = answer.status_code, answer.status.partition(" ")[2]
        response.headers = CaseInsensitiveDict(answer.headers.items())
        response._content = answer.data
        response.request, response.url = request, request.url or ""
        return response

    def close(self) -> None:
        """Do nothing: nothing is open."""


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """What makes the state machine of a reference server with faults."""

    def make(*faults: Fault) -> Callable[[], UploadsAndChanges]:
        in_process = InProcess(faults)
        monkeypatch.setattr(wire.connections, "BoundedAdapter", lambda _: in_process)
        target = target_from_table(target_table(ORIGIN, max_file_size=None))
        transcript, numbers = Transcript(), count(1)
        session = Session(
            transcript=transcript, redact=Redactor(target.secrets), limits=TrafficLimits(max_requests=100_000)
        )
        registry = RegistryClient(
            target, session=session, transcript=transcript, ledger=Ledger(tmp_path / "ledger.jsonl")
        )
        driver = target_driver(target, session, registry=registry)

        def start() -> UploadsAndChanges:
            transcript.begin()
            return UploadsAndChanges(registry, OFFER, driver, lambda name: f"{name}-{next(numbers)}")

        return start

    return make


def test_the_reference_server_shows_what_it_has_accepted(machine: Machine) -> None:
    explore(machine(), runs=15, steps=30, seed=0, shrink=True)


def test_a_deviation_tells_the_steps_that_led_to_it(machine: Machine) -> None:
    with pytest.raises(Deviation) as caught:
        explore(machine(YanksForgotten()), runs=100, steps=30, seed=0)
    steps = [step.split()[0] for step in caught.value.found.partition("after\n")[2].splitlines()]
    assert "yank" in steps
    assert any(step.startswith("upload") for step in steps[steps.index("yank") :])
