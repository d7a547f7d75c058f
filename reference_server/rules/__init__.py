"""What the registry decides: pure functions, and the state that they are applied to."""

from reference_server.rules.rules import Rules

__all__ = ["Rules"]
