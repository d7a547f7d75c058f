"""One request of one client to one project, with what came of it."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - msgspec reads the annotations
from dataclasses import dataclass
from enum import StrEnum
from math import inf


class Kind(StrEnum):
    """What a client asked for."""

    UPLOAD = "upload"
    DELETE = "delete"
    LIST = "list"
    DOWNLOAD = "download"


class Outcome(StrEnum):
    """What became of an upload, a deletion or a download."""

    DONE = "done"
    """An upload or a deletion was accepted; a download returned a file."""
    REFUSED = "refused"
    """An upload of a name that is taken, a deletion or a download of a file that does not exist."""
    UNKNOWN = "unknown"
    """No answer arrived: it may or may not have happened."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Operation:
    """An operation on a project, from its call to its return, in seconds of one clock.

    `content` is the digest of what was uploaded or downloaded. `listed` is what a page listed: file names with
    their digests, empty where the page gives none.
    """

    kind: Kind
    project: str
    called: float
    returned: float = inf
    file: str = ""
    content: str = ""
    listed: Mapping[str, str] | None = None
    outcome: Outcome = Outcome.DONE
    who: str = ""

    @property
    def reads(self) -> bool:
        """Whether it leaves the project as it is, whatever the order."""
        return self.kind in {Kind.LIST, Kind.DOWNLOAD} or self.outcome is Outcome.REFUSED

    @property
    def is_pending(self) -> bool:
        """Whether nothing is known of it but that it was asked for."""
        return self.outcome is Outcome.UNKNOWN
