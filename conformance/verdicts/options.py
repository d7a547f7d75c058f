"""How a run is carried out, as opposed to what it is carried out on."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path  # noqa: TC003 - dataclass fields are looked at while running

from platformdirs import user_state_path

from conformance.verdicts.baseline import EMPTY, Baseline


def default_ledger_folder() -> Path:
    """Return where ledgers are kept: the user's state folder."""
    return user_state_path("registry-conformance") / "ledgers"


@dataclass(kw_only=True)
class TrafficLimits:
    """What a run may cost its target."""

    max_requests: int = 5_000
    rate: float | None = None
    """Requests per second, or None for as fast as it goes."""
    timeout: float = 30.0
    """Seconds to wait for an answer."""


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """The options of a run.

    `examples` is how many examples a property may send; `seed` chooses them. `rounds` is how often a race is run.
    Without `shrink` a property ends with the first example that deviates.
    `read_only` publishes nothing and looks at `projects`, or at a few from the root.
    `keep` leaves on the target what the run has published.
    `client_timeout` is how many seconds a client may take.
    `baseline` lists the failures that are known; `requirement_set` is the frozen set that counts, None for all.
    """

    examples: int = 10
    seed: int = 0
    rounds: int = 15
    shrink: bool = True
    keep: bool = False
    read_only: bool = False
    projects: tuple[str, ...] = ()
    limits: TrafficLimits = field(default_factory=TrafficLimits)
    client_timeout: float = 60.0
    ca_bundle: Path | None = None
    ledger_folder: Path = field(default_factory=default_ledger_folder)
    baseline: Baseline = EMPTY
    requirement_set: str | None = None
