"""How a registry answers for a project that it does not have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.kit import expect

if TYPE_CHECKING:
    from conformance.kit.http import Answer
    from conformance.kit.registry import RegistryClient


def expect_unknown(registry: RegistryClient, answer: Answer) -> None:
    """Require 404; of a registry that falls back to another index, a redirect to it will do."""
    if not registry.is_unknown(answer):
        expect.status(answer, 404)
