"""An unexpected exception in a command: one line for the user, the traceback in a file of theirs."""

from __future__ import annotations

import os
import re
import sys
import tempfile
import tomllib
import traceback
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.errors import ExitCode, UserError
from conformance.verdicts.declaration import PREFIX

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Mapping

DEBUG = f"{PREFIX}DEBUG"

_VARIABLE = re.compile(rf"{PREFIX}((?:CREDENTIAL_[A-Z0-9_]+_)?)(?:USERNAME|PASSWORD)")


def is_debugging(arguments: argparse.Namespace, environ: Mapping[str, str] = os.environ) -> bool:
    """Return whether tracebacks go to standard error."""
    return arguments.debug or environ.get(DEBUG, "") not in {"", "0"}


def reported(error: Exception, arguments: argparse.Namespace) -> UserError:
    """Write the traceback of a crash without its secrets, and return an error that says where it is."""
    from conformance.wire.redaction import Redactor

    trace = trace_of(error, Redactor(_secrets(arguments, os.environ)))
    last = trace.rstrip().rpartition("\n")[2]
    if is_debugging(arguments):
        sys.stderr.write(trace)
        return UserError(f"internal error: {last}", exit_code=ExitCode.HARNESS_ERROR)
    with tempfile.NamedTemporaryFile(  # readable by its owner only
        "w", prefix="registry-conformance-", suffix=".txt", delete=False, encoding="utf-8"
    ) as file:
        file.write(trace)
    return UserError(
        f"internal error: {last}; the traceback is in {file.name}", exit_code=ExitCode.HARNESS_ERROR
    )


def trace_of(error: Exception, redact: Callable[[str], str]) -> str:
    """Return the traceback of an error without the secrets that `redact` knows."""
    from conformance.wire.credential_patterns import without_secrets

    return without_secrets("".join(traceback.format_exception(error)), redact)


def _secrets(arguments: argparse.Namespace, environ: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the pairs of user name and password that the command was given; without a password, the user name."""
    given = [(str(getattr(arguments, "username", "")), str(getattr(arguments, "password", "")))]
    found = (_VARIABLE.fullmatch(name) for name in environ)
    stems = {f"{PREFIX}{match[1]}" for match in found if match}
    given += [(environ.get(f"{stem}USERNAME", ""), environ.get(f"{stem}PASSWORD", "")) for stem in stems]
    if config := getattr(arguments, "config", None) or environ.get(f"{PREFIX}CONFIG"):
        with suppress(Exception):  # the crash may be about this file
            given += _in_file(Path(config), environ)
    return given


def _in_file(path: Path, environ: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the pairs of a registry.toml, valid or not."""
    tables = tomllib.loads(path.read_text(encoding="utf-8"))["credentials"].values()
    pairs = []
    for each in tables:
        username = str(each.get("username", ""))
        password = str(each.get("password", "")) or environ.get(str(each.get("password-env", "")), "")
        pairs += [(username, password), *([(username, "")] if each.get("username-is-secret") else [])]
    return pairs
