"""The commands of `python -m implementations`."""

from __future__ import annotations

import json
import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

import tomli_w
from platformdirs import user_cache_path
from rich.console import Console
from rich.table import Table

from conformance.commands.output import print_error
from conformance.commands.parser import CommandParser
from conformance.errors import ExitCode, UserError
from conformance.report.result_file import read_result
from implementations.adjudication import FILE, Finding, read_adjudication
from implementations.comparison import differences
from implementations.debian import install_missing
from implementations.judging import RESULT, Assignment, Judged, judge, judged_before
from implementations.place import missing_programs
from implementations.recipe import Implementation, implementation, implementations
from implementations.starting import started

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence
    from types import FrameType

PROGRAM = "python -m implementations"
COLUMNS = (
    *("name", "version", "judged", "failed", "warned", "noted", "untestable", "errors"),
    *("right", "repeat", "wrong", "new", "changed", "gone", "left", "seconds"),
)
ENDING = (signal.SIGTERM, signal.SIGINT)
CACHE = user_cache_path("registry-conformance-implementations")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line, and return the exit code."""
    for each in ENDING:
        signal.signal(each, _interrupted)  # registries end with their recipes
    arguments = _parser().parse_args(argv)
    try:
        return int(arguments.command(arguments))
    except UserError as error:
        print_error(error)
        return int(error.exit_code)
    except KeyboardInterrupt:
        return int(ExitCode.HARNESS_ERROR)


def _interrupted(_: int, __: FrameType | None) -> None:
    for each in ENDING:
        signal.signal(each, signal.SIG_IGN)  # a second signal would end the process before its registries
    raise KeyboardInterrupt


def _parser() -> CommandParser:
    parser = CommandParser(prog=PROGRAM, description="Starts and judges registries that others wrote.")
    commands = parser.add_subparsers(prog=PROGRAM, required=True, metavar="COMMAND")
    listed = commands.add_parser("list", help="list the implementations, and what each of them needs")
    listed.set_defaults(command=_list)
    start = commands.add_parser("start", help="start an implementation until Ctrl-C, for a try")
    start.add_argument("name", metavar="NAME")
    start.set_defaults(command=_start)
    judged = commands.add_parser("judge", help="judge implementations, and compare with their adjudication")
    judged.add_argument("names", metavar="NAME", nargs="*")
    judged.add_argument("--all", action="store_true", help="judge every implementation")
    judged.add_argument("-n", type=int, default=1, metavar="N", help="judge N at the same time (default: 1)")
    judged.add_argument(
        "--run-option",
        action="append",
        default=[],
        metavar="OPTION",
        help="further option of `registry-conformance run`, such as --run-option=--seed=7; repeatable",
    )
    judged.add_argument(
        "--apt", action="store_true", help="install missing packages of Debian first; takes root"
    )
    judged.set_defaults(command=_judge)
    loaded = commands.add_parser(
        "load", help="put implementations under load, and show their figures in a table"
    )
    loaded.add_argument("names", metavar="NAME", nargs="+")
    loaded.add_argument(
        "--load-option",
        action="append",
        default=[],
        metavar="OPTION",
        help="option of `registry-conformance load`, such as --load-option=--users=50; repeatable",
    )
    loaded.set_defaults(command=_load)
    compared = commands.add_parser(
        "compare", help="compare the results of `judge` with what is adjudicated now, and run nothing"
    )
    compared.add_argument(
        "--earlier",
        type=Path,
        metavar="RESULTS",
        help="show what was not the same in an earlier run, from its folder",
    )
    compared.set_defaults(command=_compare)
    matrix = commands.add_parser("matrix", help="write the results of `judge` as static pages")
    matrix.add_argument(
        "-o", "--output", type=Path, required=True, metavar="SITE", help="folder of the pages"
    )
    matrix.add_argument(
        "--earlier",
        type=Path,
        action="append",
        default=[],
        metavar="RESULTS",
        help="show what has changed since, from the folder of an earlier judgement; repeatable",
    )
    matrix.set_defaults(command=_matrix)
    for each in (judged, loaded):
        each.add_argument(
            "-o",
            "--output",
            type=Path,
            default=Path("implementations-results"),
            metavar="FOLDER",
            help="folder of the results (default: %(default)s)",
        )
    for each in (compared, matrix):
        each.add_argument("results", type=Path, metavar="RESULTS", help="folder that `judge -o` wrote")
    for each in (judged, compared):
        each.add_argument(
            "--update",
            action="store_true",
            help="write each baseline.toml to what was found, and compare with that",
        )
    for each in (judged, compared, matrix):
        each.add_argument(
            "--embargo", type=Path, metavar="FILE", help="adjudicated rows that are not in the repository"
        )
    for each in (start, judged, loaded):
        each.add_argument(
            "--cache",
            type=Path,
            default=CACHE,
            metavar="DIR",
            help="folder for virtual environments (default: %(default)s)",
        )
    return parser


def _list(_: argparse.Namespace) -> int:
    table = Table("name", "version", "licence", "profile", "adjudicated", "needs", "about", box=None)
    for each in implementations().values():
        missing = missing_programs(each)
        table.add_row(
            each.name,
            each.version or "-",
            each.declared.licence,
            each.declared.target.get("profile", "-"),
            str(len(read_adjudication(each.folder / FILE))),
            f"apt-get install {' '.join(each.declared.needs.apt)}" if missing else "",
            each.declared.about,
        )
    _console().print(table)
    return ExitCode.CONFORMS


def _start(arguments: argparse.Namespace) -> int:
    with started(implementation(arguments.name), arguments.cache) as (running, _):
        print(f"{arguments.name} answers. Its registry.toml:\n")
        print(tomli_w.dumps(running.table))
        if running.note:
            print(running.note)
        print("Stop it with Ctrl-C.", flush=True)
        while True:
            signal.pause()


def _judge(arguments: argparse.Namespace) -> int:
    chosen = _chosen(arguments)
    if arguments.apt:
        install_missing(chosen)
    arguments.output.mkdir(parents=True, exist_ok=True)
    stopped = Event()
    assignments = [
        Assignment(
            implementation=each,
            cache=arguments.cache,
            output=arguments.output,
            options=arguments.run_option,
            embargo=arguments.embargo,
            update=arguments.update,
            stopped=stopped,
        )
        for each in chosen
    ]
    judged = []
    with ThreadPoolExecutor(max_workers=max(1, arguments.n)) as pool:
        try:
            for each in pool.map(judge, assignments):
                judged.append(each)
                print(f"{each.name} took {each.seconds:.0f} s.", flush=True)
        finally:
            stopped.set()  # after an interruption others still run, and the pool waits for them
    summary = json.dumps([asdict(each) for each in judged], indent=1)
    (arguments.output / "summary.json").write_text(summary + "\n", encoding="utf-8")
    return _reported(judged)


def _load(arguments: argparse.Namespace) -> int:
    """Put one after the other under load: two at once would be the load of each other."""
    from implementations.loading import load, table_of

    arguments.output.mkdir(parents=True, exist_ok=True)
    loaded = []
    for name in arguments.names:
        assignment = Assignment(
            implementation=implementation(name),
            cache=arguments.cache,
            output=arguments.output,
            options=arguments.load_option,
        )
        loaded.append(load(assignment))
        print(f"{name}: {loaded[-1].problem or 'done'}", flush=True)
    _console().print(table_of(loaded))
    return ExitCode.CONFORMS if all(each.result for each in loaded) else ExitCode.HARNESS_ERROR


def _compare(arguments: argparse.Namespace) -> int:
    judged = [
        judged_before(
            Assignment(
                implementation=each,
                cache=CACHE,
                output=arguments.results,
                embargo=arguments.embargo,
                update=arguments.update,
            )
        )
        for each in implementations().values()
        if (arguments.results / each.name / RESULT).exists()
    ]
    if arguments.earlier:
        for each in judged:
            _print_differences(each.name, arguments.earlier, arguments.results)
    return _reported(judged)


def _print_differences(name: str, *folders: Path) -> None:
    paths = [folder / name / RESULT for folder in folders]
    if all(path.exists() for path in paths):
        first, second = (read_result(path).results for path in paths)
        for requirement, words in differences(first, second).items():
            print(f"{name}: {requirement}: {words}")


def _reported(judged: Sequence[Judged]) -> int:
    """Print what each judgement found, and a table of all of them; return the exit code."""
    for each in judged:
        print(f"{each.name}: {each.problem or _in_words(each)}", flush=True)
    _console().print(_table(judged))
    return ExitCode.CONFORMS if all(each.is_good for each in judged) else ExitCode.DEVIATES


def _matrix(arguments: argparse.Namespace) -> int:
    from implementations.site import read_registries, write_site

    registries = read_registries(arguments.results, earlier=arguments.earlier, embargo=arguments.embargo)
    overview, *others = write_site(registries, arguments.output)
    print(f"{overview} and {len(others)} other files show {len(registries)} registries.")
    return ExitCode.CONFORMS


def _chosen(arguments: argparse.Namespace) -> list[Implementation]:
    if bool(arguments.names) == arguments.all:
        raise UserError("which implementations?", "Name some, or all of them with --all.")
    return (
        list(implementations().values())
        if arguments.all
        else [implementation(name) for name in arguments.names]
    )


def _in_words(judged: Judged) -> str:
    found = judged.comparison
    parts = [
        ("not adjudicated", found.new),
        ("another failure than in the baseline", found.changed),
        ("adjudicated, and no longer there", found.gone),
        ("adjudicated as wrong", found.wrong),
        ("errors", [name for name, verdict in judged.verdicts.items() if verdict == "error"]),
    ]
    sentences = [f"{title}: {', '.join(names)}" for title, names in parts if names]
    if judged.exit_code not in {0, 1}:
        sentences.append(f"the run ended with {judged.exit_code}")
    sentences += [f"{judged.processes_left} process groups left"] if judged.processes_left else []
    return "; ".join(sentences) or "as adjudicated"


def _table(judged: Sequence[Judged]) -> Table:
    table = Table(*COLUMNS, box=None)
    for each in judged:
        if each.problem:
            table.add_row(each.name, each.version or "-", "not judged")
            continue
        found = each.comparison
        figures = [
            each.count("passed", "failed", "warned", "noted"),
            *(each.count(verdict) for verdict in ("failed", "warned", "noted", "untestable", "error")),
            *(found.findings.get(finding, 0) for finding in (Finding.RIGHT, Finding.REPEAT, Finding.WRONG)),
            *map(len, (found.new, found.changed, found.gone)),
            each.files_left,
            round(each.seconds),
        ]
        table.add_row(each.name, each.version or "-", *map(str, figures))
    return table


def _console() -> Console:
    return Console(
        file=sys.stdout, width=None if sys.stdout.isatty() else 200, no_color="NO_COLOR" in os.environ
    )
