"""Credentials that open nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.kit.http import Credential

if TYPE_CHECKING:
    from conformance.kit.registry import Registry

NOT_A_TOKEN = "conformance-not-a-token"  # noqa: S105 - it opens nothing


WRONG = "wrong"


def with_wrong_token(registry: Registry) -> Registry:
    """Return the registry with a credential `wrong`: a user name, and a password that opens nothing."""
    return registry.knowing(wrong=Credential(username="__token__", password=NOT_A_TOKEN))
