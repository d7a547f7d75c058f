"""The commands around a gate: `baseline`, `upgrade`, `replay` and `doctor`."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.verdicts import ExitCode
from conformance.verdicts.counting import counted

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from conformance.report.result import RunResult
    from conformance.target import Target
    from conformance.verdicts.baseline import Baseline
    from conformance.verdicts.options import RunOptions

REASONS = ("spec-gap", "target-bug", "reference-divergence", "environment")


@dataclass(frozen=True, kw_only=True)
class Front:
    """What every command of the front does in the same way.

    `add_target` adds the arguments that name a target; `target` and `options` are made from them;
    `count` reads a number above zero; `say` prints a mistake and returns its exit code.
    """

    add_target: Callable[[argparse.ArgumentParser], None]
    target: Callable[[argparse.Namespace], Target | None]
    options: Callable[[argparse.Namespace], RunOptions]
    count: Callable[[str], float]
    say: Callable[[str, int], int]


def add_gate_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser], front: Front) -> None:
    """Add the commands to those of `registry-conformance`."""
    _add_baseline(commands, front)
    upgrade = commands.add_parser("upgrade", help="tell what a newer set of requirements would change")
    upgrade.add_argument(
        "--set", metavar="OLD", dest="requirement_set", required=True, help="such as 2026.11"
    )
    _add_result(upgrade)
    upgrade.set_defaults(command=lambda arguments: _upgrade(arguments, front))
    replay = commands.add_parser("replay", help="run again what had failed")
    _add_result(replay)
    front.add_target(replay)
    replay.add_argument("--examples", metavar="N", type=front.count, help="per property (as many as then)")
    replay.add_argument("--rounds", metavar="N", type=front.count, help="of each race (as many as then)")
    replay.set_defaults(command=lambda arguments: _replay(arguments, front))
    doctor = commands.add_parser(
        "doctor", help="look for mistakes in how a registry is given; publish nothing"
    )
    front.add_target(doctor)
    doctor.add_argument("--read-only", action="store_true", help="the run is to publish nothing")
    doctor.set_defaults(command=lambda arguments: _doctor(arguments, front))


def _add_result(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("result", metavar="RESULT.json", type=Path, help="written by `run --json`")


def _add_baseline(commands: argparse._SubParsersAction[argparse.ArgumentParser], front: Front) -> None:
    baseline = commands.add_parser("baseline", help="keep the list of known failures")
    kinds = baseline.add_subparsers(required=True, metavar="COMMAND")
    write = kinds.add_parser(
        "write", help="list everything that failed; rows that are there keep their words"
    )
    _add_result(write)
    write.add_argument("-o", "--output", metavar="FILE", type=Path, required=True, help="the baseline")
    write.add_argument("--reason", choices=REASONS, default="target-bug", help="of new rows (target-bug)")
    write.add_argument("--owner", metavar="NAME", default="", help="of new rows")
    write.add_argument("--issue", metavar="URL", default="", help="of new rows")
    write.add_argument("--expires", metavar="YYYY-MM-DD", type=date.fromisoformat, help="of new rows")
    prune = kinds.add_parser("prune", help="remove the rows of what passes")
    prune.add_argument("baseline", metavar="FILE", type=Path)
    _add_result(prune)
    show = kinds.add_parser("show", help="print the rows")
    show.add_argument("baseline", metavar="FILE", type=Path)
    for parser, command in ((write, _write), (prune, _prune), (show, _show)):
        parser.set_defaults(command=_refusing(command, front))


def _refusing(
    command: Callable[[argparse.Namespace], int], front: Front
) -> Callable[[argparse.Namespace], int]:
    """Return a command that says what is wrong with a file in one line."""

    def run(arguments: argparse.Namespace) -> int:
        from conformance.report.result_file import BadResult
        from conformance.verdicts.baseline import BadBaseline

        try:
            return command(arguments)
        except (BadBaseline, BadResult) as error:
            return front.say(str(error), ExitCode.USAGE)
        except OSError as error:
            return front.say(f"cannot write {error.filename}: {error.strerror}", ExitCode.USAGE)

    return run


def _write(arguments: argparse.Namespace) -> int:
    from conformance.report.result_file import read_finished
    from conformance.verdicts.baseline import EMPTY, Known, Reason, known_baseline, updated, write_baseline

    result = read_finished(arguments.result)
    before = known_baseline(arguments.output) if arguments.output.exists() else EMPTY
    new = Known(
        id="",
        reason=Reason(arguments.reason),
        signature="",
        issue=arguments.issue,
        owner=arguments.owner,
        expires=arguments.expires,
    )
    after = updated(before, result.results, new=new)
    write_baseline(arguments.output, after)
    _tell_change(arguments.output, before, after)
    today = date.today()
    if expired := sorted(key for key, row in after.rows.items() if row.expired(today)):
        print(f"Expired, and still red until they get a new date: {', '.join(expired)}")
    return ExitCode.CONFORMS


def _prune(arguments: argparse.Namespace) -> int:
    from conformance.report.result_file import read_finished
    from conformance.verdicts.baseline import known_baseline, pruned, write_baseline

    before = known_baseline(arguments.baseline)
    after = pruned(before, read_finished(arguments.result).results)
    if after.rows != before.rows:
        write_baseline(arguments.baseline, after)
    _tell_change(arguments.baseline, before, after)
    return ExitCode.CONFORMS


def _tell_change(path: Path, before: Baseline, after: Baseline) -> None:
    for name in sorted(after.rows.keys() - before.rows.keys()):
        print(f"new      {name}")
    for name in sorted(before.rows.keys() - after.rows.keys()):
        print(f"removed  {name}")
    for name in sorted(after.rows.keys() & before.rows.keys()):
        if after.rows[name].signature != before.rows[name].signature:
            print(f"changed  {name}")
    print(f"{path} lists {counted(len(after.rows), 'known failure')}.")


def _show(arguments: argparse.Namespace) -> int:
    from conformance.catalogue import catalogue
    from conformance.verdicts.baseline import known_baseline

    today = date.today()
    rows = known_baseline(arguments.baseline).rows
    for name, row in sorted(rows.items()):
        print(f"{name:<48} {catalogue()[name].level:<6} {row}{', EXPIRED' if row.expired(today) else ''}")
    expired = sum(row.expired(today) for row in rows.values())
    print(f"{counted(len(rows), 'known failure')}, {expired} of them expired")
    return ExitCode.CONFORMS


def _upgrade(arguments: argparse.Namespace, front: Front) -> int:
    from conformance.catalogue import catalogue
    from conformance.report.result_file import BadResult, read_finished
    from conformance.verdicts.sets import UnknownSet, print_upgrade, upgrade

    try:
        result = read_finished(arguments.result)
        found = upgrade(
            result.verdict_by_id, catalogue(), old=arguments.requirement_set, profile=result.target.profile
        )
    except (BadResult, UnknownSet) as error:
        return front.say(str(error), ExitCode.USAGE)
    print_upgrade(found, sys.stdout)
    return ExitCode.CONFORMS


def _replay(arguments: argparse.Namespace, front: Front) -> int:
    from conformance.report.result_file import BadResult, read_finished
    from conformance.run.replay import failed_checks, print_replay, replay
    from conformance.run.run import CannotJudge
    from conformance.target import BadTarget
    from conformance.target.embedded import embedded_target

    try:
        earlier = read_finished(arguments.result)
    except BadResult as error:
        return front.say(str(error), ExitCode.USAGE)
    if not failed_checks(earlier):
        return print_replay((), sys.stdout)
    with ExitStack() as stack:
        try:
            target = _target_again(arguments, front, earlier) or stack.enter_context(
                embedded_target(earlier.target.profile)
            )
            options = _options_again(arguments, front, earlier)
            replayed = replay(earlier, target, options, progress=sys.stdout)
        except BadTarget as error:
            return front.say(str(error), ExitCode.USAGE)
        except CannotJudge as error:
            return front.say(str(error), error.exit_code)
    return print_replay(replayed, sys.stdout)


def _target_again(arguments: argparse.Namespace, front: Front, earlier: RunResult) -> Target | None:
    """Return the target that is given now, with the URL and profile of then; None for the embedded server."""
    if not earlier.target.embedded and not arguments.config:
        arguments.url = arguments.url or earlier.target.url
        arguments.profile = arguments.profile or earlier.target.profile
    return front.target(arguments)


def _options_again(arguments: argparse.Namespace, front: Front, earlier: RunResult) -> RunOptions:
    """Return the options that are given now, with the examples and rounds of then where none are given."""
    from conformance.verdicts.options import RunOptions

    arguments.examples = arguments.examples or earlier.summary.examples or RunOptions.examples
    arguments.rounds = arguments.rounds or earlier.summary.rounds or RunOptions.rounds
    return front.options(arguments)


def _doctor(arguments: argparse.Namespace, front: Front) -> int:
    from conformance.target import BadTarget
    from conformance.target.configuration import configured_target
    from conformance.target.doctor import examine, print_observations, refused_observations

    try:
        target = configured_target(
            url=arguments.url,
            profile=arguments.profile,
            username=arguments.username,
            password=arguments.password,
            config=arguments.config,
        )
    except BadTarget as error:
        return print_observations(refused_observations(str(error), arguments.url or ""), sys.stdout)
    if target is None:
        return front.say("doctor needs the URL of a registry, or --config", ExitCode.USAGE)
    return print_observations(examine(target, front.options(arguments)), sys.stdout)
