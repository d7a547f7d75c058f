"""Bases of faults that identify or authorize callers. `super()` decides as the unaltered server."""

from __future__ import annotations

from copy import copy
from dataclasses import replace
from typing import TYPE_CHECKING

from reference_server.faults.fault import Fault
from reference_server.model import Credentials
from reference_server.rules import access
from reference_server.rules.ready_made import PASSWORD

if TYPE_CHECKING:
    from collections.abc import Callable

    from reference_server.http.request import Request
    from reference_server.model import Action, Caller, GitLabProject
    from reference_server.rules import Rules

OWNER = Credentials(basic=("__token__", PASSWORD))


def let_in(request: Request) -> None:
    """Take the caller for somebody who may do everything."""
    request.credentials = OWNER


class Identifies(Fault):
    """Tells in its own way who a caller is."""

    otherwise: Callable[[Credentials, access.Tokens], Caller] = staticmethod(access.identify)

    def rules(self, rules: Rules) -> Rules:
        """Ask a fault that knows the rule which it replaces."""
        fault = copy(self)
        fault.otherwise = rules.identify
        return replace(rules, identify=fault.identify)

    def identify(self, credentials: Credentials, tokens: access.Tokens) -> Caller:
        """Tell who presents these credentials (see `reference_server.rules.access.identify`)."""
        return self.otherwise(credentials, tokens)


class Authorizes(Fault):
    """Decides in its own way who may do what."""

    otherwise: Callable[[Caller, GitLabProject, Action], None] = staticmethod(access.authorize)

    def rules(self, rules: Rules) -> Rules:
        """Ask a fault that knows the rule which it replaces."""
        fault = copy(self)
        fault.otherwise = rules.authorize
        return replace(rules, authorize=fault.authorize)

    def authorize(self, caller: Caller, gitlab_project: GitLabProject, action: Action) -> None:
        """Let the caller do this, or raise (see `reference_server.rules.access.authorize`)."""
        self.otherwise(caller, gitlab_project, action)
