"""`registry-conformance run`: judges a registry."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING

from conformance.commands.arguments import add_options, options_of, target_of
from conformance.commands.output import print_error
from conformance.commands.report import add_report_option, write_reports
from conformance.errors import ExitCode, UserError
from conformance.verdicts.declaration import Group

if TYPE_CHECKING:
    import argparse
    from contextlib import AbstractContextManager

    from conformance.target import Target
    from conformance.verdicts.options import RunOptions

SUMMARY = "judge a registry; without a URL, the embedded reference server"


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    groups = add_options(parser, "run")
    groups[Group.RUN].add_argument(
        "--plan", action="store_true", help="show what would be published, and publish nothing"
    )
    add_report_option(groups[Group.REPORTS])


def run(arguments: argparse.Namespace) -> int:
    """Judge the registry, print the report, and write the others that were asked for."""
    from conformance.report.terminal import print_report
    from conformance.run.checks_run import run_checks
    from conformance.run.selection import Selection

    target = target_of(arguments)
    options = options_of(arguments)
    _check_projects(target, options)
    if arguments.plan:
        return _print_plan(target, arguments, options)
    given = vars(arguments)
    chosen = {name: given[name] for name in ("keyword", "exit_first", "processes") if name in given}
    with ExitStack() as stack:
        target = target or stack.enter_context(_embedded(arguments))
        result = run_checks(
            target, options, Selection(**chosen), json_path=given.get("json"), progress=sys.stdout
        )
    print_report(result, sys.stdout)
    try:
        write_reports(result, arguments.reports)
    except UserError as error:
        print_error(error)
        return result.exit_code or error.exit_code
    return result.exit_code


def _embedded(arguments: argparse.Namespace) -> AbstractContextManager[Target]:
    from conformance.target.configuration import embedded_profile
    from conformance.target.embedded import embedded_target  # a server takes time to import

    return embedded_target(embedded_profile(getattr(arguments, "profile", None)))


def _check_projects(target: Target | None, options: RunOptions) -> None:
    if options.projects and not (options.read_only or (target and target.profile.read_only)):
        raise UserError("--project needs --read-only", "Other runs judge the projects that they publish.")


def _print_plan(target: Target | None, arguments: argparse.Namespace, options: RunOptions) -> int:
    from conformance.catalogue import catalogue
    from conformance.corpus import planned
    from conformance.profiles import profile
    from conformance.target.configuration import embedded_profile
    from conformance.verdicts.counting import counted

    kind = target.profile if target else profile(embedded_profile(getattr(arguments, "profile", None)))
    checks = [row for row in catalogue().for_profile(kind) if not row.untested]
    most = counted(options.max_requests, "request")
    print(f"target    {target.url if target else 'the embedded reference server'}")
    if target:
        print(f"layout    {target.layout.name}")
        print(f"uploads   {target.upload_url if target.has_uploads else 'no address'}")
        print(f"index     {target.index_url}")
    number = counted(len(checks), "check")
    if keyword := getattr(arguments, "keyword", None):
        from conformance.run.checks_run import selected
        from conformance.run.selection import Selection

        number = f"{len(selected(kind, Selection(keyword=keyword)))} of {number} selected"
    print(f"profile   {kind.name}: {number}, at most {most}")
    if options.read_only or (target and target.profile.read_only):
        print("publishes nothing")
        return ExitCode.CONFORMS
    print("publishes, under names that contain the id of the run (here xxxxxxxx):")
    for distribution in planned("xxxxxxxx").values():
        print(f"  {distribution.filename}  {len(distribution.content)} bytes")
    print("and, for checks of uploads, projects named conformance-xxxxxxxx-<number>-<purpose>.")
    return ExitCode.CONFORMS
