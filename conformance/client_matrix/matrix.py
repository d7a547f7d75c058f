"""Runs every scenario with every client, and says of each failure whether the registry is to blame."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.client_matrix.offers import lack_of
from conformance.client_matrix.scenarios import SCENARIOS, Stage
from conformance.clients import CLIENTS, ClientMissing
from conformance.clients.prepared import make
from conformance.errors import UserError
from conformance.report.client_cells import ClientCell, Outcome, counted_outcomes
from conformance.verdicts import Deviation, NotApplicable, NotJudged, Untestable
from conformance.wire import BadAnswer, Throttled, Unreachable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from conformance.client_matrix.scenarios import Scenario
    from conformance.client_matrix.venue import Venue
    from conformance.clients import Client
    from conformance.clients.prepared import ClientSpec, Environment, EnvironmentFolder
    from conformance.target.recording import Sent

KINDS = {each.name: each for each in CLIENTS}

PATIENCE = 240.0
"""Seconds for one run of a client: pipenv makes an environment in it."""

REQUESTS = 5
"""How many requests of the budget a scenario takes."""

MOST_REQUESTS = 30
MOST_OUTPUT = 1_500
"""How many requests and characters of a client's output a cell keeps."""

BUSY = {429: "throttles", 502: "is not reached", 503: "is not available", 504: "is not reached in time"}
"""Answers that say nothing of what a scenario is about."""


@dataclass(frozen=True, kw_only=True)
class Played:
    """How a scenario ended with one registry."""

    outcome: Outcome
    message: str = ""
    output: str = ""
    requests: tuple[str, ...] = ()


def cells(
    specs: Sequence[ClientSpec],
    environments: EnvironmentFolder,
    venue: Venue,
    *,
    control: Callable[[], Venue],
    progress: Callable[[str], None] = lambda _: None,
) -> Iterator[ClientCell]:
    """Yield the cells, client by client. `control` starts the reference server, where failures are tried again."""
    for spec in specs:
        row = tuple(_row(spec, environments, venue, control))
        progress(f"{row[0].name}: {counted_outcomes(row)}")
        yield from row


def _row(
    spec: ClientSpec, environments: EnvironmentFolder, venue: Venue, control: Callable[[], Venue]
) -> Iterator[ClientCell]:
    """Yield the cells of one client, which is prepared where it is not there yet."""
    try:
        environment = environments.find(spec) or make(spec, environments)
    except UserError as error:
        untestable = Played(outcome=Outcome.UNTESTABLE, message=str(error))
        yield from (_cell(spec, "", each, untestable) for each in SCENARIOS)
        return
    yield from (_cell_of(environment, each, venue, control) for each in SCENARIOS)


def _cell_of(
    environment: Environment, scenario: Scenario, venue: Venue, control: Callable[[], Venue]
) -> ClientCell:
    spec = environment.spec
    if lack := lack_of(spec.name, environment.version, scenario.id):
        played = Played(outcome=Outcome.NOT_OFFERED, message=lack.why)
        return _cell(spec, environment.version, scenario, played, source=lack.source)
    played = play(scenario, environment, venue, plain=scenario.plain)
    if played.outcome is Outcome.FAILED and not scenario.plain:  # a fork is not to blame
        played = play(scenario, environment, venue, plain=True)
    if played.outcome is Outcome.FAILED:
        again = play(scenario, environment, control(), plain=True)
        if again.outcome is Outcome.FAILED:
            played = replace(played, outcome=Outcome.CLIENT)
    return _cell(spec, environment.version, scenario, played)


def _cell(
    spec: ClientSpec, version: str, scenario: Scenario, played: Played, *, source: str = ""
) -> ClientCell:
    return ClientCell(
        client=str(spec),
        version=version,
        scenario=scenario.id,
        title=scenario.title,
        outcome=played.outcome,
        counts=scenario.counts,
        message=played.message,
        source=source,
        output=played.output,
        requests=played.requests,
    )


def play(scenario: Scenario, environment: Environment, venue: Venue, *, plain: bool) -> Played:
    """Run a scenario once, and return how it ended. Where it is not `plain`, pip and twine are forked."""
    with tempfile.TemporaryDirectory(prefix="client-matrix-", ignore_cleanup_errors=True) as folder:
        client = _client(environment, plain=plain or venue.options.plain_clients)
        stage = Stage(client=client, venue=venue, folder=Path(folder), runs=[])
        venue.recording.take()
        try:
            with venue.budget.turn(REQUESTS, seconds=PATIENCE):
                scenario.run(stage)
        except Deviation as error:
            sent, plainly = venue.recording.take(), venue.recording.as_target
            return Played(
                outcome=Outcome.ERROR if _busy(sent) else Outcome.FAILED,
                message=_busy(sent) or plainly(f"expected {error.expected}, found {error.found}"),
                output=plainly("".join(map(str, stage.runs))[-MOST_OUTPUT:]),
                requests=tuple(map(str, sent[-MOST_REQUESTS:])),
            )
        except NotApplicable as error:
            return Played(outcome=Outcome.NOT_APPLICABLE, message=str(error))
        except Untestable as error:
            return Played(outcome=Outcome.UNTESTABLE, message=str(error))
        except (ClientMissing, NotJudged, Throttled, Unreachable, BadAnswer) as error:
            return Played(outcome=Outcome.ERROR, message=str(error))
    return Played(outcome=Outcome.WORKED)


def _client(environment: Environment, *, plain: bool) -> Client:
    """Return the driver of a client, which starts a new interpreter for each run where it is `plain`."""
    client = KINDS[environment.spec.name](python=environment.python, timeout=PATIENCE)
    return replace(client, forked=client.forked and not plain)


def _busy(sent: Sequence[Sent]) -> str:
    """Return what the registry answered that says nothing of the scenario; else nothing."""
    last = next((each for each in reversed(sent) if each.status in BUSY), None)
    return f"the registry {BUSY[last.status or 0]}: {last}" if last else ""
