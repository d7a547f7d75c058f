"""`reference-server faults`: lists what the server can do wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

SUMMARY = "list the faults"


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("words", metavar="WORD", nargs="*", help="list only faults that mention every WORD")
    parser.add_argument(
        "--format", choices=("text", "json"), default="text", help="output format (default: text)"
    )


def run(options: argparse.Namespace) -> int:
    """Print the faults."""
    from reference_server.commands import fault_list

    listed = fault_list.as_json if options.format == "json" else fault_list.as_text
    print(listed(options.words))
    return 0
