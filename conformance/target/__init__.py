"""The registry being judged: addresses, credentials, configuration, and how to change its state."""

from conformance.target.target import (
    ANONYMOUS,
    DEFAULT,
    GROUP,
    STATED,
    VALIDATION,
    BadTarget,
    Target,
    UnfitURL,
    target_from_table,
)

__all__ = [
    "ANONYMOUS",
    "DEFAULT",
    "GROUP",
    "STATED",
    "VALIDATION",
    "BadTarget",
    "Target",
    "UnfitURL",
    "target_from_table",
]
