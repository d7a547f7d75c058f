"""Fixtures that a check can do without."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from conformance.verdicts import NotApplicable

if TYPE_CHECKING:
    import pytest


def if_applicable(request: pytest.FixtureRequest, name: str) -> Any:
    """Return the value of a fixture; None where it does not apply to the target."""
    with suppress(NotApplicable):
        return request.getfixturevalue(name)
    return None
