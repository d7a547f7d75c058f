"""Clients in several versions against the flavours of the server: the tables of docs/clients.md.

    python -m benchmarks.client_matrix                          # print the tables
    python -m benchmarks.client_matrix --update docs/clients.md # put them between the marks of that document

Environments that are missing are made first, which needs a package index; the scenarios use loopback only.
"""

from __future__ import annotations

import argparse
import logging
import platform
import re
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.client_matrix.matrix import KINDS, play
from conformance.client_matrix.offers import lack_of, lacks
from conformance.client_matrix.other_hosts import orders
from conformance.client_matrix.scenarios import SCENARIOS
from conformance.clients.prepared import ClientSpec, EnvironmentFolder, client_specs, make
from conformance.report.client_cells import Outcome, by_client, explanations, legend, row_names, titles
from conformance.run.client_runs import client_cells, venue_of
from conformance.run.setup import prepare
from conformance.run.tidy import tidy
from conformance.target import target_from_table
from conformance.verdicts.options import RunOptions
from reference_server import ReferenceServer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from conformance.client_matrix.matrix import Played
    from conformance.report.client_cells import ClientCell
    from conformance.run.run import Run

FLAVOURS = ("reference", "gitlab", "pypi")

CLIENTS = (
    *("pip==23.1.2", "pip==24.0", "pip==25.3", "pip==26.3"),
    *("uv==0.8.24", "uv==0.13.9"),
    *("twine==4.0.2", "twine==6.1.0", "twine==6.2.0", "twine==7.0.0"),
    *("poetry==1.8.5", "poetry==2.5.1", "pdm==2.29.4", "hatch==1.18.2", "flit==4.2.0", "pipenv==2026.10.3"),
)
"""pip 23.1.2 is the oldest that runs on Python 3.12."""

TWINES = ("3.8.0", "4.0.2", "5.1.1", "6.1.0", "6.2.0", "7.0.0")
"""Those that upload a file again with `--skip-existing`, whatever their documents say."""

BEGIN, END = "<!-- client matrix -->", "<!-- end of the client matrix -->"
MOST_REQUESTS = 6


@dataclass(frozen=True)
class Flavour:
    """What clients could do with a flavour."""

    name: str
    cells: tuple[ClientCell, ...]
    skipping: Mapping[str, Played]
    """What each twine did with `--skip-existing`, by version."""
    sent: Mapping[str, Sequence[str]]
    """What each client sent to install a project."""


def main() -> int:
    """Print or write the tables; end with 1 where a scenario failed for which no client is to blame."""
    parser = argparse.ArgumentParser(description="Tables of clients and scenarios.")
    parser.add_argument("--flavours", nargs="+", default=FLAVOURS, help="flavours of the server")
    parser.add_argument("--clients", default=",".join(CLIENTS), help="clients, separated by commas")
    parser.add_argument("-j", "--jobs", type=int, default=1, help="flavours at a time (default: 1)")
    parser.add_argument("--update", type=Path, help="document that gets the tables between its marks")
    arguments = parser.parse_args()
    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
    with ThreadPoolExecutor(arguments.jobs) as pool:
        found = list(pool.map(lambda name: tried(name, arguments.clients), arguments.flavours))
    text = "\n".join(document(found))
    if arguments.update:
        before, _, rest = arguments.update.read_text(encoding="utf-8").partition(BEGIN)
        after = rest.partition(END)[2]
        arguments.update.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")
    else:
        print(text)
    return 1 if any(cell.outcome is Outcome.FAILED for each in found for cell in each.cells) else 0


def tried(flavour: str, clients: str) -> Flavour:
    """Return what the clients could do with a flavour of the server."""
    with (
        tempfile.TemporaryDirectory() as ledgers,
        ReferenceServer(flavour=flavour) as server,
    ):
        options = RunOptions(clients=clients, ledger_folder=Path(ledgers), max_requests=50_000)
        run = prepare(target_from_table(server.target()), options)
        try:
            cells = tuple(client_cells(run, sys.stderr))
            return Flavour(flavour, cells, skipping(run), requests_of(run))
        finally:
            tidy(run)
            run.session.close()
            run.session.budget.close()


def skipping(run: Run) -> dict[str, Played]:
    """Return what each twine does with `--skip-existing` and a file that is there."""
    environments = EnvironmentFolder.default()
    (scenario,) = (each for each in SCENARIOS if each.id == "publish.skip-existing")
    with ExitStack() as stack:
        venue = venue_of(run, stack)
        specs = [ClientSpec("twine", version) for version in TWINES]
        return {
            spec.version: play(
                scenario, environments.find(spec) or make(spec, environments), venue, plain=True
            )
            for spec in specs
        }


