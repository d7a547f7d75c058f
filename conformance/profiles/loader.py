"""Reads the profiles that ship with the suite."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from conformance.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping


class UnknownProfile(UserError):
    """No profile of that name ships with the suite."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no profile {name!r}", f"Choose one of: {', '.join(profile_names())}.")


@dataclass(frozen=True, kw_only=True)
class HeldTo:
    """Which requirements registries of one kind are held to.

    These are the rows of the catalogue with one of `standings` that registries can satisfy with the features of
    `groups` and the single `features`; `without` names areas and beginnings of ids that are left out.
    """

    standings: frozenset[str]
    groups: frozenset[str]
    features: frozenset[str] = frozenset()
    without: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Profile:
    """What registries of one kind are held to, and what they offer.

    `layout` names where they are unless the target names another;
    `least_judged` is how many requirements a whole run has to judge to be believed, in all and in an area.
    """

    name: str
    title: str
    layout: str
    features: frozenset[str]
    held_to: HeldTo
    least_judged: int
    least_judged_per_area: Mapping[str, int]
    needs_credential: bool
    read_only: bool
    max_file_size: int | None
    credentials: Mapping[str, str]
    user_names: Mapping[str, str]
    gitlab_projects: Mapping[str, str]

    def user_name(self, credential: str) -> str:
        """Return the user name to write beside a credential, where its owner knows no other."""
        return self.user_names.get(credential, self.user_names["default"])


def profile_names() -> list[str]:
    """Return the names of the profiles that ship with the suite."""
    entries = files("conformance.profiles").iterdir()
    return sorted(entry.name.removesuffix(".toml") for entry in entries if entry.name.endswith(".toml"))


@cache
def profile(name: str) -> Profile:
    """Return a profile. Raises UnknownProfile."""
    if name not in profile_names():
        raise UnknownProfile(name)
    text = files("conformance.profiles").joinpath(f"{name}.toml").read_text(encoding="utf-8")
    table: dict[str, Any] = tomllib.loads(text)
    limits = table.get("limits", {})
    return Profile(
        name=name,
        title=table["title"],
        layout=table["layout"],
        features=frozenset(table["features"]),
        held_to=HeldTo(**{key: frozenset(names) for key, names in table["held-to"].items()}),
        least_judged=table["least-judged"],
        least_judged_per_area=table.get("least-judged-per-area", {}),
        needs_credential=table["needs-credential"],
        read_only=table.get("read-only", False),
        max_file_size=limits.get("max-file-size"),
        credentials=table.get("credentials", {}),
        user_names=table["user-names"],
        gitlab_projects=table.get("gitlab-projects", {}),
    )


LOAD = "load"
"""The feature, and the group of features, that only a registry under load is held to."""


def under_load(kind: Profile) -> Profile:
    """Return a profile that is held to what is asked of a registry under load, too."""
    held_to = replace(kind.held_to, groups=kind.held_to.groups | {LOAD})
    return replace(kind, features=kind.features | {LOAD}, held_to=held_to)
