"""Faults that only real clients notice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reference_server.faults import Fault
from reference_server.faults.deciding import Identifies
from reference_server.faults.reading import parts_of
from reference_server.http.json_responses import refusal
from reference_server.model.errors import InvalidFieldError, UnknownTokenError

if TYPE_CHECKING:
    from werkzeug import Response

    from reference_server.http.request import Request
    from reference_server.model import Caller, Credentials
    from reference_server.rules.access import Tokens


class TwineRefused(Fault):
    """Answers differently when the User-Agent says twine, as pypiserver does."""

    incident = "pypiserver #662"
    caught_by = (
        "clients.twine.pypirc-personal-token",
        "clients.twine.pypirc-deploy-token",
        "clients.twine.pypirc-job-token",
        "clients.twine.environment",
        "clients.twine.wheel-and-sdist",
        "clients.twine.bytes",
        "clients.twine.duplicate-message",
        "clients.twine.wrong-password",
        "clients.twine.read-only-token",
    )

    def handle(self, request: Request) -> Response | None:
        refused = request.endpoint == "upload" and "twine" in request.user_agent.string
        return refusal(InvalidFieldError("User-Agent")) if refused else None


class PagesAsPlainText(Fault):
    """Calls its pages `text/plain`, so that pip skips them."""

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

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "project_page" and response.status_code == 200:
            response.content_type = "text/plain; charset=utf-8"
        return response


class MailAddressesRefused(Identifies):
    """Lets nobody in whose user name holds an `@`."""

    caught_by = ("clients.pip.credentials-percent-encoded",)

    def identify(self, credentials: Credentials, tokens: Tokens) -> Caller:
        if credentials.basic and "@" in credentials.basic[0]:
            raise UnknownTokenError
        return super().identify(credentials, tokens)


class DependenciesRefused(Fault):
    """Takes no distribution that depends on another."""

    caught_by = ("gitlab.upload.unknown-fields", "clients.pip.no-deps", "clients.pip.dependencies")

    def handle(self, request: Request) -> Response | None:
        needy = request.endpoint == "upload" and "requires_dist" in parts_of(request)
        return refusal(InvalidFieldError("requires_dist")) if needy else None
