"""Every option of a run, declared once: flags, pytest options, CI inputs and RunOptions are made from this."""

from __future__ import annotations

import pickle
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.verdicts import option_types
from conformance.verdicts.declaration import Group, Input, Option, declared_in, option, switch
from conformance.verdicts.target_options import SENDING, TARGET

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.profiles import Profile
    from conformance.verdicts.baseline import Baseline

PUBLISHING = SENDING - {"doctor"}
JUDGING = frozenset({"run", "replay"})
RUN = frozenset({"run"})
RESULTS = frozenset({"run", "load"})

SELECTION = (
    Option(
        name="keyword",
        flag="-k",
        metavar="EXPRESSION",
        help="run only the checks that match an expression, as with `pytest -k`",
        group=Group.CHECKS,
        commands=RUN,
        in_pytest=False,
        input=Input(name="checks"),
    ),
    Option(
        name="exit_first",
        flag="-x",
        help="stop at the first failure",
        group=Group.CHECKS,
        commands=RUN,
        in_pytest=False,
    ),
    Option(
        name="processes",
        flag="-n",
        metavar="N",
        help="number of worker processes, or auto for one per CPU (four per CPU where the registry is slow)",
        default="one process",
        read=option_types.processes,
        group=Group.CHECKS,
        commands=RUN,
        in_pytest=False,
        input=Input(name="processes", default="auto"),
    ),
)
"""Which checks are run, and by how many processes; pytest has options of its own for these."""

RESULT = Option(
    name="json",
    flag="--json",
    metavar="FILE",
    help="write the result to FILE, for `report`, `compare`, `replay` and `baseline`",
    read=option_types.writable,
    group=Group.REPORTS,
    commands=RESULTS,
)


@dataclass(frozen=True, kw_only=True)
class TrafficLimits:
    """What a run may cost its target and itself: requests, bytes and seconds in all, and requests per second."""

    max_requests: int = option(
        10_000,
        "--max-requests",
        "stop after N requests in all",
        metavar="N",
        read=option_types.positive(int),
        group=Group.LIMITS,
        commands=SENDING,
        input=Input(name="max-requests"),
    )
    rate: float | None = option(
        None,
        "--rate",
        "send at most N requests per second",
        default="no limit",
        metavar="N",
        read=option_types.positive(float),
        group=Group.LIMITS,
        commands=SENDING,
        input=Input(name="rate"),
    )
    max_time: float | None = option(
        None,
        "--max-time",
        "start no further check after SECONDS",
        default="no limit",
        metavar="SECONDS",
        read=option_types.positive(float),
        group=Group.LIMITS,
        commands=JUDGING,
        input=Input(name="max-time"),
    )
    at_once: int = option(
        8,
        "--at-once",
        "send up to N requests at once, in each process, to a registry that is far away",
        metavar="N",
        read=option_types.positive(int),
        group=Group.LIMITS,
        commands=SENDING,
    )
    max_megabytes: float = option(
        3_000,
        "--max-megabytes",
        "stop after N MB of responses in all",
        metavar="N",
        read=option_types.positive(float),
        group=Group.LIMITS,
        commands=SENDING,
    )
    timeout: float = option(
        30.0,
        "--timeout",
        "wait up to SECONDS for a response",
        default="30",
        metavar="SECONDS",
        read=option_types.positive(float),
        group=Group.LIMITS,
        commands=SENDING,
    )
    answer_time: float = option(
        120.0,
        "--answer-time",
        "stop reading a response after SECONDS in all",
        default="120",
        metavar="SECONDS",
        read=option_types.positive(float),
        group=Group.LIMITS,
        commands=SENDING,
    )


