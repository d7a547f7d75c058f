"""What a fault is: one named misbehaviour, at one of a few seams of the good server."""

from __future__ import annotations

from typing import ClassVar, Literal

from reference_server.alterations import Alteration


class Fault(Alteration):
    """One named misbehaviour.

    `breaks` lists the ids of the requirements it violates, and `incident` names the public report that it is
    taken from, where there is one. The family is `content` (one rule broken, everything else right) or
    `trouble` (what goes wrong on the way, and clients have to live with).
    """

    breaks: ClassVar[tuple[str, ...]] = ()
    incident: ClassVar[str] = ""
    family: ClassVar[Literal["content", "trouble"]] = "content"
