"""How an option is declared: once, for the command line, for pytest and for CI."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

PREFIX = "REGISTRY_CONFORMANCE_"
"""How the names of this suite's environment variables begin."""

_DECLARED = "option"
"""The key of an Option in the metadata of a dataclass's field."""


class Group(StrEnum):
    """The heading in `--help` under which an option stands."""

    TARGET = "target"
    RUN = "run"
    CHECKS = "checks"
    LIMITS = "limits"
    REPORTS = "reports"


@dataclass(frozen=True, kw_only=True)
class Input:
    """An input of a CI job: of `registry-conformance ci` as a variable, of templates/ and action.yml by name.

    Without a `text` of its own it has the help text of its option. `only` names the one platform that has it.
    """

    name: str
    default: str = ""
    text: str = ""
    choices: tuple[str, ...] = ()
    only: str = ""

    @property
    def variable(self) -> str:
        """The environment variable that holds it."""
        return PREFIX + self.name.upper().replace("-", "_")


@dataclass(frozen=True, kw_only=True)
class Option:
    """One option. `name` is the key of its value; `flag` is empty where it is positional.

    `read` turns its text into the value. Without a `metavar` it is a switch; `repeats` collects its values.
    `default` says in words what is done without it. `commands` are those that have it.
    """

    name: str = ""
    flag: str = ""
    help: str
    group: Group
    commands: frozenset[str]
    metavar: str = ""
    read: Callable[[str], Any] = str
    repeats: bool = False
    default: str = ""
    in_pytest: bool = True
    input: Input | None = None

    @property
    def help_text(self) -> str:
        """The help, with the default."""
        return f"{self.help} (default: {self.default})" if self.default else self.help

    @property
    def pytest_flag(self) -> str:
        """The flag of the option in a plain pytest session."""
        return f"--registry-{(self.flag or self.name).lstrip('-')}"

    def described_input(self) -> Input | None:
        """Return the input of CI jobs for this option, with its description."""
        if self.input is None:
            return None
        text = self.input.text or (self.help if self.input.default else self.help_text)
        return replace(self.input, text=text[0].upper() + text[1:])


def option(value: Any, flag: str, text: str, *, default: str | None = None, **more: Any) -> Any:
    """Declare a field of a dataclass as an option. Its default `value`, or what makes it, goes into the help.

    `default` says in words what the value does not.
    """
    words = str(value) if default is None else default
    metadata = {_DECLARED: Option(flag=flag, help=text, default=words, **more)}
    return (
        field(default_factory=value, metadata=metadata)
        if callable(value)
        else field(default=value, metadata=metadata)
    )


def switch(flag: str, text: str, **more: Any) -> Any:
    """Declare a field of a dataclass as an option without a value, off unless it is given."""
    return option(False, flag, text, default="", **more)  # noqa: FBT003 - what it is


def declared_in(kind: type) -> tuple[Option, ...]:
    """Return the options that a dataclass declares with its fields."""
    found = ((each.name, each.metadata.get(_DECLARED)) for each in fields(kind))
    return tuple(replace(declared, name=name) for name, declared in found if declared)
