"""The decisions of the registry: pure functions, and the registry that applies them to its state."""

from reference_server.rules.rules import Rules

__all__ = ["Rules"]
