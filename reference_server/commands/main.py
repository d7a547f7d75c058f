"""The command `reference-server`: finds the command that is meant, and renders every error."""

from __future__ import annotations

import argparse
import gc
import io
import os
import re
import sys
import tempfile
import traceback
from importlib import import_module
from itertools import takewhile
from typing import TYPE_CHECKING, NoReturn

from reference_server.commands.completing import ASKED, complete
from reference_server.errors import UserError, extra_missing

if TYPE_CHECKING:
    from collections.abc import Sequence

PROGRAM = "reference-server"
DISTRIBUTION = "pypi-registry-conformance"
DEBUG = "REFERENCE_SERVER_DEBUG"
MADE_BETWEEN_COLLECTIONS = 50_000
"""Objects made before garbage is looked for. By Python's 700, a start looks ninety times, and finds none."""
COMMANDS = (
    "serve",
    "proxy",
    "record",
    "export",
    "faults",
    "token",
    "gitlab-project",
    "verify",
    "repair",
    "completion",
)
UNTIL_INTERRUPTED = ("serve", "proxy")
INTERRUPTED = 130
EPILOG = """examples:
  reference-server serve --store registry            a registry that stays
  reference-server serve --fault duplicates-replace  one with a fault
  reference-server proxy URL --log                   what clients ask another registry for

exit codes:
  0  stopped on request, listed or repaired
  1  verify found something wrong
  2  the command line is wrong, or the server cannot start
  3  an internal error
  130  interrupted before its end
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line, and return the exit code: 0 done, 2 the user's mistake, 3 a crash."""
    options = argparse.Namespace(debug=False, named="")
    arguments = sys.argv[1:] if arguments is None else arguments
    thresholds = gc.get_threshold()
    gc.set_threshold(MADE_BETWEEN_COLLECTIONS)
    _never_fail_to_encode()
    try:
        if ASKED in os.environ:
            complete(_parser())
        _parser(arguments).parse_args(arguments, namespace=options)
        return int(options.command(options))
    except UserError as error:
        return _refused(error)
    except BrokenPipeError:  # `faults | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 0 if options.named in UNTIL_INTERRUPTED else INTERRUPTED
    except Exception as error:  # noqa: BLE001 - a crash is reported, with its traceback in a file
        if known := _explained(error):
            return _refused(known)
        print(f"{PROGRAM}: internal error: {_reported(error, options)}", file=sys.stderr)
        return 3
    finally:
        gc.set_threshold(*thresholds)  # a test may call this in its own process


def _explained(error: Exception) -> UserError | None:
    """Return the user's error for a missing extra, and for a refusal by the registry such as a full disk."""
    if isinstance(error, ImportError):
        return extra_missing(error)
    from reference_server.model.errors import RegistryError

    return UserError(str(error)) if isinstance(error, RegistryError) else None


def _refused(error: UserError) -> int:
    """Print the cause and the next step. Returns the exit code."""
    print(f"{PROGRAM}: {error}", *filter(None, (error.hint,)), sep="\n  ", file=sys.stderr)
    return 2


def _never_fail_to_encode() -> None:
    """Let standard output and standard error print a character that their encoding lacks as an escape."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _parser(arguments: Sequence[str] = ()) -> argparse.ArgumentParser:
    """Return the parser of the command that is named, or of all: a start imports no other command.

    Help that is asked for before the name is that of the program, which lists all commands.
    """
    before = [*takewhile(lambda each: each.startswith("-"), arguments)]
    named = "" if any(map(_asks_for_help, before)) else "".join(arguments[len(before) : len(before) + 1])
    parser = _Parser(
        prog=PROGRAM,
        description="A local Python package registry that follows the specifications, and breaks them on request.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action=_ShowVersion, nargs=0, help="show the version and exit")
    parser.add_argument(
        "--debug", action="store_true", help=f"print the traceback of a crash, as with {DEBUG}=1"
    )
    subparsers = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for name in (named,) if named in COMMANDS else COMMANDS:
        module = import_module(f"reference_server.commands.{name.replace('-', '_')}")
        command = subparsers.add_parser(
            name,
            help=module.SUMMARY,
            description=f"{module.SUMMARY[0].upper()}{module.SUMMARY[1:]}.",
            epilog=getattr(module, "EPILOG", None),
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        command.set_defaults(command=module.run, named=name)
        module.add(command)
    return parser


def _asks_for_help(option: str) -> bool:
    """Return whether an option is `-h` or `--help`, which may be shortened."""
    return option == "-h" or (option.startswith("--h") and "--help".startswith(option))


def _reported(error: Exception, options: argparse.Namespace) -> str:
    """Write a traceback to standard error or to a file of the user's; return the last line, and where it is."""
    trace = "".join(traceback.format_exception(error))
    last = trace.rstrip().rpartition("\n")[2]
    if options.debug or os.environ.get(DEBUG, "") not in {"", "0"}:
        sys.stderr.write(trace)
        return last
    with tempfile.NamedTemporaryFile(  # readable by its owner only
        "w", prefix="reference-server-", suffix=".txt", delete=False, encoding="utf-8"
    ) as file:
        file.write(trace)
    return f"{last}; the traceback is in {file.name}"


class _Parser(argparse.ArgumentParser):
    """Prints the message of a wrong command line, and the command that explains it, without the usage."""

    _finds_words = False

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Let a list of words go on after an option, which argparse itself does not.

        A line with `--` is read as argparse reads it: the method that mixes loses that mark. A command refuses what
        it does not know in its own name, so that the error leads to its help and not to that of the program.
        """
        if self._finds_words:  # called by the method below
            return super().parse_known_args(args, namespace)
        listed = any(action.nargs == "*" for action in self._get_positional_actions())
        if listed and "--" not in (args or ()):
            self._finds_words = True
            try:
                parsed, unknown = self.parse_known_intermixed_args(args, namespace)
            finally:
                self._finds_words = False
        else:
            parsed, unknown = super().parse_known_args(args, namespace)
        if unknown and self._subparsers is None:
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        return parsed, unknown

    def error(self, message: str) -> NoReturn:
        """Print the error, and exit with 2."""
        if unknown := re.match(r"argument COMMAND: invalid choice: ('.*?') ", message):
            message = f"there is no command {unknown[1]}; choose {', '.join(COMMANDS)}"
        self.exit(2, f"{PROGRAM}: {message}\n  See `{self.prog} --help`.\n")


class _ShowVersion(argparse.Action):
    """Looks the version up only when it is asked for, which takes as long as the rest of a start."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        """Print the version, and exit."""
        print(f"{parser.prog} {_version()}")
        parser.exit()


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(DISTRIBUTION)
    except PackageNotFoundError:
        return "(not installed)"
