"""Where commands write: files, standard output, and errors in one form."""

from __future__ import annotations

import codecs
import sys
from io import TextIOWrapper
from typing import TYPE_CHECKING

from conformance.errors import ExitCode, UserError

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = "registry-conformance"


PLAIN = {"…": "...", "·": "-", "→": "->", "─": "-"}
"""What stands for characters of ours where an encoding lacks them."""

_ERRORS = "registry-conformance-plain"


def never_fail_to_encode() -> None:
    """Let standard output and standard error print a character that their encoding lacks in ASCII, or as an escape."""
    codecs.register_error(_ERRORS, _plainly)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors=_ERRORS)


def _plainly(error: UnicodeError) -> tuple[str | bytes, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    characters = error.object[error.start : error.end]
    if not PLAIN.keys() & {*characters}:
        return codecs.backslashreplace_errors(error)
    plain = (PLAIN.get(each) or each.encode("ascii", "backslashreplace").decode() for each in characters)
    return "".join(plain), error.end


def print_error(error: UserError) -> None:
    """Print the message of an error, and below it the next step."""
    print(f"{PROGRAM}: " + error.message.replace("\n", "\n  "), file=sys.stderr)
    if error.hint:
        print("  " + error.hint.replace("\n", "\n  "), file=sys.stderr)


def write(text: str, path: Path | None, *, exit_code: ExitCode = ExitCode.HARNESS_ERROR) -> None:
    """Write a text to a file, or to standard output. Raises UserError when that is impossible."""
    try:
        if path is None:
            sys.stdout.flush()
            sys.stdout.buffer.write(text.encode(errors="backslashreplace"))
        else:
            path.write_text(text, encoding="utf-8", errors="backslashreplace", newline="\n")
    except BrokenPipeError:  # `report … | head`
        raise
    except OSError as error:
        raise UserError(
            f"cannot write {path or 'to standard output'}: {error.strerror}", exit_code=exit_code
        ) from error
