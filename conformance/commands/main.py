"""The command `registry-conformance`."""

from __future__ import annotations

import argparse
import json
import os
import secrets
import sys
from contextlib import ExitStack
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.commands.arguments import certificates, positive
from conformance.commands.ci import add_ci_command
from conformance.commands.clients import add_clients_command
from conformance.commands.gate_commands import Front, add_gate_commands
from conformance.commands.init import add_init_command
from conformance.commands.report import add_commands as add_report_commands
from conformance.commands.report import add_report_option, write_reports
from conformance.commands.schema import add as add_schema_command
from conformance.verdicts import ExitCode
from conformance.verdicts.counting import counted

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from conformance.target import Target
    from conformance.verdicts.options import RunOptions

PROGRAM = "registry-conformance"
EXIT_CODES = """exit codes:
  0  the target conforms          1  it does not
  2  the command is wrong         3  the harness or the network failed
  4  the baseline is out of date  5  too little was judged to say
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code. Never raises for a user's mistake."""
    arguments = _parser().parse_args(argv)
    try:
        return int(arguments.command(arguments))
    except UserMistake as mistake:
        return _say(str(mistake), ExitCode.USAGE)
    except BrokenPipeError:  # `list | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.CONFORMS
    except KeyboardInterrupt:
        return _say("interrupted", ExitCode.HARNESS_ERROR)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=PROGRAM,
        description="Judges a Python package registry, from outside, by the specifications, "
        "GitLab's documentation and what real clients need.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--version", action="version", version=f"{PROGRAM} {version('pypi-registry-conformance')}"
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_run(
        commands.add_parser("run", help="judge a registry; without a URL, the embedded reference server")
    )
    listing = commands.add_parser("list", help="list the requirements of the catalogue")
    listing.add_argument("--format", choices=("text", "json"), default="text")
    listing.add_argument("--profile", metavar="NAME", help="only those that this kind of registry is held to")
    listing.set_defaults(command=_list)
    explain = commands.add_parser("explain", help="tell everything about one requirement")
    explain.add_argument("id", metavar="ID")
    explain.set_defaults(command=_explain)
    comparing = commands.add_parser("compare", help="show on what two results differ")
    comparing.add_argument(
        "results", metavar="RESULT.json", nargs=2, type=Path, help="written by `run --json`"
    )
    comparing.set_defaults(command=_compare)
    add_report_commands(commands)
    add_clients_command(commands)
    add_init_command(commands)
    add_schema_command(commands)
    add_ci_command(commands, main)
    front = Front(add_target=_add_target, target=_target, options=_options, count=positive(int), say=_say)
    add_gate_commands(commands, front)
    sweep = commands.add_parser("sweep", help="remove what earlier runs have left on a registry")
    _add_target(sweep)
    sweep.set_defaults(command=_sweep)
    return parser


