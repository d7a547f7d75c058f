"""An example of a registry that breaks each requirement: what a fault does, and what the check finds.

`examples.json` is made from what the project's tests observe of every fault (`tests/kill_matrix/examples.py`).
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import msgspec
from msgspec import Struct


class Example(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How one requirement is broken.

    `does` is what the `fault` of the reference server does, and `expected`, `found` and `where` are what the check
    says of it: `found` and `where` are empty where chance decides them. `<run>` and the like stand for what differs
    between runs, `…` for what was left out. `others` are further faults that break the requirement.
    """

    fault: str
    does: str
    expected: str
    found: str
    where: str
    others: tuple[str, ...]


@cache
def examples() -> dict[str, Example]:
    """Return the examples by the id of the requirement; a requirement without a check has none."""
    text = files(__package__).joinpath("examples.json").read_bytes()
    return msgspec.json.decode(text, type=dict[str, Example])
