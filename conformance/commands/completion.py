"""`registry-conformance completion`: the script that lets a shell complete command lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.commands.output import PROGRAM
from conformance.errors import ExitCode

if TYPE_CHECKING:
    import argparse

SUMMARY = "print the script that completes commands in a shell"

EPILOG = f"""in ~/.bashrc or ~/.zshrc:
  eval "$({PROGRAM} completion bash)"      # or zsh
in ~/.config/fish/config.fish:
  {PROGRAM} completion fish | source
"""


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument(
        "shell", choices=("bash", "zsh", "fish"), help="the shell: %(choices)s", metavar="SHELL"
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the script."""
    from argcomplete.shell_integration import shellcode

    print(shellcode([PROGRAM], shell=arguments.shell))
    return ExitCode.CONFORMS
