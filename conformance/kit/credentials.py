"""Credentials made for checks: some that open nothing, and the token of `default` under other user names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.kit.http import Credential
from conformance.kit.registry import DEFAULT

if TYPE_CHECKING:
    from conformance.kit.registry import RegistryClient

NOT_A_TOKEN = "conformance-not-a-token"  # noqa: S105 - it opens nothing
WRONG = "wrong"
"""The name of the credential that `with_wrong_token` adds."""


def with_wrong_token(registry: RegistryClient) -> RegistryClient:
    """Return the registry with a credential `wrong`: a user name, and a password that opens nothing."""
    return registry.knowing(wrong=Credential(username="__token__", password=NOT_A_TOKEN))


def default_token(registry: RegistryClient) -> str:
    """Return the token of `default`; an empty text where the target takes requests without a credential."""
    default = registry.target.credential(DEFAULT)
    return default.password if default else ""
