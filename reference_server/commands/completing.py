"""Completion of command lines in a shell by argcomplete: what each argument can be."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ASKED = "_ARGCOMPLETE"
"""The environment variable by which a shell asks for completions."""


def complete(parser: argparse.ArgumentParser) -> None:
    """Answer the shell, and exit. The shell offers files where nothing else is known."""
    import argcomplete

    from reference_server.flavours import flavour_names
    from reference_server.serving.fault_names import fault_names

    completers = {"fault": fault_names, "flavour": flavour_names}
    for action in _actions(parser):
        if values := completers.get(action.dest):
            action.completer = lambda values=values, **_: values()  # type: ignore[attr-defined]
    argcomplete.autocomplete(parser, always_complete_options=False)


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """Give the actions of a parser and of all its commands."""
    for action in parser._actions:  # noqa: SLF001 - argparse has no other way
        yield action
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001 - see above
            for each in action.choices.values():
                yield from _actions(each)
