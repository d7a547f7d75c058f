"""Completion of command lines in a shell by argcomplete: what each argument can be."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

ASKED = "_ARGCOMPLETE"
"""The environment variable by which a shell asks for completions."""


def complete(parser: argparse.ArgumentParser) -> None:
    """Answer the shell, and exit."""
    import argcomplete

    for action in _actions(parser):
        if action.dest in COMPLETERS:
            action.completer = _completer(COMPLETERS[action.dest])  # type: ignore[attr-defined]
    argcomplete.autocomplete(parser, always_complete_options=False)


def _completer(values: Callable[[], Iterable[str]]) -> Callable[..., list[str]]:
    return lambda **_: list(values())


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """Give the actions of a parser and of all its commands."""
    for action in parser._actions:  # noqa: SLF001 - argparse has no other way
        yield action
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001 - see above
            for each in action.choices.values():
                yield from _actions(each)


def _requirements() -> Iterable[str]:
    from conformance.catalogue import catalogue

    return catalogue().requirements


def _words_of_ids() -> Iterable[str]:
    """Return what selects checks: areas, and ids."""
    return sorted({each.partition(".")[0] for each in _requirements()}) + list(_requirements())


def _sets() -> Iterable[str]:
    from conformance.catalogue import catalogue
    from conformance.verdicts.sets import sets_of

    return sets_of(catalogue())


def _profiles() -> Iterable[str]:
    from conformance.profiles import profile_names

    return profile_names()


def _layouts() -> Iterable[str]:
    from conformance.target.layouts import layouts

    return layouts()


def _faults() -> Iterable[str]:
    from conformance.target.embedded import known_faults

    return known_faults()


COMPLETERS: dict[str, Any] = {
    "id": _requirements,
    "ids": _requirements,
    "keyword": _words_of_ids,
    "profile": _profiles,
    "layout": _layouts,
    "requirement_set": _sets,
    "fault": _faults,
    "mix": lambda: ("registry", "releases", "installs"),
}
"""By the name of an argument: where its values come from. For all others the shell offers files."""
