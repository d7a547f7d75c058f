"""The server's rules give the table of tokens, cell by cell, and docs/tokens.md says the same."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from conformance.catalogue import catalogue
from conformance.checks.gitlab.matrix import ACTIONS, VISIBILITIES, Cell, cells
from reference_server.http.json_responses import refusal
from reference_server.model import Action, Credentials
from reference_server.model.errors import RegistryError
from reference_server.rules.access import authorize, identify
from reference_server.rules.current_tokens import CurrentTokens
from reference_server.rules.ready_made import PASSWORD, credentials

if TYPE_CHECKING:
    from reference_server.rules.registry import Registry

DOCUMENT = Path(__file__).parents[3] / "docs" / "tokens.md"
GITLAB_PROJECTS = {"private": "1", "internal": "5", "public": "2"}
MADE_UP = {
    "wrong": ("__token__", "no-token"),
    "unknown-user-name": ("user-of-no-account", PASSWORD),
    "percent-encoded": ("jane.doe%40example.com", PASSWORD),
}
DEEDS = {
    "page": (Action.BROWSE, 200),
    "root-page": (Action.BROWSE, 200),
    "file": (Action.DOWNLOAD, 200),
    "metadata-file": (Action.DOWNLOAD, 200),
    "upload": (Action.UPLOAD, 201),
    "list": (Action.INSPECT, 200),
    "delete": (Action.DELETE, 204),
    "group-page": (Action.BROWSE, 200),
    "group-file": (Action.BROWSE, 200),
}
OVER_REST = {"list", "delete"}
SHORT = {"metadata-file": "metadata", "root-page": "root", "group-page": "group", "group-file": "group file"}


def presented(cell: Cell) -> Credentials:
    if cell.caller == "anonymous":
        return Credentials()
    known = {name: (pair["username"], pair["password"]) for name, pair in credentials().items()}
    username, password = (known | MADE_UP)[cell.caller]
    return (
        Credentials(private_token=password)
        if cell.action in OVER_REST
        else Credentials(basic=(username, password))
    )


def status(registry: Registry, cell: Cell) -> int:
    action, done = DEEDS[cell.action]
    try:
        caller = identify(presented(cell), CurrentTokens(registry.store, registry.now))
        if cell.action.startswith("group"):
            readable = registry.readable_in(registry.group("conformance"), caller, action)
            return done if GITLAB_PROJECTS[cell.visibility] in {str(each.id) for each in readable} else 404
        authorize(caller, registry.gitlab_project(GITLAB_PROJECTS[cell.visibility]), action)
    except RegistryError as error:
        return refusal(error).status_code
    return done


@pytest.mark.parametrize("cell", cells(), ids=str)
def test_the_server_answers_as_the_table_says(registry: Registry, cell: Cell) -> None:
    assert status(registry, cell) in cell.statuses


def test_a_cell_stands_in_the_table_once() -> None:
    keys = [str(cell) for cell in cells()]
    assert len(keys) == len(set(keys)) > 100


def test_every_action_has_its_requirement() -> None:
    held = {
        row.id.removeprefix("gitlab.matrix.") for row in catalogue() if row.id.startswith("gitlab.matrix.")
    }
    assert held == {*ACTIONS, "private-is-secret"}


def test_every_cell_has_a_known_source() -> None:
    for cell in cells():
        key, _, anchor = cell.source.partition("#")
        assert key in catalogue().sources, cell
        assert anchor, cell


def table(visibility: str) -> str:
    """Draw the cells of a visibility as docs/tokens.md has them."""
    here = {(cell.caller, cell.action): cell.statuses for cell in cells() if cell.visibility == visibility}
    lines = [
        f"| {visibility} | " + " | ".join(SHORT.get(action, action) for action in ACTIONS) + " |",
        "|---" * (len(ACTIONS) + 1) + "|",
    ]
    for caller in dict.fromkeys(caller for caller, _ in here):
        found = (" or ".join(map(str, here.get((caller, action), ()))) for action in ACTIONS)
        lines.append(f"| `{caller}` | " + " | ".join(found) + " |")
    return "\n".join(lines)


@pytest.mark.parametrize("visibility", VISIBILITIES)
def test_the_document_shows_the_table(visibility: str) -> None:
    """The expected text is what to put into docs/tokens.md when the table has changed."""
    assert table(visibility) in DOCUMENT.read_text(encoding="utf-8")
