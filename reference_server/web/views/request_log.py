"""The last requests of clients."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reference_server.rules import management

if TYPE_CHECKING:
    from werkzeug import Response

    from reference_server.web.visit import Visit

SECONDS = 5


def show(visit: Visit) -> Response:
    """Show the last requests, newest first. They tell of every GitLab project, so one has to be signed in."""
    management.require_user(visit.caller)
    entries = visit.log.entries()[::-1]
    refreshes = visit.request.args.get("refresh") == "on"
    return visit.page("requests.html", entries=entries, refreshes=refreshes, seconds=SECONDS)
