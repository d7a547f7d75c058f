"""Runs the suite on the server with one change, each in a process of its own."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import os
import resource
import sys
import tempfile
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.catalogue import catalogue
from conformance.profiles import profile
from conformance.run.checks_run import run_checks
from conformance.run.run import CannotJudge
from conformance.run.selection import Selection
from conformance.target import target_from_table
from conformance.verdicts.options import RunOptions
from reference_server.flavours import flavour_named
from reference_server.flavours.deviations import deviating
from tests.kill_matrix.matrix import HTTP
from tests.mutants.mutations import Mutation, mutated
from tests.mutants.results import NEVER_STARTED
from tests.trials import processes as processes_of_trials
from tests.trials.kept import ROOT

if TYPE_CHECKING:
    from types import CodeType, ModuleType

    from conformance.report.result import RunResult

Batch = tuple[str, list[str]]
"""A flavour, and the checks to judge it by."""
Report = Callable[[Mutation, str, str, float], None]

SHARED = "reference_server.distributions"
"""The only room of the server that the suite uses, too: it makes what is uploaded."""
MAX_FILE_SIZE = 200_000
"""Bytes: what makes the checks of the size limit as quick as the others."""
MEGABYTES_50 = 50 * 1024 * 1024
"""Bytes: the limit that GitLab documents. A server that is changed in this is judged with its own."""
OPTIONS = RunOptions(rounds=5, settle=0.02, shrink=False)
SHOWN = 200
"""Characters of a message that are kept."""
MEMORY = 2 << 30
"""Bytes of address space beyond what the first process has: a change may loop."""

MANY: Mapping[str, str] = {f"{flavour}, many projects": flavour for flavour in ("reference", "gitlab")}
"""Flavours with more projects than a page writes in one piece."""
PROJECTS = 5_200
OF_LISTS = ("simple.", "negotiation.", "http.", "consistency.", "robustness.")
"""The areas that judge lists of projects."""

DEVIATING = ("failed", "error", "warned", "noted")
"""Verdicts that tell a mutant from the server as it is, the strongest first."""


class _Changed(importlib.machinery.SourceFileLoader):
    """Loads a module with a mutation."""

    def __init__(self, name: str, path: str, index: int) -> None:
        super().__init__(name, path)
        self._index = index

    def get_code(self, fullname: str) -> CodeType:  # noqa: ARG002 - as importlib calls it
        source = Path(self.path).read_text(encoding="utf-8")
        return compile(mutated(source, self._index), self.path, "exec", dont_inherit=True)


class _Finder(importlib.abc.MetaPathFinder):
    """Finds the one module that is changed."""

    def __init__(self, mutation: Mutation) -> None:
        path = Path(mutation.file).with_suffix("")
        parts = path.parts[:-1] if path.name == "__init__" else path.parts
        self._name, self._mutation = ".".join(parts), mutation

    def find_spec(
        self,
        name: str,
        path: object = None,  # noqa: ARG002 - as importlib calls it
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> Any:
        if name != self._name:
            return None
        file = str(ROOT / self._mutation.file)
        loader = _Changed(name, file, self._mutation.index)
        return importlib.util.spec_from_file_location(name, file, loader=loader)


CLAIMED: Mapping[str, list[str]] = {"pypi": ["attestations"]}
"""By flavour, features that it has in part, and does not claim."""

BEYOND_REACH: Mapping[str, tuple[str, ...]] = {
    "pypi": ("attestation.upload.must-verify",),
    "gitlab-13.4": (
        "gitlab.group.",
        "gitlab.matrix.group-",
        "gitlab.rest.delete-absent-file-",
        "gitlab.access.members-only-",
        "gitlab.access.open-",
        "gitlab.token.job-elsewhere-",
        "gitlab.token.job-allowed",
        "gitlab.upload.versions-of-one-project",
    ),
}
"""By flavour, the beginnings of what it cannot be judged by: it reads attestations, and cannot verify them; or groups
and settings came later."""


def forget_server() -> None:
    """Let the next import load the server's modules again, but for those that the suite uses."""
    for name in list(sys.modules):
        if name.split(".")[0] == "reference_server" and not name.startswith(SHARED) and "." in name:
            del sys.modules[name]


