"""`reference-server completion`: the script that lets a shell complete command lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

SUMMARY = "print the script that completes commands in a shell"


EPILOG = """in ~/.bashrc:
  eval "$(reference-server completion bash)"
in ~/.zshrc:
  eval "$(reference-server completion zsh)"
in ~/.config/fish/config.fish:
  reference-server completion fish | source
"""
LOAD_COMPDEF = "(( $+functions[compdef] )) || { autoload -Uz compinit && compinit -i; }"
"""A line of zsh: the script needs completion, which zsh only has where ~/.zshrc loads it."""


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument(
        "shell",
        choices=("bash", "zsh", "fish"),
        metavar="SHELL",
        help="the shell: %(choices)s",
    )


def run(options: argparse.Namespace) -> int:
    """Print the script."""
    from argcomplete.shell_integration import shellcode

    script = shellcode(["reference-server"], shell=options.shell)
    if options.shell == "zsh":
        tag, rest = script.split("\n", 1)  # `#compdef` has to stay the first line, for a file in $fpath
        script = f"{tag}\n{LOAD_COMPDEF}\n{rest}"
    print(script)
    return 0