def requests_of(run: Run) -> dict[str, Sequence[str]]:
    """Return what each client that installs sends for the newest release of a project that it has never asked for."""
    environments = EnvironmentFolder.default()
    (scenario,) = (each for each in SCENARIOS if each.id == "install.latest")
    with ExitStack() as stack:
        venue = venue_of(run, stack)
        made = [environments.require(spec) for spec in client_specs(run.options.clients)]
        return {
            f"{each.spec.name} {each.version}": play(scenario, each, venue, plain=True).requests
            for each in made
            if lack_of(each.spec.name, each.version, scenario.id) is None
        }


def document(found: Sequence[Flavour]) -> Iterator[str]:
    """Yield the lines of the tables."""
    yield ""
    yield f"{datetime.now(UTC):%Y-%m-%d}, Python {platform.python_version()}, {platform.system()}."
    cells = [cell for each in found for cell in each.cells]
    yield from ["", "| scenario | what it does, and what has to come of it |", "|---|---|"]
    yield from (f"| {each.title} | {each.sentence} |" for each in SCENARIOS)
    yield from [
        "",
        "| mark | |",
        "|---|---|",
        *(f"| {mark} | {meaning} |" for mark, meaning in legend(cells)),
    ]
    for each in found:
        yield from ["", f"### Flavour `{each.name}`", "", *table(each.cells)]
        names = row_names(each.cells)
        for cell in explanations(each.cells):
            yield from ["", *explanation(cell, names[cell.client])]
    yield from ["", "### `twine upload --skip-existing`, by version", ""]
    yield f"| twine | {' | '.join(f'`{each.name}`' for each in found)} |"
    yield "|---|" + "---|" * len(found)
    for version in TWINES:
        yield f"| {version} | {' | '.join(skipped(each.skipping[version]) for each in found)} |"
    yield from ["", "### What clients send to install a project", "", *sent_table(found[0])]
    yield from ["", "### Which of two indexes wins", "", "| client | wins | why |", "|---|---|---|"]
    for order in orders():
        yield f"| {order.client} | {order.wins} | [{order.why}]({order.source}) |"
    yield from ["", "### What clients do not offer", "", "| client | scenarios | why |", "|---|---|---|"]
    for lack in sorted(lacks(), key=lambda lack: list(KINDS).index(lack.client)):
        covered = [each.title for each in SCENARIOS if lack.names(each.id)]
        yield (
            f"| {lack.client} {lack.versions}".rstrip()
            + f" | {', '.join(covered)} | [{lack.why}]({lack.source}) |"
        )
    yield ""


def table(cells: Sequence[ClientCell]) -> Iterator[str]:
    """Yield the lines of the table of one flavour."""
    yield f"| client | {' | '.join(titles(cells))} |"
    yield "|---|" + "---|" * len(titles(cells))
    for name, row in by_client(cells).items():
        yield f"| {name} | {' | '.join(each.outcome.mark for each in row.values())} |"


def sent_table(flavour: Flavour) -> Iterator[str]:
    """Yield the lines of a table of requests, with the kind of what is asked for in the place of its path."""
    yield f"With flavour `{flavour.name}`, which wants a credential for its pages, and offers both forms and metadata."
    yield from ["", "| client | requests |", "|---|---|"]
    for name, requests in flavour.sent.items():
        short = [
            re.sub(r"^(\w+) (\S*?)(?=,|: )", lambda found: f"{found[1]} {kind(found[2])}", each)
            for each in requests
        ]
        yield f"| {name} | {'<br>'.join(short)} |"


def kind(path: str) -> str:
    """Return what a path leads to."""
    if path.endswith(".metadata"):
        return "metadata"
    return "file" if path.endswith(".whl") else "page"


def skipped(played: Played) -> str:
    """Return in words what twine did."""
    if played.outcome is Outcome.WORKED:
        return "succeeds"
    sent = f"after {len(played.requests)} requests" if played.requests else "without a request"
    reason = re.search(r"\w+(?:Configuration|Error)\b", played.output)
    return f"fails {sent}: `{reason[0]}`" if reason else f"{played.outcome}: {played.message}"


def explanation(cell: ClientCell, name: str) -> Iterator[str]:
    """Yield the lines on a cell that did not work."""
    message = " ".join(cell.message.split())
    yield f"- **{name}, {cell.title}** ({cell.outcome}): {message}"
    yield from (f"  - `{each}`" for each in cell.requests[-MOST_REQUESTS:])


if __name__ == "__main__":
    sys.exit(main())
