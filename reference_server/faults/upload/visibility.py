"""Faults in which a page stays as it was first read, for some readers only."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reference_server.faults.building.kept_pages import KeepsFirstPages
from reference_server.faults.fault import Fault
from reference_server.http.json_responses import refusal
from reference_server.model.errors import PackageNotFoundError

if TYPE_CHECKING:
    from werkzeug import Response

    from reference_server.http.request import Request
    from reference_server.rules import Rules


class PagesKeptForLists(KeepsFirstPages):
    """Renews pages for requests with a single type in Accept, and keeps the first page for a list."""

    caught_by = ("upload.visible-after-reads",)

    def applies_to(self, request: Request) -> bool:
        return request.endpoint == "project_page" and "," in request.headers.get("Accept", "")


class PagesKeptForOtherSpellings(KeepsFirstPages):
    """Serves other spellings of a name, and renews the page at the normalized name alone."""

    caught_by = ("upload.visible-after-reads",)

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, redirects_unnormalized=False)

    def applies_to(self, request: Request) -> bool:
        if request.endpoint != "project_page":
            return False
        name = request.arguments["name"]
        return bool(name != request.registry.rules.normalize(name))


class AbsentPagesKept(KeepsFirstPages):
    """Keeps a 404 for requests with a list in Accept, even once the project exists."""

    caught_by = ("upload.visible-after-reads",)
    status = 404

    def applies_to(self, request: Request) -> bool:
        return request.endpoint == "project_page" and "," in request.headers.get("Accept", "")


class AbsentPagesKeptForAll(Fault):
    """Keeps a 404 under its URL alone, for every reader who has the same credential."""

    caught_by = ("upload.visible-after-reads",)

    def __init__(self) -> None:
        self._absent: set[tuple[str, str]] = set()

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint != "project_page":
            return response
        key = request.path.rstrip("/"), request.headers.get("Authorization", "")
        if response.status_code == 404:
            self._absent.add(key)
        return refusal(PackageNotFoundError()) if key in self._absent else response
