"""Faults in what yanking changes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from werkzeug import Response

from reference_server.faults.building.requests import gitlab_project_of
from reference_server.faults.fault import Fault
from reference_server.http.json_responses import refusal
from reference_server.model.errors import PackageNotFoundError

if TYPE_CHECKING:
    from reference_server.http.request import Request
    from reference_server.rules import Rules


class YankedFilesUnlisted(Fault):
    """Removes yanked files from their page, as if they were deleted."""

    caught_by = ("yank.still-listed", "metadata.after-yank")

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, lists=lambda file: file.yanked is None)


class YankedFilesGone(Fault):
    """Lists yanked files but no longer serves them."""

    caught_by = ("yank.still-downloadable",)

    def handle(self, request: Request) -> Response | None:
        if request.endpoint != "file":
            return None
        packages = request.registry.packages(gitlab_project_of(request))
        wanted = request.arguments["sha256"]
        files = (file for package in packages for file in package.files if file.sha256 == wanted)
        return refusal(PackageNotFoundError()) if any(file.yanked is not None for file in files) else None


class YankForGood(Fault):
    """Reports an unyank as done, and keeps the file yanked."""

    caught_by = ("yank.unyank",)

    def handle(self, request: Request) -> Response | None:
        return Response(status=204) if request.endpoint in {"unyank_file", "unyank_version"} else None
