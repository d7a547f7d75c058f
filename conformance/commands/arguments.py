"""Adds the declared options to the parser of a command."""

from __future__ import annotations

from argparse import SUPPRESS
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.verdicts.declaration import Group
from conformance.verdicts.options import OPTIONS, options_from, target_arguments

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from conformance.target import Target
    from conformance.verdicts.declaration import Option
    from conformance.verdicts.options import RunOptions


def add_options(
    parser: argparse.ArgumentParser,
    command: str,
    *,
    defaults: Mapping[str, str] | None = None,
    helps: Mapping[str, str] | None = None,
) -> dict[Group, argparse._ArgumentGroup]:
    """Add every option that a command has, in groups, and return the groups.

    An option that is not given is not in the namespace. `defaults` are words for the help of this command,
    `helps` whole texts.
    """
    wanted = [each for each in OPTIONS if command in each.commands]
    used = {each.group for each in wanted}
    groups = {group: parser.add_argument_group(group) for group in Group if group in used}
    for each in wanted:
        text = (helps or {}).get(each.name) or _help(each, (defaults or {}).get(each.name))
        _add(groups[each.group], each, help=text)
    return groups


def _help(option: Option, default: str | None) -> str:
    return option.help_text if default is None else f"{option.help} (default: {default})"


def _add(group: argparse._ArgumentGroup, option: Option, **words: Any) -> None:
    if not option.flag:
        group.add_argument(option.name, metavar=option.metavar, nargs="?", default=SUPPRESS, **words)
        return
    words |= {"dest": option.name, "default": SUPPRESS}
    if not option.metavar:
        group.add_argument(option.flag, action="store_true", **words)
        return
    words |= {"metavar": option.metavar, "type": option.read}
    group.add_argument(option.flag, action="append" if option.repeats else "store", **words)


def add_result(parser: argparse.ArgumentParser) -> None:
    """Add the argument that names a result."""
    parser.add_argument("result", metavar="RESULT.json", type=Path, help="result written by `run --json`")


def target_of(arguments: argparse.Namespace) -> Target | None:
    """Return the target that is given; None stands for the embedded server. Raises UserError."""
    from conformance.target.configuration import configured_target

    return configured_target(**target_arguments(vars(arguments)))


def options_of(arguments: argparse.Namespace, **otherwise: Any) -> RunOptions:
    """Return the options that are given; `otherwise` outweighs the defaults."""
    return options_from(vars(arguments), **otherwise)
