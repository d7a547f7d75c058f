"""Credentials made for checks: some that open nothing, and the token of `default` under other user names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from conformance.kit.http import Credential
from conformance.kit.registry import DEFAULT

if TYPE_CHECKING:
    from conformance.kit.registry import RegistryClient

NOT_A_TOKEN = "conformance-not-a-token"  # noqa: S105 - it opens nothing
NUMBER = re.compile(r"[0-9a-f-]{16,}|[0-9A-F-]{16,}|[2-7A-Z]{16,}=*")
"""A token that may be a number: in hex, as a UUID, or in Base 32. Readers of these take either case."""
WRONG = "wrong"
"""The name of the credential that `with_wrong_token` adds."""


def with_wrong_token(registry: RegistryClient) -> RegistryClient:
    """Return the registry with a credential `wrong`: a user name, and a password that opens nothing."""
    return registry.knowing(wrong=Credential(username="__token__", password=NOT_A_TOKEN))


def nearly_right(registry: RegistryClient) -> dict[str, Credential]:
    """Return credentials that are almost that of `default`, and open nothing; none where there is no password.

    Databases compare without case, and hashes of passwords end after some bytes. Case means nothing in a number. A
    directory takes a name without a password for a caller who asks for nothing (RFC 4513, 5.1.2), and says yes.
    """
    default = registry.target.credential(DEFAULT)
    if default is None or not default.token:
        return {}
    token = default.token
    other_case = token if NUMBER.fullmatch(token) else token.swapcase()
    others = {
        "in-other-case": other_case,
        "with-one-more": f"{token}x",
        "with-one-less": token[:-1],
        "left-out": "",
    }
    return {name: default.with_token(other) for name, other in others.items() if other != token}


def default_token(registry: RegistryClient) -> str:
    """Return the token of `default`; an empty text where the target takes requests without a credential."""
    default = registry.target.credential(DEFAULT)
    return default.token if default else ""
