"""What clients do not offer, by their own documents: data in `offers.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from packaging.specifiers import SpecifierSet


@dataclass(frozen=True, kw_only=True)
class Lack:
    """Scenarios that some versions of a client do not offer: those whose id is in the list, or begins with a word."""

    client: str
    scenarios: tuple[str, ...]
    why: str
    source: str
    versions: str = ""

    def covers(self, client: str, version: str, scenario: str) -> bool:
        """Return whether it is about this scenario of this client."""
        return (
            client == self.client
            and SpecifierSet(self.versions).contains(version, prereleases=True)
            and self.names(scenario)
        )

    def names(self, scenario: str) -> bool:
        """Return whether it is about a scenario."""
        return any(scenario == each or scenario.startswith(f"{each}.") for each in self.scenarios)


@cache
def lacks() -> tuple[Lack, ...]:
    """Return every row."""
    table = tomllib.loads((files(__package__) / "offers.toml").read_text(encoding="utf-8"))
    return tuple(Lack(**{**row, "scenarios": tuple(row["scenarios"])}) for row in table["lack"])


def lack_of(client: str, version: str, scenario: str) -> Lack | None:
    """Return why a client does not offer a scenario, or None."""
    return next((each for each in lacks() if each.covers(client, version, scenario)), None)
