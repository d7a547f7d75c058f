"""`registry-conformance baseline`: keeps the file of known failures."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.commands.arguments import add_result
from conformance.errors import ExitCode, UserError
from conformance.verdicts import Reason

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from conformance.verdicts.baseline import Baseline

SUMMARY = "maintain the file of known failures"


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    kinds = parser.add_subparsers(required=True, metavar="COMMAND", title="commands")
    write = kinds.add_parser(
        "write", help="add every failure; existing entries keep reason, owner, issue and expiry"
    )
    add_result(write)
    write.add_argument(
        "-o", "--output", metavar="FILE", type=Path, required=True, help="baseline to write or update"
    )
    write.add_argument(
        "--reason",
        choices=[*map(str, Reason)],
        default="target-bug",
        help="reason of new entries (default: target-bug)",
    )
    write.add_argument("--owner", metavar="NAME", default="", help="owner of new entries (default: none)")
    write.add_argument(
        "--issue", metavar="URL", default="", help="URL of the issue about new entries (default: none)"
    )
    write.add_argument(
        "--expires",
        metavar="YYYY-MM-DD",
        type=date.fromisoformat,
        help="last day of new entries (default: no expiry)",
    )
    prune = kinds.add_parser("prune", help="remove the entries of requirements that pass")
    prune.add_argument("baseline", metavar="FILE", type=Path, help="baseline to update")
    add_result(prune)
    prune.add_argument(
        "--gone",
        action="store_true",
        help="also remove the entries of requirements that need a feature which the registry does not offer any more: "
        "make sure that the run was not throttled (default: keep them)",
    )
    show = kinds.add_parser("show", help="print the entries")
    show.add_argument("baseline", metavar="FILE", type=Path, help="baseline to print")
    for kind, command in ((write, _write), (prune, _prune), (show, _show)):
        kind.set_defaults(of_baseline=command)


def run(arguments: argparse.Namespace) -> int:
    """Carry out `write`, `prune` or `show`."""
    return int(arguments.of_baseline(arguments))


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UserError(f"cannot write {path}: {error.strerror}") from error


def _write(arguments: argparse.Namespace) -> int:
    from conformance.report.result_file import read_finished
    from conformance.verdicts.baseline import EMPTY, Known, known_baseline, updated, write_baseline

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
    with _writing(arguments.output):
        write_baseline(arguments.output, after)
    _print_changes(arguments.output, before, after)
    today = date.today()
    if expired := sorted(key for key, row in after.rows.items() if row.expired(today)):
        print(f"Expired, and red until you extend them: {', '.join(expired)}")
    return ExitCode.CONFORMS


def _prune(arguments: argparse.Namespace) -> int:
    from conformance.report.lost_features import of_absent_features
    from conformance.report.result_file import read_finished
    from conformance.verdicts.baseline import known_baseline, pruned, write_baseline

    before = known_baseline(arguments.baseline)
    result = read_finished(arguments.result)
    absent = of_absent_features(result.results, read_only=result.summary.read_only)
    gone = {name: feature for feature, ids in absent.items() for name in ids}
    after = pruned(before, result.results, gone=gone if arguments.gone else ())
    if after.rows != before.rows:
        with _writing(arguments.baseline):
            write_baseline(arguments.baseline, after)
    for name in sorted(after.rows.keys() & gone.keys()):
        print(f"kept     {name}: the registry does not offer {gone[name]} (--gone removes it)")
    _print_changes(arguments.baseline, before, after)
    return ExitCode.CONFORMS


def _print_changes(path: Path, before: Baseline, after: Baseline) -> None:
    from conformance.verdicts.counting import counted

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
    from conformance.verdicts.counting import counted

    today = date.today()
    rows = known_baseline(arguments.baseline).rows
    for name, row in sorted(rows.items()):
        print(f"{name:<48} {catalogue()[name].level:<6} {row}{', EXPIRED' if row.expired(today) else ''}")
    expired = sum(row.expired(today) for row in rows.values())
    print(f"{counted(len(rows), 'known failure')}, {expired} of them expired")
    return ExitCode.CONFORMS
