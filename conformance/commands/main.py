"""The command `registry-conformance`: finds the command that is meant, and renders every error."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING

from conformance.commands import (
    baseline,
    ci,
    clients,
    compare,
    completion,
    doctor,
    explain,
    init,
    list_,
    load,
    matrix,
    new,
    replay,
    report,
    run,
    schema,
    script,
    sweep,
    upgrade,
)
from conformance.commands.completing import ASKED, complete
from conformance.commands.crash import DEBUG, reported
from conformance.commands.output import PROGRAM, never_fail_to_encode, print_error
from conformance.commands.parser import CommandParser
from conformance.errors import ExitCode, UserError
from conformance.errors.extras import extra_missing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

COMMANDS = {
    "judge a registry": {
        "init": init,
        "doctor": doctor,
        "run": run,
        "load": load,
        "replay": replay,
        "sweep": sweep,
        "ci": ci,
    },
    "use a result": {
        "report": report,
        "compare": compare,
        "matrix": matrix,
        "script": script,
        "baseline": baseline,
        "upgrade": upgrade,
    },
    "look things up": {
        "list": list_,
        "explain": explain,
        "schema": schema,
        "clients": clients,
        "completion": completion,
    },
    "develop the suite": {"new": new},
}
"""Every command by its name, under the headings and in the order of `--help`."""

DESCRIPTION = """Checks that a Python package registry follows the specifications, GitLab's documentation,
and what pip and twine require."""

EXIT_CODES = f"""exit codes:
  0  the registry conforms         3  the harness or the network failed
  1  the registry does not         4  the baseline is out of date
  2  the command line is wrong     5  too few requirements were judged for a verdict

`{PROGRAM} COMMAND --help` describes a command and its options.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line, and return the exit code. Lets no exception out."""
    arguments = argparse.Namespace(debug=False)
    never_fail_to_encode()
    try:
        if ASKED in os.environ:
            complete(parser())
        parser().parse_args(argv, namespace=arguments)
        return int(arguments.command(arguments))
    except UserError as error:
        print_error(error)
        return int(error.exit_code)
    except BrokenPipeError:  # `list | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return int(ExitCode.CONFORMS)
    except KeyboardInterrupt:
        print_error(UserError("interrupted"))
        return int(ExitCode.HARNESS_ERROR)
    except Exception as error:  # noqa: BLE001 - a crash is reported, with its traceback in a file
        shown = (isinstance(error, ImportError) and extra_missing(error)) or reported(error, arguments)
        print_error(shown)
        return int(shown.exit_code)


def parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    made = CommandParser(
        prog=PROGRAM,
        usage=f"{PROGRAM} [-h] [--version] [--debug] COMMAND …",
        description=DESCRIPTION,
        epilog=f"{_listed()}\n\n{EXIT_CODES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("--version", action=_ShowVersion, nargs=0, help="show the version and exit")
    made.add_argument(
        "--debug", action="store_true", help=f"print the traceback of a crash, as with {DEBUG}=1"
    )
    made.set_defaults(main=main)  # `ci` carries out other commands
    subparsers = made.add_subparsers(prog=PROGRAM, required=True, metavar="COMMAND", help=argparse.SUPPRESS)
    for group in COMMANDS.values():
        for name, module in group.items():
            _add(subparsers, name, module)
    return made


def _add(subparsers: argparse._SubParsersAction[CommandParser], name: str, module: ModuleType) -> None:
    made = subparsers.add_parser(
        name,
        description=f"{module.SUMMARY[0].upper()}{module.SUMMARY[1:]}.",
        epilog=getattr(module, "EPILOG", None),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.set_defaults(command=module.run)
    module.add(made)
    made.shorten_usage()


def _listed() -> str:
    """Return every command with its summary, for `--help`."""
    lines = []
    for title, group in COMMANDS.items():
        lines += ["", f"{title}:", *(f"  {name:<11} {module.SUMMARY}" for name, module in group.items())]
    return "\n".join(lines).strip()


class _ShowVersion(argparse.Action):
    """Looks the version up only when it is asked for, which takes longer than the rest of a start."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        """Print the version, and exit."""
        from importlib.metadata import version

        print(f"{parser.prog} {version('pypi-registry-conformance')}")
        parser.exit()
