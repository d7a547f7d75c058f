"""Gives the checks their fixtures, and nobody else."""

from conformance.fixtures import (
    corpus,
    deletion,
    examples,
    gitlab,
    index,
    management,
    new_name,
    oversized,
    private_registry,
    public_registry,
    public_wheel,
    registry,
    run,
    second_upload,
    twine_release,
    workplace,
)

__all__ = [
    "corpus",
    "deletion",
    "examples",
    "gitlab",
    "index",
    "management",
    "new_name",
    "oversized",
    "private_registry",
    "public_registry",
    "public_wheel",
    "registry",
    "run",
    "second_upload",
    "twine_release",
    "workplace",
]
