"""The extras of the distribution: what each brings, and the error where one is missing."""

from __future__ import annotations

from importlib.util import find_spec

from conformance.errors import UserError

EXTRAS = {
    "suite": (
        "argcomplete",
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
    "load": ("locust",),
    "parallel": ("xdist",),
}
"""The packages of each extra, as they are imported."""


def extra_missing(error: ImportError) -> UserError | None:
    """Return the error for the user if what cannot be imported belongs to an extra."""
    package = (error.name or "").partition(".")[0]
    for extra, packages in EXTRAS.items():
        if package in packages:
            return _missing(extra, f"the suite needs {package}, which is not installed")
    return None


def require_extra(extra: str, cause: str) -> None:
    """Raise UserError, with what needs it as its cause, where an extra is not installed."""
    if not all(map(find_spec, EXTRAS[extra])):
        raise _missing(extra, cause)


def _missing(extra: str, cause: str) -> UserError:
    return UserError(
        cause, f"Run: pip install 'pypi-registry-conformance[{extra}]', or '.[{extra}]' in a checkout"
    )
