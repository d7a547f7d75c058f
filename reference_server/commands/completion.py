"""`reference-server completion`: the script that lets a shell complete command lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

SUMMARY = "print the script that completes commands in a shell"


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument(
        "shell",
        choices=("bash", "zsh", "fish"),
        metavar="SHELL",
        help='the shell: %(choices)s; with bash or zsh, run: eval "$(reference-server completion bash)", '
        "with fish: reference-server completion fish | source",
    )


def run(options: argparse.Namespace) -> int:
    """Print the script."""
    from argcomplete.shell_integration import shellcode

    print(shellcode(["reference-server"], shell=options.shell))
    return 0
