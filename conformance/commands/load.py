"""`registry-conformance load`: judges a registry while many clients use it."""

from __future__ import annotations

import argparse
import re
import sys
from functools import partial
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import urlsplit

from conformance.commands.arguments import add_options, options_of
from conformance.commands.report import add_report_option, write_reports
from conformance.errors import ExitCode, UserError
from conformance.verdicts.counting import counted
from conformance.verdicts.declaration import Group

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.load.conduct import Recorded
    from conformance.load.task import LoadSettings
    from conformance.load.traffic import Traffic
    from conformance.report.result import RunResult
    from conformance.run.run import Run
    from conformance.target import Target
    from conformance.verdicts.options import RunOptions

SUMMARY = "judge a registry while many clients use it"

MOST_REQUESTS, MOST_MEGABYTES = 1_000_000, 100_000
"""What a load may cost by default: a run of checks costs less."""

USERS, MOST_USERS, MOST_ARRIVALS = 20, 1_000, 100_000.0
"""Clients of a closed load, and at most of an open one, by default; and the most visits a second."""

MOST_CLIENTS, MOST_PROCESSES = 1_000_000, 1_000
"""How many clients and processes can be asked for."""

LONGEST_NUMBER = 20
"""Digits of the longest number that is read."""

PORT = 5557
"""The port on which Locust's masters listen."""

MIXES = "registry, releases or installs (default: registry)"

_TIME = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s?)?")


def seconds(text: str) -> float:
    """Return a time such as 90, 90s, 2m or 1h30m in seconds."""
    match = _TIME.fullmatch(text)
    parts = [float(part or 0) for part in match.groups()] if match else []
    total = sum(part * unit for part, unit in zip(parts, (3600, 60, 1), strict=False))
    if not total:
        raise argparse.ArgumentTypeError(f"expected a time such as 90s, 2m or 1h30m, not {text!r}")
    return total


def up_to(most: int) -> Callable[[str], int]:
    """Return what reads a whole number from 1 to `most`."""

    def whole_number(text: str) -> int:
        is_number = text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER
        if not is_number or not 1 <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"expected a whole number from 1 to {most}, not {text!r}")
        return int(text)

    return whole_number


a_port = up_to(65_535)


def a_rate(text: str) -> float:
    """Return a number above 0."""
    try:
        rate = float(text)
    except ValueError:
        rate = 0.0
    if not 0 < rate <= MOST_ARRIVALS:
        raise argparse.ArgumentTypeError(f"expected a number of visits a second above 0, not {text!r}")
    return rate


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    groups = add_options(
        parser,
        "load",
        defaults={"max_requests": str(MOST_REQUESTS), "max_megabytes": str(MOST_MEGABYTES)},
    )
    _add_load(parser)
    _add_several(parser)
    add_report_option(groups[Group.REPORTS])
    groups[Group.REPORTS].add_argument(
        "-v", "--verbose", action="store_true", help="print every finding in full"
    )


def _add_load(parser: argparse.ArgumentParser) -> None:
    load = parser.add_argument_group("load")
    load.add_argument(
        "--users",
        metavar="N",
        type=up_to(MOST_CLIENTS),
        help=f"clients at once (default: {USERS}); with --arrivals, at most so many (default: {MOST_USERS})",
    )
    load.add_argument(
        "--arrivals",
        metavar="RATE",
        type=a_rate,
        default=0.0,
        help="open load: begin RATE visits a second, however long responses take (default: closed load, in which "
        "each client waits for its response)",
    )
    load.add_argument(
        "--time", metavar="TIME", type=seconds, default=60.0, help="how long, such as 90s or 2m (default: 1m)"
    )
    load.add_argument("--mix", metavar="NAME", default="registry", help=f"what the clients do: {MIXES}")
    load.add_argument(
        "--warm-up",
        metavar="TIME",
        type=seconds,
        default=2.0,
        help="leave the first seconds out of the figures (default: 2s)",
    )
    load.add_argument(
        "--i-own-this-registry",
        action="store_true",
        help="confirm that the registry may be put under load; not needed on a loopback address",
    )
    load.add_argument(
        "--web",
        metavar="PORT",
        type=a_port,
        default=0,
        help="show Locust's own page on this port of loopback meanwhile (default: no page)",
    )


def _add_several(parser: argparse.ArgumentParser) -> None:
    several = parser.add_argument_group("several processes and machines, by Locust's protocol")
    several.add_argument(
        "--processes",
        metavar="N",
        type=up_to(MOST_PROCESSES),
        default=1,
        help="drive the clients from N processes of this machine (default: 1)",
    )
    role = several.add_mutually_exclusive_group()
    role.add_argument("--master", action="store_true", help="wait for workers on other machines")
    role.add_argument("--worker", action="store_true", help="drive clients for a master, and judge nothing")
    several.add_argument(
        "--expect-workers",
        metavar="N",
        type=up_to(MOST_PROCESSES),
        default=1,
        help="begin with N workers (default: 1)",
    )
    several.add_argument(
        "--master-host", metavar="HOST", default="", help="where the master is, for a worker"
    )
    several.add_argument(
        "--master-port", metavar="PORT", type=a_port, default=PORT, help=f"its port (default: {PORT})"
    )


def run(arguments: argparse.Namespace) -> int:
    """Drive the load, judge what was seen, print the report, and write the others that were asked for."""
    from conformance.load.conduct import require_locust
    from conformance.load.mixes import mix
    from conformance.load.ports import require_free_port
    from conformance.report.terminal import print_report
    from conformance.target.configuration import configured_or_embedded

    require_locust()
    mix(arguments.mix)
    _require_room(arguments)
    if arguments.web and not arguments.worker:
        require_free_port("127.0.0.1", arguments.web, option="--web")
    if arguments.master:
        require_free_port(arguments.master_host, arguments.master_port, option="--master-port")
    with configured_or_embedded(vars(arguments)) as target:
        _require_consent(target, arguments)
        options = options_of(arguments, max_requests=MOST_REQUESTS, max_megabytes=MOST_MEGABYTES)
        if arguments.worker:
            return _follow(target, options, arguments)
        result = _judged(target, options, arguments)
    write_reports(result, arguments.reports)
    print_report(result, sys.stdout, verbose=arguments.verbose, next_steps={})
    return result.exit_code


