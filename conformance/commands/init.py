"""`registry-conformance init`: writes a registry.toml to start from."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.errors import ExitCode, UserError

if TYPE_CHECKING:
    import argparse

SUMMARY = "write a registry.toml to start from"


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("url", metavar="URL", nargs="?", help="URL of the registry (default: an example)")
    parser.add_argument(
        "--profile",
        metavar="NAME",
        default="gitlab",
        help="what the registry is held to, such as gitlab or pep503-upload (default: gitlab)",
    )
    parser.add_argument(
        "--layout",
        metavar="NAME",
        help="where uploads and index are below URL, such as devpi (default: that of the profile)",
    )
    parser.add_argument("-o", "--output", metavar="FILE", type=Path, help="write to FILE instead of printing")


def run(arguments: argparse.Namespace) -> int:
    """Print the file, or write it where there is none, with the next steps."""
    from conformance.target.registry_toml_text import registry_toml

    text = registry_toml(arguments.profile, arguments.url, arguments.layout)
    if not arguments.output:
        sys.stdout.write(text)
        return ExitCode.CONFORMS
    try:
        with arguments.output.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise UserError(
            f"{arguments.output} already exists", "Choose another file with -o, or remove it."
        ) from None
    except OSError as error:
        raise UserError(
            f"cannot write {arguments.output}: {error.strerror}", "Choose a file in an existing folder."
        ) from error
    print(_next_steps(arguments))
    return ExitCode.CONFORMS


def _next_steps(arguments: argparse.Namespace) -> str:
    from conformance.profiles import profile
    from conformance.target import DEFAULT
    from conformance.target.registry_toml_text import PASSWORD

    steps = [f"Wrote {arguments.output}."]
    if not arguments.url:
        steps.append("Replace its URL with that of your registry.")
    if profile(arguments.profile).needs_credential:
        steps.append(f"Set the environment variable {PASSWORD} to the password or token.")
    else:
        steps.append(
            f"If the registry needs a password, uncomment [credentials.{DEFAULT}] and set {PASSWORD}."
        )
    steps.append(f"Then run: registry-conformance doctor --config {arguments.output}")
    return "\n".join(steps)
