"""What the checks of negotiation share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from conformance.checks.negotiation.ask import Ask

if TYPE_CHECKING:
    from conformance.kit.fixtures import Index


@pytest.fixture(scope="session")
def ask(index: Index) -> Ask:
    """What asks for a page with any Accept header."""
    return Ask(index)
