"""Tries clients on a run's target once its checks are done, and failures on the reference server, too."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

from conformance.client_matrix.matrix import cells
from conformance.client_matrix.venue import Venue
from conformance.clients.prepared import EnvironmentFolder, client_specs
from conformance.run.setup import prepare
from conformance.run.tidy import tidy
from conformance.target.driver import target_driver
from conformance.target.embedded import embedded_target
from conformance.target.recording import recording

if TYPE_CHECKING:
    from typing import TextIO

    from conformance.report.client_cells import ClientCell
    from conformance.run.run import Run


def client_cells(
    run: Run, progress: TextIO | None = None, *, environments: EnvironmentFolder | None = None
) -> tuple[ClientCell, ...]:
    """Return what the clients of `--clients` could do with the target. What they publish is in the ledger before."""
    with ExitStack() as stack:
        control: list[Venue] = []

        def reference() -> Venue:
            """Start the reference server for the first failure, and keep it."""
            if not control:
                target = stack.enter_context(embedded_target())
                other = prepare(target, replace(run.options, clients="", ca_bundle=None, rate=None))
                stack.callback(_end, other)
                control.append(venue_of(other, stack))
            return control[0]

        found = cells(
            client_specs(run.options.clients),
            environments or EnvironmentFolder.default(),
            venue_of(run, stack),
            control=reference,
            progress=lambda text: print(text, file=progress, flush=True) if progress else None,
        )
        return tuple(_without_secrets(run, each) for each in found)


def _without_secrets(run: Run, cell: ClientCell) -> ClientCell:
    """Return a cell without the secrets of the target."""
    from msgspec.structs import replace as replace_fields

    return replace_fields(
        cell,
        message=run.redact(cell.message),
        output=run.redact(cell.output),
        requests=tuple(map(run.redact, cell.requests)),
    )


def venue_of(run: Run, stack: ExitStack) -> Venue:
    """Return where scenarios take place: the target of a run, through proxies that stop with the stack."""
    target = run.target
    return Venue(
        registry=run.registry,
        driver=target_driver(target, run.session, registry=run.registry),
        corpus=run.corpus,
        recording=stack.enter_context(
            recording([target.index_url, target.upload_url], ca_bundle=run.options.ca_bundle)
        ),
        budget=run.session.budget,
        options=run.options,
    )


def _end(run: Run) -> None:
    """Close what a run of the reference server has open."""
    tidy(run)
    run.session.close()
    run.session.budget.close()
