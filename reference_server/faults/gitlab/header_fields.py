"""Faults in GitLab's own header fields for tokens."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reference_server.faults.building.decisions import Identifies
from reference_server.faults.building.requests import READING
from reference_server.faults.fault import Fault

if TYPE_CHECKING:
    from werkzeug import Response

    from reference_server.http.request import Request
    from reference_server.model import Caller, Credentials
    from reference_server.rules.access import Tokens


class DeployTokensAsPasswordOnly(Identifies):
    """Reads a deploy token as a password only, and ignores the header field DEPLOY-TOKEN."""

    caught_by = ("gitlab.token.deploy-header",)

    def identify(self, credentials: Credentials, tokens: Tokens) -> Caller:
        return super().identify(replace(credentials, deploy_token=None), tokens)


class PersonalTokensAsPasswordOnly(Fault):
    """Reads a personal access token as a password only for pages and files."""

    caught_by = ("gitlab.token.personal-header",)
    acts_on = READING

    def handle(self, request: Request) -> Response | None:
        if request.endpoint in READING:
            request.environ.pop("HTTP_PRIVATE_TOKEN", None)
        return None
