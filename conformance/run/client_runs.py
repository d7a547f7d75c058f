"""Tries clients on a run's target once its checks are done, and failures on the reference server, too."""

from __future__ import annotations

from contextlib import ExitStack, suppress
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from conformance.client_matrix.matrix import cells
from conformance.client_matrix.stage import ANYBODY
from conformance.client_matrix.venue import Venue
from conformance.run.client_environments import prepare_clients
from conformance.run.setup import prepare
from conformance.run.tidy import tidy
from conformance.target import DEFAULT
from conformance.target.driver import target_driver
from conformance.target.embedded import control_target, other_index
from conformance.target.forward_proxy import ForwardProxy
from conformance.target.recording import recording
from conformance.verdicts import Deviation, NotJudged
from conformance.wire import BadAnswer, Unreachable
from conformance.wire.ports import port_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import TextIO

    from conformance.clients.prepared import ClientSpec, Environment
    from conformance.errors import UserError
    from conformance.report.client_cells import ClientCell
    from conformance.run.run import Run
    from conformance.verdicts.options import RunOptions


UNLIMITED = 10**9
"""Requests, and megabytes, of the reference server."""

MOST_REDIRECTS = 5
"""How many steps from the link to a file are followed, to learn which hosts clients need."""

MOST_MESSAGE, MOST_PATH = 600, 300
"""How many characters of a message, and of each request, a cell keeps."""


def client_cells(
    run: Run,
    progress: TextIO | None = None,
    *,
    prepared: Mapping[ClientSpec, Environment | UserError] | None = None,
    count: Callable[[int], None] = lambda _: None,
) -> Iterator[ClientCell]:
    """Yield what the clients of `--clients` can do with the target. What they publish is in the ledger before.

    `prepared` has their environments (default: prepare them now). `count` is called with the number of requests of
    each run of a client.
    """
    with ExitStack() as stack:
        control: list[Venue] = []

        def reference() -> Venue:
            """Start the reference server for the first failure, and keep it."""
            if not control:
                credential = run.target.credential(DEFAULT)
                target = stack.enter_context(control_target(credential, anybody=ANYBODY))
                other = prepare(target, _for_control(run.options))
                stack.callback(_end, other)
                control.append(venue_of(other, stack))
            return control[0]

        found = cells(
            prepare_clients(run.options.clients) if prepared is None else prepared,
            venue_of(run, stack, count=count),
            control=reference,
            progress=lambda text: print(text, file=progress, flush=True) if progress else None,
        )
        for each in found:
            yield _for_reports(run, each)


def _for_control(options: RunOptions) -> RunOptions:
    """Return the options for the reference server: the limits of the run are for its target."""
    return replace(
        options,
        clients="",
        ca_bundle=None,
        rate=None,
        max_requests=UNLIMITED,
        max_megabytes=float(UNLIMITED),
        max_time=None,
    )


def _for_reports(run: Run, cell: ClientCell) -> ClientCell:
    """Return a cell without the secrets of the target, and cut: a cut before would leave secrets in part."""
    from msgspec.structs import replace as replace_fields

    return replace_fields(
        cell,
        message=_cut(run.redact(cell.message), MOST_MESSAGE),
        output=run.redact(cell.output),
        requests=tuple(_cut(run.redact(each), MOST_PATH) for each in cell.requests),
    )


def _cut(text: str, most: int) -> str:
    """Return a text of at most so many characters: its beginning and its end."""
    if len(text) <= most:
        return text
    half = (most - 1) // 2
    return f"{text[:half]}…{text[-half:]}"


def venue_of(run: Run, stack: ExitStack, *, count: Callable[[int], None] = lambda _: None) -> Venue:
    """Return where scenarios take place: the target of a run, through proxies that stop with the stack."""
    target = run.target
    forward_proxy = stack.enter_context(ForwardProxy(file_hosts(run)))
    return Venue(
        registry=run.registry,
        driver=target_driver(target, run.session, registry=run.registry),
        corpus=run.corpus,
        recording=stack.enter_context(
            recording([target.index_url, target.upload_url], ca_bundle=run.options.ca_bundle)
        ),
        forward_proxy=forward_proxy,
        start_other_index=lambda: stack.enter_context(other_index()),
        budget=run.session.budget,
        options=run.options,
        count=count,
    )


def file_hosts(run: Run) -> frozenset[tuple[str, int]]:
    """Return the hosts and ports beside those of the target that its files are on, by links and by redirects.

    Where the page or a file cannot be read, the scenarios find that out, too.
    """
    places: list[str] = []
    with suppress(Deviation, BadAnswer, NotJudged, Unreachable):
        page = run.registry.project_page(run.corpus["main-latest"].name)
        places += [each.url for each in page.files]
        for each in _redirects(run, places[-1]) if places else ():
            places.append(each)  # also those before one that does not answer
    return frozenset(
        _place(each) for each in places if urlsplit(each).hostname and not run.target.same_host(each)
    )


def _redirects(run: Run, url: str) -> Iterator[str]:
    """Yield where a file leads, step by step."""
    for _ in range(MOST_REDIRECTS):
        answer = run.registry.request("GET", url)
        if not answer.is_redirect:
            return
        url = urljoin(answer.url, answer.headers.get("Location", ""))
        yield url


def _place(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return parts.hostname or "", port_of(parts)


def _end(run: Run) -> None:
    """Close what a run of the reference server has open."""
    tidy(run)
    run.session.close()
    run.session.budget.close()
