"""What a fault is: one named misbehaviour at a seam of the server."""

from __future__ import annotations

from typing import ClassVar, Literal

from reference_server.alterations import Alteration


class Fault(Alteration):
    """One named misbehaviour.

    `caught_by` lists the ids of the requirements whose checks catch it, and `incident` names the public report
    that it reproduces, where there is one. The family is `content` (one rule is broken, everything else is right),
    `trouble` (what goes wrong between client and server) or `habit` (nothing is wrong, but callers have to cope).
    """

    caught_by: ClassVar[tuple[str, ...]] = ()
    incident: ClassVar[str] = ""
    family: ClassVar[Literal["content", "trouble", "habit"]] = "content"


class Trouble(Fault):
    """What goes wrong between client and server. No specification forbids it."""

    family = "trouble"


class Habit(Fault):
    """What registries in production do: no specification forbids it, but callers have to cope with it."""

    family = "habit"