def _require_consent(target: Target, arguments: argparse.Namespace) -> None:
    from conformance.wire.answer import LOOPBACK

    hosts = {urlsplit(url).hostname or "" for url in (target.url, *target.given.as_table().values())}
    if hosts - LOOPBACK and not arguments.i_own_this_registry:
        raise UserError(
            f"{', '.join(sorted(hosts - LOOPBACK))} is not on this machine, and a load may bring a registry down",
            "Give --i-own-this-registry where it is yours to put under load.",
        )
    if target.profile.read_only:
        raise UserError(f"a load publishes, and the profile {target.profile.name} only reads")


def _require_room(arguments: argparse.Namespace) -> None:
    """Raise UserError where an open load may have fewer clients than processes that drive them."""
    processes = arguments.expect_workers if arguments.master else arguments.processes
    users = arguments.users or MOST_USERS
    if arguments.arrivals and not arguments.worker and users < processes:
        raise UserError(
            f"{counted(users, 'client')} cannot be shared by {processes} processes",
            f"Give at least --users {processes}, or fewer processes.",
        )


def _settings(arguments: argparse.Namespace) -> LoadSettings:
    from conformance.load.ports import free_port
    from conformance.load.task import LoadSettings

    alone = not (arguments.master or arguments.worker)
    host = arguments.master_host or ("*" if arguments.master else "127.0.0.1")
    return LoadSettings(
        users=arguments.users or (MOST_USERS if arguments.arrivals else USERS),
        arrivals=arguments.arrivals,
        seconds=arguments.time,
        warm_up=min(arguments.warm_up, arguments.time / 2),
        mix=arguments.mix,
        processes=arguments.processes,
        expect_workers=arguments.expect_workers if arguments.master else 0,
        host=host,
        port=free_port() if alone else arguments.master_port,
        beyond=arguments.i_own_this_registry,
        web=arguments.web,
    )


def _follow(target: Target, options: RunOptions, arguments: argparse.Namespace) -> int:
    from conformance.corpus.ledger import Ledger
    from conformance.load.conduct import Conductor

    if not arguments.master_host:
        raise UserError("a worker needs to know its master", "Give --master-host.")
    ledger = Ledger(options.ledger_folder / "worker.jsonl")
    Conductor(settings=_settings(arguments), target=target, options=options, ledger=ledger).follow()
    return ExitCode.CONFORMS


def _judged(target: Target, options: RunOptions, arguments: argparse.Namespace) -> RunResult:
    from dataclasses import replace

    from conformance.catalogue import catalogue
    from conformance.kit.load import UnderLoad
    from conformance.profiles import under_load
    from conformance.report.result_file import write_result
    from conformance.run.checks_run import run_checks
    from conformance.run.outlook import outlook
    from conformance.run.selection import Selection

    end = outlook(target, options)
    settings = _settings(arguments)
    clients = (
        f"{settings.arrivals:g} visits a second" if settings.arrivals else counted(settings.users, "client")
    )
    print(f"{clients} for {settings.seconds:g} s. This run {end.clean_up}.")
    rows = frozenset(row.id for row in catalogue() if row.area == "load")
    plugin = UnderLoad(partial(_driven, settings), beyond=settings.beyond)
    json_path = vars(arguments).get("json")
    result = run_checks(
        replace(target, profile=under_load(target.profile)),
        options,
        Selection(only=rows),
        json_path=json_path,
        progress=sys.stdout,
        plugins=[plugin],
    )
    if plugin.refused and plugin.refused.exit_code is ExitCode.USAGE:  # what fails later has its errors
        _refuse(plugin.refused, result, target, options, arguments)
    if plugin.traffic_seen is None:
        return result
    result = _with_figures(result, settings, plugin.traffic_seen)
    if json_path:
        write_result(json_path, result)
    return result


def _refuse(
    error: UserError, result: RunResult, target: Target, options: RunOptions, arguments: argparse.Namespace
) -> NoReturn:
    """Raise the error of a load that could not begin, once the reports say so, with what its run has left."""
    from conformance.report.result_file import write_refusal

    path = vars(arguments).get("json")
    refusal = write_refusal(path, target, options, reason=str(error), exit_code=error.exit_code)
    write_reports(refusal, arguments.reports)
    for note in result.summary.notes:
        print(note)
    raise error


def _with_figures(result: RunResult, settings: LoadSettings, seen: Traffic) -> RunResult:
    """Return a result with the figures of its load."""
    import msgspec

    from conformance.report.load_figures import figures_note, load_figures

    figures = load_figures(settings, seen)
    notes = (*figures_note(figures), *filter(None, [seen.ended]), *result.summary.notes)
    return msgspec.structs.replace(
        result, summary=msgspec.structs.replace(result.summary, load=figures, notes=notes)
    )


def _driven(settings: LoadSettings, run: Run) -> Recorded:
    from conformance.kit.load import offered_forms
    from conformance.load.conduct import Conductor
    from conformance.run.tidy import requests_per_deletion

    return Conductor(
        settings=settings,
        target=run.target,
        options=run.options,
        ledger=run.ledger,
        forms=offered_forms(run),
        budget=run.session.budget.share(),
        per_deletion=requests_per_deletion(run.target, run.options),
    ).drive()
