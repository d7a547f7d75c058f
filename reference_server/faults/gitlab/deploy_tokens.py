"""Faults in how long deploy tokens are valid."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from reference_server.faults.building.decisions import Identifies
from reference_server.model import Caller
from reference_server.rules.ready_made import DEPLOY_TOKENS

if TYPE_CHECKING:
    from reference_server.model import Credentials, DeployToken
    from reference_server.rules.access import Tokens


class AcceptsFormerTokens(Identifies):
    """Accepts ready-made deploy tokens that are no longer valid."""

    @abstractmethod
    def accepts(self, token: DeployToken) -> bool:
        """Return whether a former token is accepted."""

    def identify(self, credentials: Credentials, tokens: Tokens) -> Caller:
        secrets = {credentials.deploy_token, credentials.basic[1] if credentials.basic else None}
        for token in DEPLOY_TOKENS:
            if token.secret in secrets and self.accepts(token):
                return Caller(deploy_token=token)
        return super().identify(credentials, tokens)


class DeployExpiryIgnored(AcceptsFormerTokens):
    """Accepts expired deploy tokens."""

    caught_by = (
        "gitlab.token.expired-refused",
        "gitlab.matrix.file",
        "gitlab.matrix.page",
        "gitlab.matrix.upload",
    )

    def accepts(self, token: DeployToken) -> bool:
        return token.record.expires_at is not None


class DeployRevocationIgnored(AcceptsFormerTokens):
    """Accepts revoked deploy tokens."""

    caught_by = (
        "gitlab.token.revoked-refused",
        "gitlab.matrix.file",
        "gitlab.matrix.page",
        "gitlab.matrix.upload",
    )

    def accepts(self, token: DeployToken) -> bool:
        return token.revoked
