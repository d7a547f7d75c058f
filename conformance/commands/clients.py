"""`registry-conformance clients`: the command line of the report."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.verdicts import ExitCode

if TYPE_CHECKING:
    from conformance.client_report.default_faults import Group
    from conformance.client_report.report import Line
    from conformance.client_report.scenarios import Scenario

EPILOG = """A command is run in a clean environment in which pip, uv and twine find the registry by themselves.
In its words {index_url}, {upload_url}, {folder} (empty, and where it runs), {project} (published),
{file} (a wheel to upload), {username} and {password} are filled in:

  registry-conformance clients --fault truncated-downloads -- pip download --no-deps -d {folder} {project}
"""


def add_clients_command(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to those of `registry-conformance`."""
    parser = subparsers.add_parser(
        "clients",
        help="tell how real clients cope with each fault of a registry",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--fault",
        metavar="NAME[,OPTION=VALUE]",
        action="append",
        default=[],
        help="may be repeated; `reference-server faults` lists them (all trouble, and a choice of others)",
    )
    parser.add_argument("--format", choices=("text", "json", "markdown"), default="text")
    parser.add_argument("-o", "--output", metavar="FILE", type=Path, help="write the report there")
    parser.add_argument(
        "--limit", metavar="SECONDS", type=float, default=300.0, help="for each run of a client (300)"
    )
    parser.add_argument("-j", "--jobs", metavar="N", type=int, default=4, help="clients at a time (4)")
    parser.add_argument(
        "client", metavar="COMMAND", nargs="*", help="after `--`; pip, uv, poetry and twine without"
    )
    parser.set_defaults(command=run_clients)


def run_clients(arguments: argparse.Namespace) -> int:
    """Make the report, and print or write it. Returns the exit code."""
    from conformance.client_report.rendering import FORMATS
    from conformance.client_report.report import UnfitScenario, report
    from conformance.clients import ClientMissing
    from conformance.target.embedded import UnknownFault

    mistake = _mistake(arguments)
    if mistake:
        return _say(mistake, ExitCode.USAGE)
    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)  # clients hang up on the server, as they may
    try:
        scenarios, missing = _scenarios(arguments.client)
        made = report(
            scenarios,
            _groups(arguments),
            limit=arguments.limit,
            jobs=arguments.jobs,
            missing=missing,
            progress=_progress,
        )
    except UnknownFault as error:
        return _say(f"--fault: {error}", ExitCode.USAGE)
    except ClientMissing as error:
        return _say(str(error), ExitCode.USAGE)
    except UnfitScenario as error:
        return _say(str(error), ExitCode.HARNESS_ERROR)
    text = FORMATS[arguments.format](made)
    if arguments.output:
        arguments.output.write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)
    return ExitCode.CONFORMS


def _mistake(arguments: argparse.Namespace) -> str | None:
    output = arguments.output
    if output and (output.is_dir() or not output.absolute().parent.is_dir()):
        return f"--output: {output} cannot be written; name a file in a folder that is there"
    if arguments.limit <= 0 or arguments.jobs <= 0:
        return "--limit and --jobs take a number above 0"
    return None


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


def _progress(line: Line) -> None:
    print(f"{line.fault}: {line.scenario}: {line.reaction}", file=sys.stderr)


def _say(message: str, exit_code: ExitCode) -> int:
    print(f"registry-conformance: {message}", file=sys.stderr)
    return int(exit_code)
