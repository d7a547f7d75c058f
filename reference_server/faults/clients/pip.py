"""Faults that pip trips over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reference_server.faults.building.decisions import Identifies
from reference_server.faults.building.responses import ChangesHeaders
from reference_server.faults.fault import Fault
from reference_server.http.json_responses import refusal
from reference_server.model.errors import PackageNotFoundError, UnknownTokenError

if TYPE_CHECKING:
    from werkzeug import Response

    from reference_server.http.request import Request
    from reference_server.model import Caller, Credentials
    from reference_server.rules.access import Tokens


class PagesAsPlainText(ChangesHeaders):
    """Serves pages as `text/plain`, so that pip skips them."""

    caught_by = (
        "clients.pip.index-url",
        "clients.pip.extra-index-url",
        "clients.pip.credentials-percent-encoded",
        "clients.pip.no-deps",
        "clients.pip.dependencies",
        "clients.pip.pinned",
        "clients.pip.latest",
        "clients.pip.pre-release",
        "clients.pip.requires-python",
        "clients.pip.name-with-dot",
        "clients.pip.name-with-underscore",
        "clients.pip.name-with-run",
        "clients.pip.hash-checked",
        "clients.pip.local-version",
        "clients.pip.read-api-token",
        "clients.pip.deploy-token",
        "clients.pip.job-token",
    )
    acts_on, statuses = ("project_page",), (200,)
    sets = ("Content-Type", "text/plain; charset=utf-8")


class MailAddressesRefused(Identifies):
    """Rejects user names that contain an `@`."""

    caught_by = ("clients.pip.credentials-percent-encoded",)

    def identify(self, credentials: Credentials, tokens: Tokens) -> Caller:
        if credentials.basic and "@" in credentials.basic[0]:
            raise UnknownTokenError
        return super().identify(credentials, tokens)


class PlusReadAsBlank(Fault):
    """Decodes the `+` in a file's URL as a space, and so finds no file."""

    caught_by = ("clients.pip.local-version",)

    def handle(self, request: Request) -> Response | None:
        lost = request.endpoint == "file" and "+" in request.arguments["filename"]
        return refusal(PackageNotFoundError()) if lost else None
