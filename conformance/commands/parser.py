"""The parser of command lines. It reports a wrong one like any other mistake of a user."""

from __future__ import annotations

import argparse
import re
from typing import TYPE_CHECKING, NoReturn

from conformance.commands.output import print_error
from conformance.errors import ExitCode, UserError

if TYPE_CHECKING:
    from collections.abc import Sequence

_UNKNOWN = re.compile(r"argument COMMAND: invalid choice: '(.*?)' \(choose from (.*)\)")

UNKNOWN_ARGUMENTS = "unrecognized arguments: "
"""How argparse begins to say that."""

MOST_IN_USAGE = 6
"""Options that a usage lists one by one."""


class CommandParser(argparse.ArgumentParser):
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
            self.error(f"{UNKNOWN_ARGUMENTS}{' '.join(unknown)}")
        return parsed, unknown

    def shorten_usage(self) -> None:
        """Leave the options out of the usage where they are many: the help lists them below, in groups."""
        if len(self._get_optional_actions()) > MOST_IN_USAGE:
            formatter = self._get_formatter()
            formatter.add_usage(None, self._get_positional_actions(), [], "")
            arguments = formatter.format_help().strip().removeprefix(self.prog)
            self.usage = f"%(prog)s [OPTION]...{arguments}"

    def error(self, message: str) -> NoReturn:
        """Print the error, and exit with 2."""
        hint = f"See `{self.prog} --help`."
        if unknown := _UNKNOWN.fullmatch(message):
            name, known = unknown[1], re.findall(r"[\w-]+", unknown[2])
            message, hint = f"there is no command {name!r}", f"{_suggestion(name, known)}{hint}"
        if message.startswith(UNKNOWN_ARGUMENTS):
            option = message.removeprefix(UNKNOWN_ARGUMENTS).partition(" ")[0].partition("=")[0]
            hint = f"{_suggestion(option, [*self._option_string_actions.keys() - {option}])}{hint}"
        print_error(UserError(message, hint))
        self.exit(int(ExitCode.USAGE))


def _suggestion(name: str, known: list[str]) -> str:
    """Return a sentence about the names that are near to a wrong one; an empty text where there is none."""
    from difflib import get_close_matches

    near = get_close_matches(name, known, n=3)
    return f"Did you mean {' or '.join(near)}? " if near else ""