def held_by(flavour: str) -> frozenset[str]:
    """Return the requirements that a flavour meets, without those of real clients."""
    if flavour in MANY:
        return frozenset(row for row in held_by(MANY[flavour]) if row.startswith(OF_LISTS))
    kind = flavour_named(flavour)
    rows = catalogue().for_profile(profile(kind.profile))
    return frozenset(
        name
        for name in HTTP & {row.id for row in rows} - deviating(flavour)
        if not name.startswith(BEYOND_REACH.get(flavour, ()))
    )


def judged(checks: Collection[str], flavour: str, *, exit_first: bool = False) -> RunResult:
    """Return the result of a choice of checks on a new server."""
    from reference_server.rules import Rules
    from reference_server.rules.rules import DOCUMENTED_MAX_FILE_SIZE
    from reference_server.serving.in_process import ReferenceServer
    from reference_server.sources.generated import GeneratedIndex

    is_as_documented = DOCUMENTED_MAX_FILE_SIZE == MEGABYTES_50
    rules = replace(Rules(), max_file_size=MAX_FILE_SIZE) if is_as_documented else Rules()
    generated = GeneratedIndex(projects=PROJECTS) if flavour in MANY else None
    named = MANY.get(flavour, flavour)
    with ReferenceServer(rules=rules, flavour=named, generated=generated) as server:
        table = server.target()
        table["features"] += CLAIMED.get(flavour, [])
        target = target_from_table(table, embedded=True)
        return run_checks(target, OPTIONS, Selection(only=frozenset(checks), exit_first=exit_first))


@dataclass(frozen=True, kw_only=True)
class Trial:
    """A mutation, and the checks that are to notice it, batch by batch."""

    mutation: Mutation
    batches: list[Batch]


def outcome(batches: Iterable[Batch]) -> tuple[str, str]:
    """Run batches of checks until one of them fails. Return what came of it, and the row that says so.

    The server as it is leaves no check without something to judge by: where one is untestable, the change shows, and no
    requirement says so.
    """
    found: dict[str, str] = {}
    for flavour, batch in batches:
        try:
            result = judged(batch, flavour, exit_first=True)
        except CannotJudge as refusal:
            return "refused", str(refusal).splitlines()[0][:SHOWN]
        found = {str(each.verdict): each.id for each in result.results} | found
        if "failed" in found or "error" in found:
            break
    verdict = next((each for each in (*DEVIATING, "untestable") if each in found), "survived")
    return verdict, found.get(verdict, "")


def _try(trial: Trial) -> tuple[str, str]:
    """Be the process of one mutation. Returns what came of it, and the row that says so."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["PYTEST_DEBUG_TEMPROOT"] = folder
        limit = resource.getpagesize() * int(Path("/proc/self/statm").read_text().split()[0]) + MEMORY
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        sys.meta_path.insert(0, _Finder(trial.mutation))
        forget_server()
        try:
            import_module("reference_server.serving.in_process")
        except BaseException as error:  # noqa: BLE001 - whatever a change does to a module
            return NEVER_STARTED, _line(error)
        try:
            return outcome(trial.batches)
        except BaseException as error:  # noqa: BLE001 - whatever a change does to the run around it
            return "refused", _line(error)


def _line(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:SHOWN]


def run_trials(trials: Iterable[Trial], *, processes: int, seconds: float, report: Report) -> None:
    """Run trials, so many at a time; one that takes longer than these seconds of processor time is ended.

    `report` is called with mutation, verdict, row and seconds of each.
    """
    processes_of_trials.run_trials(
        trials,
        _try,
        processes=processes,
        seconds=seconds,
        report=lambda trial, answer, took: report(trial.mutation, *answer, took),
        died=("refused", "the process died"),
        no_end=("no end", f"{seconds:.0f} s"),
    )
