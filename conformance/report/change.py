"""One requirement on which two results differ."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

ABSENT = "absent"


class Kind(StrEnum):
    """How a requirement changed, what matters most first."""

    REGRESSED = "regressed"
    DIFFERENT = "different"
    FIXED = "fixed"
    UNJUDGED = "not judged"
    JUDGED = "judged again"
    NEW = "new"
    GONE = "gone"


class Change(Struct, frozen=True, kw_only=True):
    """A requirement on which two results differ."""

    kind: Annotated[
        Kind,
        Meta(
            description="`different`: as bad as before, in another way. `not judged`, `judged again`: not applicable, "
            "untestable or an error on one side. `new`, `gone`: in one result only."
        ),
    ]
    id: str
    before: Annotated[str, Meta(description="The verdict in the earlier result; `absent` where it has none.")]
    after: Annotated[str, Meta(description="The verdict in this result; `absent` where it has none.")]


class Since(Struct, frozen=True, kw_only=True):
    """What changed since an earlier result."""

    run: Annotated[str, Meta(description="The id of the earlier run.")]
    url: Annotated[
        str, Meta(description="The registry of the earlier run where it is another one; otherwise empty.")
    ] = ""
    both: Annotated[int, Meta(ge=0, description="The number of requirements in both results.")]
    changes: Annotated[tuple[Change, ...], Meta(description="What matters most first.")]

    @property
    def elsewhere(self) -> str:
        """Where the earlier run was, in words; empty where it was at the same registry."""
        return f" at another registry, {self.url}" if self.url else ""
