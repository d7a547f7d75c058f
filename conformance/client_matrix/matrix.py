"""Runs every scenario with every client, and says of each failure whether the registry is to blame."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.client_matrix.offers import lack_of
from conformance.client_matrix.scenarios import SCENARIOS
from conformance.client_matrix.stage import BUSY, PATIENCE, Inconclusive, Stage
from conformance.client_report.reaction import last_message
from conformance.clients import CLIENTS
from conformance.clients.home import Home
from conformance.clients.prepared import Environment
from conformance.errors import UserError
from conformance.report.client_cells import ClientCell, Outcome, counted_outcomes
from conformance.verdicts import Deviation, NotApplicable, NotJudged, Untestable
from conformance.wire import BadAnswer, Unreachable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from conformance.client_matrix.scenarios import Scenario
    from conformance.client_matrix.venue import Venue
    from conformance.clients import Client
    from conformance.clients.prepared import ClientSpec
    from conformance.target.forward_proxy import Attempt
    from conformance.target.recording import Sent

KINDS = {each.name: each for each in CLIENTS}

REJECTED = frozenset({401, 403, 404})
"""Answers to a credential that the registry does not know."""

MOST_REQUESTS = 30
MOST_OUTPUT = 1_500
"""How many requests and characters of a client's output a cell keeps."""


@dataclass(frozen=True, kw_only=True)
class Played:
    """How a scenario ended with one registry."""

    outcome: Outcome
    message: str = ""
    output: str = ""
    requests: tuple[str, ...] = ()

    @property
    def missed(self) -> bool:
        """Whether nothing was found out for want of something."""
        return self.outcome in {Outcome.UNTESTABLE, Outcome.NOT_APPLICABLE}


def cells(
    prepared: Mapping[ClientSpec, Environment | UserError],
    venue: Venue,
    *,
    control: Callable[[], Venue],
    progress: Callable[[str], None] = lambda _: None,
) -> Iterator[ClientCell]:
    """Yield each cell as soon as it is known, client by client.

    `prepared` has the environment of each client, or why there is none. `control` starts the reference server, where
    failures are tried again.
    """
    for spec, environment in prepared.items():
        row = []
        for each in SCENARIOS:
            if isinstance(environment, Environment):
                cell = _cell_of(environment, each, venue, control)
            else:
                untestable = Played(outcome=Outcome.UNTESTABLE, message=str(environment))
                cell = _cell(spec, "", each, untestable)
            row.append(cell)
            yield cell
        progress(f"{row[0].name}: {counted_outcomes(row)}")


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
        played = _blamed(played, _played_on_control(scenario, environment, control))
    return _cell(spec, environment.version, scenario, played)


def _played_on_control(scenario: Scenario, environment: Environment, control: Callable[[], Venue]) -> Played:
    """Run a scenario on the reference server, which may not start."""
    try:
        venue = control()
    except Exception as error:  # noqa: BLE001 - whatever it is, it is not the registry's failure
        return Played(outcome=Outcome.ERROR, message=f"{type(error).__name__}: {error}")
    return play(scenario, environment, venue, plain=True)


def _blamed(failed: Played, control: Played) -> Played:
    """Return a failure as that of the registry, of the client, or of neither.

    It is the registry's where the client sent something to it, and the same client worked with the reference server.
    """
    if control.outcome is Outcome.FAILED:
        return replace(failed, outcome=Outcome.CLIENT)
    if control.outcome is not Outcome.WORKED:
        outcome = Outcome.UNTESTABLE if control.missed else Outcome.ERROR
        why = f"the reference server gave no verdict: {control.message or control.outcome}"
        return replace(failed, outcome=outcome, message=f"{failed.message}\n{why}")
    if not failed.requests:
        why = "the client sent nothing to the registry"
        return replace(failed, outcome=Outcome.ERROR, message=f"{failed.message}\n{why}")
    return failed


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
        requests=() if played.outcome is Outcome.WORKED else played.requests,
    )


