"""The extras of the distribution: what each brings, and the error where one is missing."""

from __future__ import annotations

from conformance.errors import UserError

EXTRAS = {
    "suite": (
        "hypothesis",
        "justhtml",
        "msgspec",
        "pip",
        "pip_api",
        "platformdirs",
        "pytest",
        "requests",
        "rich",
        "tomli_w",
        "twine",
    ),
    "parallel": ("xdist",),
}
"""The packages of each extra, as they are imported."""


def extra_missing(error: ImportError) -> UserError | None:
    """Return the error for the user if what cannot be imported belongs to an extra."""
    package = (error.name or "").partition(".")[0]
    for extra, packages in EXTRAS.items():
        if package in packages:
            return UserError(
                f"the suite needs {package}, which is not installed",
                f"Run: pip install 'pypi-registry-conformance[{extra}]'",
            )
    return None