@dataclass(frozen=True, kw_only=True)
class RunOptions(TrafficLimits):
    """The options of a run.

    Without `shrink` a property ends with the first example that deviates. `client_timeout` is how many
    seconds a client may take. `requirement_set` is the frozen set that is scored, None for all.
    """

    ca_bundle: Path | None = option(
        None,
        "--ca-bundle",
        "PEM file of the certificate authorities to trust",
        default="those of certifi",
        metavar="FILE",
        read=option_types.certificates,
        group=Group.TARGET,
        commands=SENDING,
        input=Input(name="ca-bundle"),
    )
    examples: int = option(
        10,
        "--examples",
        "generate N inputs for each property-based check",
        metavar="N",
        read=option_types.positive(int),
        group=Group.RUN,
        commands=JUDGING,
        input=Input(name="examples"),
    )
    seed: int = option(
        0,
        "--seed",
        "seed for choosing examples, or `random`",
        default="0",
        metavar="N",
        read=option_types.seed,
        group=Group.RUN,
        commands=RUN,
    )
    rounds: int = option(
        90,
        "--rounds",
        "repeat each concurrency check up to N times, fewer where that takes seconds",
        metavar="N",
        read=option_types.positive(int),
        group=Group.RUN,
        commands=JUDGING,
    )
    read_only: bool = switch(
        "--read-only",
        "publish nothing; judge the projects that are already there",
        group=Group.RUN,
        commands=frozenset({"run", "doctor"}),
        input=Input(name="read-only", default="false", choices=("false", "true")),
    )
    projects: tuple[str, ...] = option(
        (),
        "--project",
        "project to judge with --read-only; may be repeated",
        default="a few from the root page",
        metavar="NAME",
        repeats=True,
        group=Group.RUN,
        commands=frozenset({"run", "doctor"}),
    )
    keep: bool = switch("--keep", "do not delete what the run published", group=Group.RUN, commands=RESULTS)
    ledger_folder: Path = option(
        option_types.default_ledger_folder,
        "--ledgers",
        "directory of ledgers, the records of published files",
        default="the user's state directory",
        metavar="DIRECTORY",
        read=Path,
        group=Group.RUN,
        commands=PUBLISHING,
    )
    baseline: Baseline = option(
        option_types.no_baseline,
        "--baseline",
        "file of known failures, written by `registry-conformance baseline`",
        default="",
        metavar="FILE",
        read=option_types.baseline,
        group=Group.REPORTS,
        commands=RESULTS,
        input=Input(name="baseline", text="file of known failures"),
    )
    requirement_set: str | None = option(
        None,
        "--set",
        "score only the requirements of a frozen set, such as 2026.11",
        default="score all",
        metavar="NAME",
        read=option_types.requirement_set,
        group=Group.REPORTS,
        commands=RESULTS,
        input=Input(name="set"),
    )
    plain_clients: bool = switch(
        "--plain-clients",
        "start a new Python for each run of pip and twine; on Linux most are forks of one that has imported them",
        group=Group.RUN,
        commands=JUDGING,
    )
    clients: str = option(
        "",
        "--clients",
        "then publish and install with these clients, such as 'pip==23.2.1,uv,twine,pdm'; those that are not "
        "prepared are installed from a package index first",
        default="none",
        metavar="LIST",
        group=Group.RUN,
        commands=RUN,
        in_pytest=False,
    )
    settle: float = option(
        5.0,
        "--settle",
        "wait up to SECONDS until pages show what was published; 0 reads them once",
        default="5",
        metavar="SECONDS",
        read=option_types.positive(float, or_zero=True),
        group=Group.LIMITS,
        commands=JUDGING | RESULTS,
        input=Input(name="settle"),
    )
    shrink: bool = True
    client_timeout: float = 60.0

    def under(self, profile: Profile) -> RunOptions:
        """Return the options of a run with a profile: where it has no uploads to judge, nothing is published."""
        return replace(self, read_only=self.read_only or profile.read_only)

    def packed(self) -> bytes:
        """Return the options as bytes, for another process of this run."""
        return pickle.dumps(self)


OPTIONS = (*TARGET, *declared_in(RunOptions), *SELECTION, RESULT)
"""Every option that is declared here."""


def options_from(given: Mapping[str, Any], **otherwise: Any) -> RunOptions:
    """Return the options of a run from the values that were given, by name; `otherwise` outweighs the defaults."""
    names = {each.name for each in fields(RunOptions)}
    values = {name: value for name, value in {**otherwise, **given}.items() if name in names}
    values["projects"] = tuple(values.get("projects", ()))
    return RunOptions(**values)


def unpacked(packed: bytes) -> RunOptions:
    """Return the options that another process of this run has packed."""
    options = pickle.loads(packed)  # noqa: S301 - it comes from our own first process, over a pipe
    assert isinstance(options, RunOptions)  # noqa: S101 - see above
    return options


def target_arguments(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments that name a target, None for those that were not given."""
    return {each.name: given.get(each.name) for each in TARGET}
