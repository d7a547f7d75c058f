"""`registry-conformance clients`: how real clients cope with faults."""

from __future__ import annotations

import logging
import sys
import time
from typing import TYPE_CHECKING

from conformance.commands.output import write
from conformance.commands.report import add_output
from conformance.errors import ExitCode
from conformance.verdicts.option_types import positive

if TYPE_CHECKING:
    import argparse

    from conformance.client_report.default_faults import Group
    from conformance.client_report.report import Line
    from conformance.client_report.scenarios import Scenario
    from conformance.clients.prepared import Environment

SUMMARY = "show how clients cope with a faulty registry; prepare clients for `run`"
EPILOG = """COMMAND runs in a clean environment in which pip, uv and twine are configured for the registry.
These placeholders are filled in: {index_url}, {upload_url}, {folder} (an empty working directory),
{project} (a published project), {file} (a wheel to upload), {username} and {password}. An example:

  registry-conformance clients --fault truncated-downloads -- pip download --no-deps -d {folder} {project}

Environments for `run --clients`, one per client and version, in the user's cache directory:

  registry-conformance clients prepare 'pip==23.2.1' uv twine   make them, from the configured package index
  registry-conformance clients prepare --upgrade pip            make pip anew where a newer version is out
  registry-conformance clients list                             list them, and where they are

A program that is called `prepare` or `list` needs its path: `-- ./list`.
"""


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument(
        "--fault",
        metavar="NAME[,OPTION=VALUE]",
        action="append",
        default=[],
        help="fault to try, as `reference-server faults` lists it; may be repeated (default: network faults, "
        "and a choice of others)",
    )
    parser.add_argument(
        "--format", choices=("text", "json", "markdown"), default="text", help="format (default: text)"
    )
    add_output(parser)
    _add_limits(parser)
    parser.add_argument(
        "--upgrade",
        action="store_true",
        help="with `prepare`: replace a client without a version where a newer one is out",
    )
    parser.add_argument(
        "client",
        metavar="COMMAND",
        nargs="*",
        help="command line of a client, after `--` (default: every supported client that is installed); or `prepare` "
        "with clients, or `list`",
    )


def _add_limits(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--limit",
        metavar="SECONDS",
        type=positive(float),
        default=300.0,
        help="stop each run of a client after SECONDS (default: 300)",
    )
    parser.add_argument(
        "-j",
        "--jobs",
        metavar="N",
        type=positive(int),
        default=4,
        help="run N clients at a time (default: 4)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Make the report, and print or write it; or prepare and list environments."""
    match arguments.client:
        case ["prepare", *words]:
            return _prepare(words, upgrade=arguments.upgrade)
        case ["list"]:
            return _list()
    return _report(arguments)


def _report(arguments: argparse.Namespace) -> int:
    from conformance.client_report.rendering import FORMATS
    from conformance.client_report.report import report

    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)  # clients may hang up on the server
    scenarios, missing = _scenarios(arguments.client)
    made = report(
        scenarios,
        _groups(arguments),
        limit=arguments.limit,
        jobs=arguments.jobs,
        missing=missing,
        progress=_print_progress,
    )
    write(FORMATS[arguments.format](made), arguments.output)
    return ExitCode.CONFORMS


def _scenarios(command: list[str]) -> tuple[tuple[Scenario, ...], tuple[str, ...]]:
    from conformance.client_report.scenarios import built_in, own_command

    if command:
        return (own_command(command),), ()
    scenarios, missing = built_in()
    return scenarios, tuple(map(str, missing))


def _groups(arguments: argparse.Namespace) -> tuple[Group, ...]:
    from conformance.client_report.default_faults import default_groups, named_group

    if arguments.fault:
        return (named_group(arguments.fault, met_by_all=bool(arguments.client)),)
    return default_groups()


def _print_progress(line: Line) -> None:
    """Print a line to standard error, except on a terminal that gets the same line with the report."""
    if not (sys.stdout.isatty() and sys.stderr.isatty()):
        print(f"{line.fault}: {line.scenario}: {line.reaction}", file=sys.stderr)


def _prepare(words: list[str], *, upgrade: bool) -> int:
    """Make the environments that are not there yet or shall be the newest, one after the other."""
    from conformance.clients.prepared import EnvironmentFolder, client_specs, make

    environments = EnvironmentFolder.default()
    for spec in client_specs(",".join(words)):
        there = environments.find(spec)
        if there and (spec.version or not upgrade):
            print(f"{_described(there)}: is there")
            continue
        began = time.perf_counter()
        made = make(spec, environments, upgrade=upgrade)
        if made == there:
            print(f"{_described(made)}: is the newest")
            continue
        print(f"{_described(made)}: made in {time.perf_counter() - began:.1f} s", flush=True)
    print(f"Environments are in {environments.path}.")
    return ExitCode.CONFORMS


def _list() -> int:
    """Print every environment, and where they are."""
    from conformance.clients.prepared import EnvironmentFolder

    environments = EnvironmentFolder.default()
    for each in environments.all():
        print(f"{each.spec!s:<18} {_described(each)}")
    if environments.all():
        print(f"Environments are in {environments.path}.")
    else:
        print("No client is prepared. `registry-conformance clients prepare pip uv twine` prepares three.")
    return ExitCode.CONFORMS


def _described(environment: Environment) -> str:
    return f"{environment.spec.name} {environment.version}"
