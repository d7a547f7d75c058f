"""What a client finds in its home and in its environment, beside what its driver writes for one run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

HERE = "{home}"
"""Stands for the path of the home in a value of a variable: each run has another one."""


@dataclass(frozen=True, kw_only=True)
class Home:
    """Private texts by their paths in the home, environment variables, and the secrets in both.

    A text that begins with `#!` is a program. A variable that is None is left out, whatever the driver says.
    """

    files: Mapping[str, str] = field(default_factory=dict, hash=False, repr=False)
    variables: Mapping[str, str | None] = field(default_factory=dict, hash=False, repr=False)
    secrets: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    def with_variables(self, variables: Mapping[str, str | None]) -> Self:
        """Return the home with further variables."""
        return type(self)(files=self.files, variables={**self.variables, **variables}, secrets=self.secrets)

    def applied_to(self, variables: Mapping[str, str], path: Path) -> dict[str, str]:
        """Return the variables of a driver and those of the home, which lies at this path."""
        own = {name: value and value.replace(HERE, str(path)) for name, value in self.variables.items()}
        return {name: value for name, value in {**variables, **own}.items() if value is not None}


NO_HOME = Home()
"""Nothing beside what the driver writes."""
