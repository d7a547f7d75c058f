"""The last requests of clients."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reference_server.http.request_log import KEPT
from reference_server.model.errors import ForbiddenError
from reference_server.rules import management

if TYPE_CHECKING:
    from werkzeug import Response

    from reference_server.web.visit import Visit

SECONDS = 5


def show(visit: Visit) -> Response:
    """Show the last requests, newest first, to the Maintainers of GitLab project 1: they name every GitLab project."""
    management.require_user(visit.caller)
    if not visit.watches:
        raise ForbiddenError
    entries = [entry for entry in visit.log.entries() if entry.status is not None][: -KEPT - 1 : -1]
    refreshes = visit.request.args.get("refresh") == "on"
    return visit.page("requests.html", entries=entries, refreshes=refreshes, seconds=SECONDS)
