"""Visibility, caller, action: the table of `matrix.toml`, and what a target answers to each of its cells."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from conformance.kit.http import Credential
from conformance.kit.publishing import publish
from conformance.kit.registry import ANONYMOUS, DEFAULT, GitLab, file_url
from conformance.verdicts import Untestable
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from conformance.kit.fixtures import NewName, Registry
    from conformance.kit.http import Answer
    from reference_server.distributions import Distribution

ACTIONS = ("page", "root-page", "file", "metadata-file", "upload", "list", "delete")
VISIBILITIES = ("private", "internal", "public")
DONE = frozenset({201, 204})

_ABSENT = 999_999_999
"""The id of a GitLab project that does not exist."""


@dataclass(frozen=True, kw_only=True)
class Cell:
    """What one caller gets for one action in a GitLab project of one visibility."""

    visibility: str
    caller: str
    action: str
    statuses: tuple[int, ...]
    source: str

    def takes(self, status: int) -> bool:
        """Tell whether this is a right status. GitLab documents who may publish, and not which success it is."""
        return status in self.statuses or (201 in self.statuses and 200 <= status < 300)

    def __str__(self) -> str:
        """Name the cell as a failure does."""
        return f"{self.visibility}, {self.caller}, {self.action}"


@cache
def cells() -> tuple[Cell, ...]:
    """Return the table, row by row."""
    text = files("conformance.checks.gitlab").joinpath("matrix.toml").read_text(encoding="utf-8")
    rows: list[dict[str, Any]] = tomllib.loads(text)["row"]
    return tuple(
        Cell(
            visibility=row["visibility"],
            caller=caller,
            action=action,
            statuses=tuple(row[action]),
            source=row["source"],
        )
        for row in rows
        for caller in row["callers"]
        for action in ACTIONS
        if action in row
    )


@dataclass(frozen=True, kw_only=True)
class Place:
    """A GitLab project with a published file to read, and a package that may be deleted."""

    registry: Registry
    stays: Distribution
    goes: int
    refused: Distribution
    """What is uploaded wherever it has to be refused."""
    name: str
    """The project of what is uploaded wherever it has to be accepted."""

    def absent(self) -> Place:
        """Return the same in a GitLab project that does not exist."""
        absent = self.registry.at_project(str(_ABSENT))
        return Place(registry=absent, stays=self.stays, goes=self.goes, refused=self.refused, name=self.name)


@dataclass(frozen=True)
class Matrix:
    """What was asked, and is not asked again. `places` are the GitLab projects there are, by visibility."""

    places: Mapping[str, Place]
    _answers: dict[tuple[str, str, str], Answer] = field(default_factory=dict)

    def judged(self, action: str) -> dict[Cell, Answer]:
        """Return the answers to all cells of an action that this target has a credential and a place for.

        What is done when it is allowed comes last. Raises Untestable when there is none.
        """
        wanted = [cell for cell in cells() if cell.action == action and self._knows(cell)]
        if not wanted:
            raise Untestable(
                "no credential and no GitLab project of this table is configured; see docs/tokens.md"
            )
        wanted.sort(key=lambda cell: not DONE.isdisjoint(cell.statuses))
        return {cell: self.answer(cell.visibility, cell.caller, cell.action) for cell in wanted}

    def _knows(self, cell: Cell) -> bool:
        place = self.places.get(cell.visibility)
        return place is not None and knows(place.registry, cell.caller)

    def answer(self, visibility: str, caller: str, action: str) -> Answer:
        """Return the answer to one cell."""
        key = (visibility, caller, action)
        if key not in self._answers:
            allowed = any(
                (cell.visibility, cell.caller, cell.action) == key and 201 in cell.statuses
                for cell in cells()
            )
            place = self.places[visibility]
            version = f"1.{len(self._answers)}"
            upload = wheel(place.name, version) if allowed else place.refused
            self._answers[key] = ask(place, caller, action, upload=upload)
        return self._answers[key]


def knows(registry: Registry, caller: str) -> bool:
    """Tell whether a target has the credential."""
    return caller == ANONYMOUS or caller in registry.target.credentials


def ask(place: Place, caller: str, action: str, *, upload: Distribution) -> Answer:
    """Do what the cell is about, as its caller."""
    registry, gitlab = place.registry, GitLab(place.registry)
    url = file_url(registry, place.stays)
    deeds: Mapping[str, Callable[[], Answer]] = {
        "page": lambda: registry.project_answer(place.stays.name, as_=caller),
        "root-page": lambda: registry.root_answer(as_=caller),
        "file": lambda: registry.download(url, as_=caller),
        "metadata-file": lambda: registry.download(f"{url}.metadata", as_=caller),
        "upload": lambda: registry.upload(upload, as_=caller),
        "list": lambda: gitlab.call("GET", "/packages", {"package_name": place.stays.name}, as_=caller),
        "delete": lambda: gitlab.delete_package(place.goes, as_=caller),
    }
    return deeds[action]()


def prepare(registry: Registry, new_name: NewName) -> Matrix:
    """Publish what the table is asked with: in the target, and in the neighbours that are configured."""
    places = {"private": _place(registry, new_name)}
    for visibility in VISIBILITIES[1:]:
        if visibility in registry.target.gitlab_projects:
            places[visibility] = _place(registry.in_gitlab_project(visibility), new_name)
    return Matrix(places)


def _place(registry: Registry, new_name: NewName) -> Place:
    stays, goes = wheel(new_name("stays"), "1.0"), wheel(new_name("goes"), "1.0")
    publish(registry, stays, goes)
    default = registry.target.credential(DEFAULT)
    token = default.password if default else ""
    known = registry.knowing(
        wrong=Credential(username="__token__", password="conformance-not-a-token"),  # noqa: S106 - it opens nothing
        unknown_user_name=Credential(username="nobody-of-that-name", password=token),
        percent_encoded=Credential(username="jane.doe%40example.com", password=token),
    )
    return Place(
        registry=known,
        stays=stays,
        goes=_package_id(registry, goes.name),
        refused=wheel(new_name("refused"), "1.0"),
        name=new_name("accepted"),
    )


def _package_id(registry: Registry, name: str) -> int:
    """Return the id of a package; zero, which no package has, where the REST API does not tell."""
    answer = GitLab(registry).call("GET", "/packages", {"package_name": name, "per_page": 100})
    rows = json.loads(answer.content) if answer.status == 200 else []
    return next((int(row["id"]) for row in rows if row.get("name") == name), 0)
