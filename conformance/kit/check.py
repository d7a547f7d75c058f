"""Marks the check of a requirement."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

Function = TypeVar("Function", bound="Callable[..., None]")


def check(requirement_id: str, *, last: bool = False, alone: bool = False) -> Callable[[Function], Function]:
    """Mark a function as the check of one requirement: `@check("gitlab.upload.wheel")`.

    With `last` it runs after the others: a registry may treat the run in another way from then on.
    Where checks are judged at once, no other one of its process runs beside it if it is to be `alone`.
    """
    return pytest.mark.requirement(requirement_id, last=last, alone=alone)
