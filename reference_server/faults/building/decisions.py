"""Bases of faults that replace a decision. `super()` decides as the unaltered server."""

from __future__ import annotations

from copy import copy
from dataclasses import replace
from typing import TYPE_CHECKING

from reference_server.faults.fault import Fault
from reference_server.model import Credentials
from reference_server.rules import access
from reference_server.rules.negotiation import negotiate
from reference_server.rules.ready_made import PASSWORD

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reference_server.http.request import Request
    from reference_server.model import Action, Caller, GitLabProject
    from reference_server.rules import Rules

OWNER = Credentials(basic=("__token__", PASSWORD))


def let_in(request: Request) -> None:
    """Treat the caller as an owner."""
    request.credentials = OWNER


class Identifies(Fault):
    """Identifies callers in its own way."""

    otherwise: Callable[[Credentials, access.Tokens], Caller] = staticmethod(access.identify)

    def rules(self, rules: Rules) -> Rules:
        """Use a copy of this fault that knows the rule it replaces: faults outlive a set of rules."""
        fault = copy(self)
        fault.otherwise = rules.identify
        return replace(rules, identify=fault.identify)

    def identify(self, credentials: Credentials, tokens: access.Tokens) -> Caller:
        """Return the owner of these credentials, as `reference_server.rules.access.identify` does."""
        return self.otherwise(credentials, tokens)


class Authorizes(Fault):
    """Authorizes actions in its own way."""

    otherwise: Callable[[Caller, GitLabProject, Action], None] = staticmethod(access.authorize)

    def rules(self, rules: Rules) -> Rules:
        """Use a copy of this fault that knows the rule it replaces: faults outlive a set of rules."""
        fault = copy(self)
        fault.otherwise = rules.authorize
        return replace(rules, authorize=fault.authorize)

    def authorize(self, caller: Caller, gitlab_project: GitLabProject, action: Action) -> None:
        """Allow an action or raise, as `reference_server.rules.access.authorize` does."""
        self.otherwise(caller, gitlab_project, action)


class Negotiates(Fault):
    """Reads Accept in its own way, or chooses the media type in its own way."""

    otherwise: Callable[[str | None, Sequence[str], str], str | None] = staticmethod(negotiate)

    def rules(self, rules: Rules) -> Rules:
        fault = copy(self)
        fault.otherwise = rules.negotiate
        return replace(rules, negotiate=fault.negotiate)

    def negotiate(self, accept: str | None, offered: Sequence[str], default: str) -> str | None:
        """Choose a media type, as `reference_server.rules.negotiation.negotiate` does."""
        return self.otherwise(self.read(accept), offered, default)

    def read(self, accept: str | None) -> str | None:
        """Return the Accept that would make the unaltered server choose alike."""
        return accept
