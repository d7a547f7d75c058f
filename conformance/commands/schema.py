"""`registry-conformance schema`: the JSON Schema of a file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from conformance.errors import ExitCode

if TYPE_CHECKING:
    import argparse

SUMMARY = "print the JSON Schema of a file, or list the files"
FILES = {
    "registry.toml": "a registry to be judged (run --config)",
    "baseline": "its known failures (run --baseline)",
    "ledger": "one line of what a run has published (run --ledgers)",
    "result": "the result of a run (run --json)",
}
"""The files that have a schema, and where they are used."""


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument(
        "name", metavar="NAME", nargs="?", choices=FILES, help=f"{', '.join(FILES)} (default: list them)"
    )


def run(arguments: argparse.Namespace) -> int:
    """Print one schema; without a name, print the names."""
    if arguments.name is None:
        for name, use in FILES.items():
            print(f"{name:<14} {use}")
        return ExitCode.CONFORMS
    from conformance.report.schemas import schema

    print(json.dumps(schema(arguments.name), indent=2, ensure_ascii=False))
    return ExitCode.CONFORMS
