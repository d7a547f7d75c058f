"""The parser of command lines. It reports a wrong one like any other mistake of a user."""

from __future__ import annotations

import argparse
import re
from typing import NoReturn

from conformance.commands.output import print_error
from conformance.errors import ExitCode, UserError

_UNKNOWN = re.compile(r"argument COMMAND: invalid choice: '(.*?)' \(choose from (.*)\)")


class CommandParser(argparse.ArgumentParser):
    """Prints the message of a wrong command line, and the command that explains it, without the usage."""

    def error(self, message: str) -> NoReturn:
        """Print the error, and exit with 2."""
        hint = f"See `{self.prog} --help`."
        if unknown := _UNKNOWN.fullmatch(message):
            name, known = unknown[1], re.findall(r"[\w-]+", unknown[2])
            message, hint = f"there is no command {name!r}", f"{_suggestion(name, known)}{hint}"
        print_error(UserError(message, hint))
        self.exit(int(ExitCode.USAGE))


def _suggestion(name: str, known: list[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, known, n=3)
    return f"Did you mean {' or '.join(near)}? " if near else ""