def _add_target(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("url", metavar="URL", nargs="?", help="what `twine upload --repository-url` takes")
    parser.add_argument("--profile", metavar="NAME", help="the kind of registry (gitlab)")
    parser.add_argument("--username", metavar="NAME", help="or REGISTRY_CONFORMANCE_USERNAME")
    parser.add_argument(
        "--password", metavar="SECRET", help="better: REGISTRY_CONFORMANCE_PASSWORD, which nobody sees"
    )
    parser.add_argument(
        "--config", metavar="FILE", help="a registry.toml with the target and several credentials"
    )
    parser.add_argument(
        "--ca-bundle",
        metavar="FILE",
        type=certificates,
        help="certificates to trust instead of the usual ones",
    )
    parser.add_argument(
        "--timeout", metavar="SECONDS", type=positive(float), default=30.0, help="per request (30)"
    )
    parser.add_argument("--rate", metavar="N", type=positive(float), help="requests per second (no limit)")
    parser.add_argument(
        "--max-requests", metavar="N", type=positive(int), default=5_000, help="at most (5000)"
    )
    parser.add_argument(
        "--ledgers", metavar="FOLDER", type=Path, help="where ledgers are kept (the user's state folder)"
    )


def _add_run(parser: argparse.ArgumentParser) -> None:
    _add_target(parser)
    parser.add_argument("--json", metavar="FILE", type=Path, help="write the result there")
    add_report_option(parser)
    parser.add_argument(
        "--baseline", metavar="FILE", type=Path, help="the failures that are known; see `baseline`"
    )
    parser.add_argument(
        "--set", metavar="NAME", dest="requirement_set", help="the frozen set that counts, such as 2026.11"
    )
    parser.add_argument("--examples", metavar="N", type=positive(int), default=10, help="per property (10)")
    parser.add_argument(
        "--seed", metavar="N", type=_seed, default=0, help="a number, or `random`; chooses the examples (0)"
    )
    parser.add_argument("--rounds", metavar="N", type=positive(int), default=15, help="of each race (15)")
    parser.add_argument("--read-only", action="store_true", help="publish nothing; judge what is there")
    parser.add_argument(
        "--project",
        metavar="NAME",
        action="append",
        default=[],
        help="with --read-only: a project to look at, may be repeated (a few from the root)",
    )
    parser.add_argument("--keep", action="store_true", help="do not remove what was published")
    parser.add_argument(
        "--plan", action="store_true", help="print what would be published, and publish nothing"
    )
    parser.add_argument(
        "-k", metavar="EXPRESSION", dest="keyword", help="only the checks that match, as with pytest"
    )
    parser.add_argument("-x", action="store_true", dest="exit_first", help="stop at the first failure")
    parser.add_argument(
        "-n", metavar="N", dest="processes", help="in parallel: a number of processes, or `auto`"
    )
    parser.set_defaults(command=_run)


def _run(arguments: argparse.Namespace) -> int:
    from conformance.report.terminal import print_report
    from conformance.run.checks_run import run_checks
    from conformance.run.run import CannotJudge
    from conformance.run.selection import Selection
    from conformance.target import BadTarget

    try:
        target = _target(arguments)
        _check_run(target, arguments)
        options = _options(arguments)
    except UserMistake as mistake:
        return _say(str(mistake), ExitCode.USAGE)
    if arguments.plan:
        return _plan(target, arguments)
    selection = Selection(
        keyword=arguments.keyword, exit_first=arguments.exit_first, processes=arguments.processes
    )
    with ExitStack() as stack:
        try:
            target = target or stack.enter_context(_embedded(arguments))
            result = run_checks(target, options, selection, json_path=arguments.json, progress=sys.stdout)
        except BadTarget as error:
            return _say(str(error), ExitCode.USAGE)
        except CannotJudge as error:
            return _say(str(error), error.exit_code)
    print_report(result, sys.stdout)
    unwritten = write_reports(result, arguments.reports)
    return result.exit_code or unwritten


def _embedded(arguments: argparse.Namespace) -> AbstractContextManager[Target]:
    from conformance.target.configuration import embedded_profile
    from conformance.target.embedded import embedded_target  # a server takes time to import

    return embedded_target(embedded_profile(arguments.profile))


class UserMistake(Exception):
    """The command line asks for something that cannot be done; `str()` says what to change."""


def _target(arguments: argparse.Namespace) -> Target | None:
    from conformance.target import BadTarget
    from conformance.target.configuration import configured_target

    try:
        return configured_target(
            url=arguments.url,
            profile=arguments.profile,
            username=arguments.username,
            password=arguments.password,
            config=arguments.config,
        )
    except BadTarget as error:
        raise UserMistake(str(error)) from error


def _check_run(target: Target | None, arguments: argparse.Namespace) -> None:
    if arguments.project and not (arguments.read_only or (target and target.profile.read_only)):
        raise UserMistake("--project goes with --read-only; other runs look at what they publish")
    if arguments.json and not arguments.json.absolute().parent.is_dir():
        raise UserMistake(f"--json: there is no folder {arguments.json.absolute().parent}")
    if arguments.json and arguments.json.is_dir():
        raise UserMistake(f"--json: {arguments.json} is a folder; name a file")
    if arguments.processes and not (arguments.processes == "auto" or arguments.processes.isdigit()):
        raise UserMistake(f"-n takes a number or `auto`, not {arguments.processes!r}")
    if arguments.processes and find_spec("xdist") is None:
        raise UserMistake("-n needs pytest-xdist: pip install 'pypi-registry-conformance[parallel]'")


def _options(arguments: argparse.Namespace) -> RunOptions:
    from conformance.verdicts.baseline import BadBaseline, known_baseline
    from conformance.verdicts.options import RunOptions, TrafficLimits, default_ledger_folder
    from conformance.verdicts.sets import UnknownSet, known_set

    try:
        baseline = known_baseline(getattr(arguments, "baseline", None))
        requirement_set = known_set(getattr(arguments, "requirement_set", None))
    except (BadBaseline, UnknownSet) as error:
        raise UserMistake(str(error)) from error
    return RunOptions(
        examples=getattr(arguments, "examples", 1),
        seed=getattr(arguments, "seed", 0),
        rounds=getattr(arguments, "rounds", RunOptions.rounds),
        keep=getattr(arguments, "keep", False),
        read_only=getattr(arguments, "read_only", False),
        projects=tuple(getattr(arguments, "project", ())),
        ca_bundle=arguments.ca_bundle,
        limits=TrafficLimits(
            max_requests=arguments.max_requests, rate=arguments.rate, timeout=arguments.timeout
        ),
        ledger_folder=arguments.ledgers or default_ledger_folder(),
        baseline=baseline,
        requirement_set=requirement_set,
    )


def _plan(target: Target | None, arguments: argparse.Namespace) -> int:
    from conformance.catalogue import catalogue
    from conformance.corpus import planned
    from conformance.profiles import profile as profile_named

    profile = target.profile.name if target else "gitlab"
    held = [row for row in catalogue().for_profile(profile_named(profile)) if not row.untested]
    print(f"target    {target.url if target else 'the embedded reference server'}")
    print(
        f"profile   {profile}: {counted(len(held), 'check')}, at most {counted(arguments.max_requests, 'request')}"
    )
    if arguments.read_only or (target and target.profile.read_only):
        print("publishes nothing")
        return ExitCode.CONFORMS
    print("publishes, under names that hold the run's id (here xxxxxxxx):")
    for distribution in planned("xxxxxxxx").values():
        print(f"  {distribution.filename}  {len(distribution.content)} bytes")
    print("and, for checks of uploads, projects named conformance-xxxxxxxx-<number>-<purpose>.")
    return ExitCode.CONFORMS


def _list(arguments: argparse.Namespace) -> int:
    from conformance.catalogue import catalogue
    from conformance.profiles import profile, profile_names
    from conformance.report.explain import profiles_by_id

    if arguments.profile and arguments.profile not in profile_names():
        return _say(
            f"there is no profile {arguments.profile!r}; choose one of: {', '.join(profile_names())}", 2
        )
    known = catalogue()
    rows = known.for_profile(profile(arguments.profile)) if arguments.profile else list(known)
    if arguments.format == "json":
        profiles = profiles_by_id(known)
        print(json.dumps([{**row.as_json(), "profiles": profiles[row.id]} for row in rows], indent=1))
        return ExitCode.CONFORMS
    for row in rows:
        print(f"{row.id:<48} {row.level:<6} {row.standing:<8} {row.statement}")
    tested = sum(row.untested is None for row in rows)
    print(
        f"{counted(len(rows), 'requirement')}: {tested} with a check, {len(rows) - tested} without, for a reason"
    )
    return ExitCode.CONFORMS


def _explain(arguments: argparse.Namespace) -> int:
    from difflib import get_close_matches

    from conformance.catalogue import catalogue
    from conformance.report.explain import explain_requirement

    known = catalogue()
    if arguments.id not in known.requirements:
        near = get_close_matches(arguments.id, known.requirements, n=3)
        hint = f"did you mean {', '.join(near)}?" if near else f"`{PROGRAM} list` shows all of them."
        return _say(f"there is no requirement {arguments.id!r}; {hint}", ExitCode.USAGE)
    print(explain_requirement(known[arguments.id], known))
    return ExitCode.CONFORMS


def _compare(arguments: argparse.Namespace) -> int:
    from conformance.report.compare import print_comparison
    from conformance.report.result_file import BadResult

    first, second = arguments.results
    try:
        print_comparison(first, second, sys.stdout)
    except BadResult as error:
        return _say(str(error), ExitCode.USAGE)
    return ExitCode.CONFORMS


def _sweep(arguments: argparse.Namespace) -> int:
    from conformance.run.sweep import sweep

    try:
        target = _target(arguments)
    except UserMistake as mistake:
        return _say(str(mistake), ExitCode.USAGE)
    if target is None:
        return _say("sweep needs the URL of the registry that earlier runs were started with", ExitCode.USAGE)
    return sweep(target, _options(arguments))


def _seed(text: str) -> int:
    return secrets.randbelow(2**32) if text == "random" else int(text)


def _say(message: str, exit_code: int) -> int:
    print(f"{PROGRAM}: {message}", file=sys.stderr)
    return int(exit_code)
