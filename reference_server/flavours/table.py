"""The table of all flavours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reference_server.flavours.gitlab import GITLAB, GITLAB_13_4
from reference_server.flavours.pypi import PYPI
from reference_server.flavours.reference import REFERENCE

if TYPE_CHECKING:
    from reference_server.flavours.flavour import Flavour

FLAVOURS: tuple[Flavour, ...] = (REFERENCE, PYPI, GITLAB_13_4, GITLAB)
"""All flavours. A new one needs a module and a place here. The first one of a profile is its default."""
