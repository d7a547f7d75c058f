"""Why a driver does not do what it was asked for."""

from __future__ import annotations

from conformance.verdicts import Untestable


class CannotDo(Untestable):
    """The registry, or its API, refuses what a driver was asked for. `str()` is the reason."""


class NotThere(CannotDo):
    """The registry's API does not know the file, release or project that is to be changed."""


class NotFound(NotThere):
    """A search of the registry does not find it. A search may find a release later than its pages list it."""


class Promised(CannotDo):
    """The registry has accepted a deletion without doing it yet (202). Its pages show whether it was done."""
