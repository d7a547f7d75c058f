"""Visibility, caller, action: the table of `matrix.toml`, and what a target answers to each of its cells."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from conformance.kit.credentials import WRONG, default_token, with_wrong_token
from conformance.kit.http import Credential
from conformance.kit.registry import ANONYMOUS, GitLab, file_url, objects
from conformance.kit.uploads.publishing import publish
from conformance.verdicts import Untestable
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from conformance.kit.fixtures import NewName, RegistryClient
    from conformance.kit.http import Answer
    from reference_server.distributions import Distribution

ACTIONS = (
    "page",
    "root-page",
    "file",
    "metadata-file",
    "upload",
    "list",
    "delete",
    "group-page",
    "group-file",
)
VISIBILITIES = ("private", "internal", "public")
GROUP, GROUP_PAGE = "group", "group-page"
DONE, NOT_FOUND = frozenset({201, 204}), 404

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

    def allows(self, status: int) -> bool:
        """Tell whether this is a right status. GitLab documents who may publish, and not which success it is."""
        return status in self.statuses or (201 in self.statuses and 200 <= status < 300)

    def __str__(self) -> str:
        """Name the cell as a failure does."""
        caller = "with a wrong password" if self.caller == WRONG else self.caller
        return f"{self.visibility}, {caller}, {self.action}"


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
class PreparedProject:
    """A GitLab project with a published file to read, and a package that may be deleted."""

    registry: RegistryClient
    published: Distribution
    deletable: Distribution
    deletable_id: int
    """The number of its package."""
    accepting: str
    """The project of what is uploaded wherever it has to be accepted."""

    def absent(self) -> PreparedProject:
        """Return the same in a GitLab project that does not exist."""
        absent = self.registry.at_project(str(_ABSENT))
        return PreparedProject(
            registry=absent,
            published=self.published,
            deletable=self.deletable,
            deletable_id=self.deletable_id,
            accepting=self.accepting,
        )


@dataclass(frozen=True)
class Matrix:
    """Answers that were already requested. `projects` are the prepared GitLab projects, by visibility."""

    projects: Mapping[str, PreparedProject]
    _answers: dict[tuple[str, str, str], Answer] = field(default_factory=dict)
    _uploads: dict[tuple[str, str, str], Distribution] = field(default_factory=dict)

    def judged(self, action: str) -> dict[Cell, Answer]:
        """Return the answers to all cells of an action that this target has a credential and a project for.

        What is done when it is allowed comes last. Raises Untestable when there is none.
        """
        wanted = [cell for cell in cells() if cell.action == action and self._can_be_asked(cell)]
        if not wanted:
            raise Untestable(
                "no credential and no GitLab project of this table is configured; see docs/tokens.md"
            )
        wanted.sort(key=lambda cell: not DONE.isdisjoint(cell.statuses))
        undone = [cell for cell in wanted if DONE.isdisjoint(cell.statuses)]
        answers = self.projects["private"].registry.for_each(self._answer_to, undone)
        answers += map(self._answer_to, wanted[len(undone) :])
        return dict(zip(wanted, answers, strict=True))

    def _answer_to(self, cell: Cell) -> Answer:
        return self.answer(cell.visibility, cell.caller, cell.action)

    def _can_be_asked(self, cell: Cell) -> bool:
        project = self.projects.get(cell.visibility)
        if project is None or not has_credential(project.registry, cell.caller):
            return False
        return not cell.action.startswith(GROUP) or GROUP in project.registry.target.gitlab_projects

    def allows(self, cell: Cell, answer: Answer) -> bool:
        """Tell whether an answer is right; a group sends unknown names elsewhere where its target does."""
        if cell.action == GROUP_PAGE and NOT_FOUND in cell.statuses:
            registry = self.projects[cell.visibility].registry
            return registry.is_unknown(answer) or cell.allows(answer.status)
        return cell.allows(answer.status)

    def answer(self, visibility: str, caller: str, action: str) -> Answer:
        """Return the answer to one cell."""
        key = (visibility, caller, action)
        if key not in self._answers:
            upload = self.upload(visibility, caller, action)
            self._answers[key] = ask(self.projects[visibility], caller, action, upload=upload)
        return self._answers[key]

    def upload(self, visibility: str, caller: str, action: str) -> Distribution:
        """Return the file that is uploaded for one cell: always the same, since a refusal may name it."""
        key = (visibility, caller, action)
        if key not in self._uploads:
            allowed = any(
                (cell.visibility, cell.caller, cell.action) == key and 201 in cell.statuses
                for cell in cells()
            )
            project = self.projects[visibility]
            # What has to be refused is for a project that exists: new ones have rows of their own.
            name = project.accepting if allowed else project.published.name
            self._uploads[key] = wheel(name, f"2.{len(self._uploads)}")
        return self._uploads[key]


def has_credential(registry: RegistryClient, caller: str) -> bool:
    """Tell whether a target has the credential."""
    return caller == ANONYMOUS or caller in registry.target.credentials


def ask(project: PreparedProject, caller: str, action: str, *, upload: Distribution) -> Answer:
    """Do what the cell is about, as its caller."""
    registry, gitlab = project.registry, GitLab(project.registry)
    url = file_url(registry, project.published)
    actions: Mapping[str, Callable[[], Answer]] = {
        "page": lambda: registry.project_answer(project.published.name, as_=caller),
        "root-page": lambda: registry.root_answer(as_=caller),
        "file": lambda: registry.download(url, as_=caller),
        "metadata-file": lambda: registry.download(f"{url}.metadata", as_=caller),
        "upload": lambda: registry.upload(upload, as_=caller),
        "list": lambda: gitlab.call("GET", "/packages", {"package_name": project.published.name}, as_=caller),
        "delete": lambda: _delete(project, caller),
        "group-page": lambda: registry.in_group().project_answer(project.published.name, as_=caller),
        "group-file": lambda: registry.in_group().download(_in_group(url, registry), as_=caller),
    }
    return actions[action]()


def _delete(project: PreparedProject, caller: str) -> Answer:
    """Delete the package that may be deleted; where that is done, no later check waits for its page to list it."""
    answer = GitLab(project.registry).delete_package(project.deletable_id, as_=caller)
    if answer.is_success:
        project.registry.deleted(project.deletable)
    return answer


def _in_group(url: str, registry: RegistryClient) -> str:
    """Return the URL of a file in the group for that in the GitLab project."""
    return registry.in_group().target.url + url.removeprefix(registry.target.gitlab_registry)


def prepare(registry: RegistryClient, new_name: NewName) -> Matrix:
    """Publish what the table is asked with: in the target, and in the neighbours that are configured."""
    neighbours = {
        visibility: registry.in_gitlab_project(visibility)
        for visibility in VISIBILITIES[1:]
        if visibility in registry.target.gitlab_projects
    }
    places = {"private": registry, **neighbours}
    prepared = registry.for_each(lambda place: _prepared(place, new_name), places.values())
    projects = dict(zip(places, prepared, strict=True))
    if GROUP in registry.target.gitlab_projects:
        registry.in_group().accepted(projects["private"].published)
    return Matrix(projects)


def _prepared(registry: RegistryClient, new_name: NewName) -> PreparedProject:
    published, deletable = wheel(new_name("stays"), "1.0"), wheel(new_name("goes"), "1.0")
    publish(registry, published, deletable)
    token = default_token(registry)
    known = with_wrong_token(registry).knowing(
        unknown_user_name=Credential(username="user-of-no-account", password=token),
        percent_encoded=Credential(username="jane.doe%40example.com", password=token),
    )
    return PreparedProject(
        registry=known,
        published=published,
        deletable=deletable,
        deletable_id=_package_id(registry, deletable.name),
        accepting=new_name("accepted"),
    )


def _package_id(registry: RegistryClient, name: str) -> int:
    """Return the id of a package; zero, which no package has, where the REST API does not tell."""
    answer = GitLab(registry).call("GET", "/packages", {"package_name": name, "per_page": 100})
    rows = objects(answer) if answer.status == 200 else []
    return next((int(row["id"]) for row in rows if row.get("name") == name), 0)
