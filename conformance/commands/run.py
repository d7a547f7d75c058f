"""`registry-conformance run`: judges a registry."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING

from conformance.commands.arguments import add_options, options_of
from conformance.commands.output import PROGRAM, print_error
from conformance.commands.report import add_report_option, add_since, write_reports
from conformance.errors import ExitCode, UserError
from conformance.verdicts import Verdict
from conformance.verdicts.declaration import Group

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from conformance.report.result import RunResult
    from conformance.target import Target
    from conformance.verdicts.options import RunOptions

SUMMARY = "judge a registry; without a URL, the embedded reference server"

EPILOG = f"""examples:
  {PROGRAM} run -n auto
  {PROGRAM} run https://registry.example.com/simple/ --profile index --read-only
  {PROGRAM} run --config registry.toml -k "upload or name" --report html=report.html
"""


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    groups = add_options(parser, "run")
    groups[Group.RUN].add_argument(
        "--plan", action="store_true", help="show what would be published, and publish nothing"
    )
    add_report_option(groups[Group.REPORTS])
    add_since(groups[Group.REPORTS])
    groups[Group.REPORTS].add_argument(
        "-v",
        "--verbose",
        action="store_true",
        help="print every finding in full, and why requirements do not apply or are untestable",
    )


def run(arguments: argparse.Namespace) -> int:
    """Judge the registry, print the report, and write the others that were asked for."""
    from conformance.report.result_file import read_earlier
    from conformance.report.terminal import print_report
    from conformance.run.outlook import outlook
    from conformance.target.configuration import configured_or_embedded

    given = vars(arguments)
    earlier = read_earlier(arguments.since) if arguments.since else None
    with configured_or_embedded(given) as target:
        options = options_of(arguments).under(target.profile)
        if options.projects and not options.read_only:
            raise UserError("--project needs --read-only", "Other runs judge the projects that they publish.")
        _require_clients(options)
        if arguments.plan:
            return _print_plan(target, options, given.get("keyword"))
        end = outlook(target, options)
        if not (end.removes or options.keep):
            print(f"This run {end.clean_up}.")
        result = _judged(target, options, arguments)
    if earlier:
        result = _compared(result, earlier, given.get("json"))
    unwritten = _unwritten(result, arguments)
    print_report(result, sys.stdout, verbose=arguments.verbose, next_steps=_next_steps(result, arguments))
    if unwritten:
        print_error(unwritten)
        return result.exit_code or unwritten.exit_code
    return result.exit_code


def _require_clients(options: RunOptions) -> None:
    """Refuse clients without a driver, and any in a run that publishes nothing or has a baseline."""
    if not options.clients:
        return
    from conformance.clients.prepared import client_specs

    client_specs(options.clients)
    if options.read_only:
        raise UserError("--clients needs a run that publishes", "Leave --read-only out.")
    if options.baseline.path:
        raise UserError(
            "--clients and --baseline cannot be used in one run: a baseline lists requirements, and no scenarios",
            "Try the clients in a run of their own, without --baseline.",
        )


def _unwritten(result: RunResult, arguments: argparse.Namespace) -> UserError | None:
    """Write the reports; return the reason where one cannot be written."""
    try:
        write_reports(result, arguments.reports)
    except UserError as error:
        return error
    return None


def _judged(target: Target, options: RunOptions, arguments: argparse.Namespace) -> RunResult:
    """Judge a target. Raises CannotJudge, once the reports say so."""
    from conformance.run.checks_run import run_checks
    from conformance.run.run import CannotJudge
    from conformance.run.selection import Selection

    given = vars(arguments)
    chosen = {name: given[name] for name in ("keyword", "exit_first", "processes") if name in given}
    try:
        return run_checks(
            target, options, Selection(**chosen), json_path=given.get("json"), progress=sys.stdout
        )
    except CannotJudge as reason:
        if reason.result:
            write_reports(reason.result, arguments.reports)
        raise


def _compared(result: RunResult, earlier: RunResult, path: Path | None) -> RunResult:
    """Return a result that says what changed, and write it again where it is kept."""
    from conformance.report.changes import with_changes
    from conformance.report.lost_features import held_to_earlier
    from conformance.report.result_file import write_result

    compared = with_changes(held_to_earlier(result, earlier), earlier)
    if path:
        write_result(path, compared)
    return compared


def _next_steps(result: RunResult, arguments: argparse.Namespace) -> dict[str, str]:
    """Return what to do about the findings of a run, each with its use; nothing where there are none."""
    causes = result.causes()
    if not causes:
        return {}
    given = vars(arguments)
    listed = given.get("baseline")
    kept, baseline = (
        shlex.quote(str(path)) if path else "" for path in (given.get("json"), listed and listed.path)
    )
    unlisted = [each for each in causes if each.signature and each.verdict is not Verdict.KNOWN]
    deviating = next((each.id for each in unlisted), "")
    scripted = next((each.id for each in unlisted if each.exchanges), "")
    pages = [path for name, path in arguments.reports if name == "html"]
    steps = {f"{PROGRAM} explain {deviating}": "what it asks for"} if deviating else {}
    if kept and baseline and any(each.verdict is Verdict.STALE and each.passed for each in causes):
        steps[f"{PROGRAM} baseline prune {baseline} {kept}"] = "removes the rows that pass"
    if kept and scripted:
        steps[f"{PROGRAM} script {kept} {scripted}"] = "a script that reproduces it"
    if pages or kept:
        page = f"open {pages[0]}" if pages else f"{PROGRAM} report {kept} -o report.html"
        steps[page] = "everything, with every exchange"
    elif not arguments.verbose:
        steps["run with --verbose, or --json result.json"] = "everything here, or as reports and scripts"
    return steps


def _print_plan(target: Target, options: RunOptions, keyword: str | None) -> int:
    from conformance.catalogue import catalogue
    from conformance.corpus import planned
    from conformance.run.checks_run import selected
    from conformance.run.outlook import outlook
    from conformance.run.selection import Selection
    from conformance.verdicts.counting import counted

    kind = target.profile
    if target.embedded:
        print("target    the embedded reference server")
    else:
        print(f"target    {target.url}")
        print(f"layout    {target.layout.name}")
        print(f"uploads   {target.upload_url if target.has_uploads else 'no address'}")
        print(f"index     {target.index_url}")
    end = outlook(target, options)
    print(f"driver    {end.drivers}")
    number = counted(len(catalogue().judged_in(kind)), "check")
    if keyword:
        number = f"{len(selected(kind, Selection(keyword=keyword)))} of {number} selected"
    print(f"profile   {kind.name}: {number}, at most {counted(options.max_requests, 'request')}")
    if options.read_only:
        print("publishes nothing")
        return ExitCode.CONFORMS
    print("publishes, under names that contain the id of the run (here xxxxxxxx):")
    for distribution in planned("xxxxxxxx").values():
        print(f"  {distribution.filename}  {len(distribution.content)} bytes")
    print("and, for checks of uploads, projects named conformance-xxxxxxxx-<number>-<purpose>.")
    _print_clients(options)
    print(f"The run {end.clean_up}.")
    return ExitCode.CONFORMS


def _print_clients(options: RunOptions) -> None:
    """Print what the clients of a run publish, and which of them have to be prepared before."""
    if not options.clients:
        return
    from conformance.clients.prepared import EnvironmentFolder, client_specs

    environments = EnvironmentFolder.default()
    print("and, for clients, projects named conformance-xxxxxxxx-clients-<number>-<purpose>:")
    for spec in client_specs(options.clients):
        found = environments.find(spec)
        state = (
            f"version {found.version}"
            if found
            else "not prepared: it is installed from a package index first"
        )
        print(f"  {spec}  {state}")
    print("What fails for a client is tried again with a reference server on this machine.")
