"""What a fault is: one named misbehaviour at a seam of the server."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from reference_server.alterations import Alteration

if TYPE_CHECKING:
    from collections.abc import Collection


class Fault(Alteration):
    """One named misbehaviour.

    `caught_by` lists the ids of the requirements whose checks catch it, and `incident` names the public report
    that it reproduces, where there is one. The family is `content` (one rule is broken, everything else is right)
    or `trouble` (what goes wrong between client and server). `acts_on` names the routes whose requests it can affect;
    empty means all. The conditions `first` and `after` count these requests only.
    """

    acts_on: ClassVar[Collection[str]] = ()
    caught_by: ClassVar[tuple[str, ...]] = ()
    incident: ClassVar[str] = ""
    family: ClassVar[Literal["content", "trouble"]] = "content"


class Trouble(Fault):
    """What goes wrong between client and server. No specification forbids it."""

    family = "trouble"
