"""Tokens as they are at one moment: an expiry date ends a token on its day, in UTC."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from typing import TYPE_CHECKING

from reference_server.model import DeployToken, JobToken, PersonalAccessToken

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date, datetime

    from reference_server.model import Token
    from reference_server.rules.access import Tokens


class CurrentTokens:
    """Finds tokens. A deploy token that was revoked or has expired is not found, as in GitLab."""

    def __init__(self, tokens: Tokens, now: Callable[[], datetime]) -> None:
        self._tokens = tokens
        self._now = now

    def personal_access_token(self, secret: str) -> PersonalAccessToken | None:
        """Find a personal access token."""
        token = self._tokens.personal_access_token(secret)
        return replace(token, expired=True) if token and has_expired(token, self._now) else token

    def deploy_token(self, secret: str) -> DeployToken | None:
        """Find a deploy token."""
        token = self._tokens.deploy_token(secret)
        return token if token and is_active(token, self._now) else None

    def job_token(self, secret: str) -> JobToken | None:
        """Find a job token."""
        token = self._tokens.job_token(secret)
        return replace(token, running=False) if token and has_expired(token, self._now) else token


def has_expired(token: Token, now: Callable[[], datetime]) -> bool:
    """Return whether the day on which a token expires has come."""
    expires_at = token.record.expires_at
    return expires_at is not None and has_come(expires_at, now)


def has_come(day: date, now: Callable[[], datetime]) -> bool:
    """Return whether a day has begun, in UTC."""
    return day <= now().astimezone(UTC).date()


def is_active(token: Token, now: Callable[[], datetime]) -> bool:
    """Return whether a token is valid."""
    if has_expired(token, now):
        return False
    match token:
        case PersonalAccessToken():
            return not (token.expired or token.revoked)
        case DeployToken():
            return not token.revoked
        case JobToken():
            return token.running
