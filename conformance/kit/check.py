"""Marks the check of a requirement."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

Function = TypeVar("Function", bound="Callable[..., None]")


def check(requirement_id: str) -> Callable[[Function], Function]:
    """Mark a function as the check of one requirement: `@check("gitlab.upload.wheel")`."""
    return pytest.mark.requirement(requirement_id)