def play(scenario: Scenario, environment: Environment, venue: Venue, *, plain: bool) -> Played:
    """Run a scenario once, and return how it ended. Where it is not `plain`, pip and twine are forked."""
    with tempfile.TemporaryDirectory(prefix="client-matrix-", ignore_cleanup_errors=True) as folder:
        client = _client(environment, venue, plain=plain or venue.options.plain_clients)
        stage = Stage(client=client, venue=venue, folder=Path(folder))
        try:
            scenario.run(stage)
            _require_home(stage)
        except Exception as error:  # noqa: BLE001 - a mistake of ours must not lose the cells of a run
            return _ended(stage, error)
        return Played(outcome=Outcome.WORKED, requests=_requests(stage))


def _require_home(stage: Stage) -> None:
    """Raise Deviation where a client asked other hosts than those of the target, or gave them a credential."""
    if astray := _astray(stage.attempts):
        raise Deviation(
            expected="requests to the target alone", found=", ".join(astray), where=stage.client.name
        )


def _requests(stage: Stage) -> tuple[str, ...]:
    return tuple(map(str, stage.sent[-MOST_REQUESTS:]))


def _with_last_words(message: str, stage: Stage) -> str:
    """Return a message with what the client printed last, unless it is in the message."""
    last = stage.runs[-1] if stage.runs else None
    words = last_message(last.stderr, last.stdout) if last else ""
    return message if not words or words in message else f"{message}\n{stage.client.name} printed: {words}"


def _astray(attempts: Sequence[Attempt]) -> list[str]:
    """Return what a client should not have asked other hosts, each once."""
    return list(dict.fromkeys(str(each) for each in attempts if each.refused or each.with_credential))


def _ended(stage: Stage, error: Exception) -> Played:
    """Return how a scenario ended that raised an error. Only a deviation may be the registry's."""
    plainly = stage.venue.recording.as_target
    match error:
        case Deviation() if garbled := _garbled(stage):
            outcome, message = Outcome.UNTESTABLE, garbled
        case Deviation():
            busy = _busy(stage.sent)
            outcome = Outcome.ERROR if busy else Outcome.FAILED
            message = busy or _with_last_words(f"expected {error.expected}, found {error.found}", stage)
        case NotApplicable():
            outcome, message = Outcome.NOT_APPLICABLE, str(error)
        case Untestable():
            outcome, message = Outcome.UNTESTABLE, str(error)
        case Inconclusive() | UserError() | NotJudged() | Unreachable() | BadAnswer():
            outcome, message = Outcome.ERROR, str(error)
        case _:
            outcome, message = Outcome.ERROR, f"{type(error).__name__}: {error}"
    if (astray := _astray(stage.attempts)) and astray[0] not in message:
        message += f"\nThe client asked other hosts: {', '.join(astray)}"
    return Played(
        outcome=outcome,
        message=plainly(message),
        output=plainly("".join(map(str, stage.runs))[-MOST_OUTPUT:]),
        requests=_requests(stage),
    )


def _garbled(stage: Stage) -> str:
    """Return that the registry rejects a credential that the client sends in another encoding; else nothing."""
    credential = stage.venue.credential
    rejected = any(each.with_credential and each.status in REJECTED for each in stage.sent)
    if credential is None or not (rejected and stage.client.garbles(credential)):
        return ""
    return (
        f"{stage.client.name} sends the credential as {stage.client.credential_encoding}, and the registry reads "
        f"{credential.encoding}: RFC 7617 leaves the encoding of characters beyond ASCII open"
    )


def _client(environment: Environment, venue: Venue, *, plain: bool) -> Client:
    """Return the driver of a client, which starts a new interpreter for each run where it is `plain`."""
    kind = KINDS[environment.spec.name]
    home = Home(variables=venue.forward_proxy.variables(for_all_hosts=kind.one_proxy))
    client = kind(python=environment.python, timeout=PATIENCE, home=home)
    return replace(client, forked=client.forked and not plain)


def _busy(sent: Sequence[Sent]) -> str:
    """Return what the registry answered that says nothing of the scenario; else nothing."""
    last = next((each for each in reversed(sent) if each.status in BUSY), None)
    return f"the registry {BUSY[last.status or 0]}: {last}" if last else ""
