"""The result of one requirement."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from conformance.catalogue import Harm, Level, Requirement, Standing, catalogue
from conformance.verdicts import Verdict
from conformance.wire.exchange import Exchange

EXPLAINED = (
    Verdict.FAILED,
    Verdict.ERROR,
    Verdict.STALE,
    Verdict.WARNED,
    Verdict.NOTED,
    Verdict.KNOWN,
)
"""Verdicts that reports explain one by one, the worst first."""

DEVIATING = (Verdict.FAILED, Verdict.WARNED, Verdict.NOTED, Verdict.KNOWN, Verdict.STALE)
"""Verdicts of deviations."""

CLAIMED_FEATURES = "simple.claimed-features"
"""The requirement that what is claimed is found. What needs it is not judged, and stands under it."""

EXPRESSION = r"^[a-z0-9-]+(>=[0-9]+\.[0-9]+)?([+|][a-z0-9-]+(>=[0-9]+\.[0-9]+)?)*$"
"""Features, as `conformance.catalogue.features` reads them."""

HARMS = (*Harm,)
"""What deviations do, the worst first."""


class CheckResult(Struct, frozen=True, kw_only=True):
    """The result of one requirement."""

    id: Annotated[
        str,
        Meta(
            pattern=r"^[a-z][a-z0-9-]*(\.[a-z0-9][a-z0-9-]*)+$",
            description="The id of a requirement, such as `simple.html.doctype`.",
        ),
    ]
    level: Level
    standing: Standing
    verdict: Verdict
    message: Annotated[
        str, Meta(description="An explanation; of a passed check, which of its parts were left out, if any.")
    ]
    duration: Annotated[float, Meta(ge=0, description="In seconds.")]
    requests: Annotated[int, Meta(ge=0, description="Requests that the check itself caused.")]
    expected: Annotated[
        str, Meta(description="What the requirement asks for here; empty without a deviation.")
    ] = ""
    found: Annotated[str, Meta(description="What the target did instead; empty without a deviation.")] = ""
    where: Annotated[str, Meta(description="The exchange or file; empty without a deviation.")] = ""
    signature: Annotated[
        str, Meta(description="Tells one deviation from another; empty without a deviation.")
    ] = ""
    published: Annotated[
        tuple[str, ...],
        Meta(description="Of a deviation: the file names of the uploads behind what the check looked at."),
    ] = ()
    stopped_by: Annotated[
        str,
        Meta(
            pattern=r"^(budget|credential|time|throttling)?$",
            description="Of an error: the limit that kept the requirement from being judged; otherwise empty.",
        ),
    ] = ""
    cause: Annotated[
        str,
        Meta(
            description="Of a deviation that follows from another one, and of what was not judged because of it: the "
            "requirement at its root; otherwise empty."
        ),
    ] = ""
    may_follow_from: Annotated[
        str,
        Meta(
            description="Of a deviation that shows the defect of a requirement which was not judged: that one."
        ),
    ] = ""
    lacking: Annotated[
        tuple[Annotated[str, Meta(pattern=EXPRESSION)], ...],
        Meta(
            description="Of a requirement that does not apply: what it needs and the target does not offer, such as "
            "`json>=1.1`; of alternatives, `html|json`."
        ),
    ] = ()
    optional: Annotated[
        str,
        Meta(
            description="Of a deviation that is noted, being optional: the setting that asks for it; otherwise empty."
        ),
    ] = ""
    scored: Annotated[bool, Meta(description="Whether it counts for the exit code.")] = True
    exchanges: Annotated[
        tuple[Exchange, ...],
        Meta(description="The last requests that the check looked at, cached ones among them."),
    ]

    @property
    def area(self) -> str:
        """The first segment of the id."""
        return self.id.partition(".")[0]

    @property
    def requirement(self) -> Requirement | None:
        """The row of the catalogue; None where the catalogue, being of another version, lacks it."""
        return catalogue().requirements.get(self.id)

    @property
    def statement(self) -> str:
        """The statement of the requirement."""
        return self.requirement.statement if self.requirement else "This catalogue has no such requirement."

    @property
    def affects(self) -> str:
        """Who suffers from a deviation."""
        return self.requirement.affects if self.requirement else ""

    @property
    def harm(self) -> Harm:
        """What the deviation does to people."""
        return self.requirement.harm if self.requirement else Harm.DEVIATES

    @property
    def does_harm(self) -> bool:
        """Whether it is a deviation that endangers people or their files."""
        return bool(self.signature) and self.harm in {Harm.UNSAFE, Harm.DATA_LOSS}

    @property
    def source(self) -> str:
        """The source of the rule, by title and anchor."""
        return catalogue().cite(self.requirement) if self.requirement else ""

    @property
    def source_url(self) -> str:
        """The address of the source with its anchor; empty where it has none."""
        return catalogue().link(self.requirement) if self.requirement else ""

    @property
    def about_baseline(self) -> str:
        """What the baseline has to do with the verdict; empty where it has nothing."""
        return self.message.partition("\n")[0] if self.verdict in {Verdict.KNOWN, Verdict.STALE} else ""

    @property
    def possible_cause(self) -> str:
        """The requirement that may be at the root, with its statement; empty where the run has judged it."""
        root = catalogue().requirements.get(self.may_follow_from)
        return f"{root.id}, which this run did not judge: {root.statement}" if root else ""

    @property
    def passed(self) -> bool:
        """Whether the target did as required, even where a baseline lists it."""
        return self.verdict in {Verdict.PASSED, Verdict.STALE} and not self.signature

    def as_json(self) -> dict[str, Any]:
        """Return the result as a JSON object."""
        table: dict[str, Any] = msgspec.to_builtins(self)
        return table
