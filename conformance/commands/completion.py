"""`registry-conformance completion`: the script that lets a shell complete command lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.commands.output import PROGRAM
from conformance.errors import ExitCode

if TYPE_CHECKING:
    import argparse

SUMMARY = "print the script that completes commands in a shell"

EPILOG = f"""in ~/.bashrc:
  eval "$({PROGRAM} completion bash)"
in ~/.zshrc:
  eval "$({PROGRAM} completion zsh)"
in ~/.config/fish/config.fish:
  {PROGRAM} completion fish | source
"""


LOAD_COMPDEF = "(( $+functions[compdef] )) || { autoload -Uz compinit && compinit -i; }"
"""A line of zsh: the script needs completion, which zsh only has where ~/.zshrc loads it."""


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument(
        "shell", choices=("bash", "zsh", "fish"), help="the shell: %(choices)s", metavar="SHELL"
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the script."""
    from argcomplete.shell_integration import shellcode

    script = shellcode([PROGRAM], shell=arguments.shell)
    if arguments.shell == "zsh":
        tag, rest = script.split("\n", 1)  # `#compdef` has to stay the first line, for a file in $fpath
        script = f"{tag}\n{LOAD_COMPDEF}\n{rest}"
    print(script)
    return ExitCode.CONFORMS
