"""What the kill matrix runs: every fault, the checks that it names, and their neighbours."""

from __future__ import annotations

import tomllib
from collections import Counter
from functools import cache
from importlib import import_module
from importlib.resources import files
from pkgutil import walk_packages
from typing import TYPE_CHECKING, Any

import conformance.checks
from conformance.catalogue import BY_CHANCE, Level, catalogue
from conformance.profiles import profile
from conformance.run.keys import MARK
from conformance.verdicts import Verdict
from reference_server.faults import all_faults
from reference_server.flavours import all_flavours

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from conformance.report.check_result import CheckResult
    from reference_server.faults import Fault

PROFILES = {each.name: each.profile for each in all_flavours() if not each.deviates}
"""Flavours of the server that conform, and the profile that each is judged by."""

FEW, MANY = 3, 100
"""Examples (and rounds of a race) for checks that should pass, and for those that should fail."""

DEVIATING = {Level.MUST: Verdict.FAILED, Level.SHOULD: Verdict.WARNED, Level.MAY: Verdict.NOTED}
CHECKED = {requirement.id: requirement for requirement in catalogue() if not requirement.untested}
CLIENTS = frozenset(name for name, row in CHECKED.items() if row.runs_clients)
"""Requirements whose checks run real clients."""
LOAD = frozenset(name for name, row in CHECKED.items() if row.area == "load")
"""Requirements that are judged under load, and in no other run."""
HTTP = CHECKED.keys() - CLIENTS - LOAD
FILES = {
    row["id"]: entry.name.removesuffix(".toml")
    for entry in files("conformance.catalogue").iterdir()
    if entry.name.endswith(".toml")
    for row in tomllib.loads(entry.read_text(encoding="utf-8")).get("requirement", ())
}
"""The file of the catalogue that each requirement is in."""

LONG = {file for file, rows in Counter(FILES.values()).items() if rows > 20}
"""Files with too many checks to run every fault against."""

FAULTS = [kind() for kind in all_faults() if kind.family == "content"]


@cache
def checks() -> dict[str, Callable[..., None]]:
    """Return every check's function, by the id of its requirement."""
    found: dict[str, Callable[..., None]] = {}
    for module in walk_packages(conformance.checks.__path__, "conformance.checks."):
        for function in vars(import_module(module.name)).values():
            marks: list[Any] = getattr(function, "pytestmark", [])
            found |= {mark.args[0]: function for mark in marks if mark.name == MARK}
    return found


def searches(name: str) -> bool:
    """Whether a check finds deviations by chance: among examples, or in a race."""
    code = checks()[name].__code__
    asked = code.co_varnames[: code.co_argcount]
    return bool({"examples", "rounds", "race", "raced", "watched"}.intersection(asked))


def by_chance(name: str) -> bool:
    """Whether a check need not find the same twice: it searches, or sees what earlier checks published."""
    return CHECKED[name].area in BY_CHANCE or searches(name)


def results_of(trial: Callable[..., Mapping[str, CheckResult]], fault: Fault) -> dict[str, CheckResult]:
    """Run a fault against the HTTP checks that it names and their neighbours; return every result."""
    named = HTTP.intersection(fault.caught_by)
    flavour = flavour_for(named)
    concerned = concerned_by(named, flavour)
    searching = set(filter(searches, named))
    rest = {name for name in concerned - searching if not searching or searches(name)}
    results = dict(trial(fault, rest, examples=FEW, rounds=FEW, flavour=flavour)) if rest else {}
    if searching:
        results |= trial(fault, concerned - rest, examples=MANY, flavour=flavour)
    return results


def results_of_clients(
    trial: Callable[..., Mapping[str, CheckResult]], fault: Fault
) -> dict[str, CheckResult]:
    """Run a fault against the client checks that it names; return their results."""
    named = CLIENTS.intersection(fault.caught_by)
    return dict(trial(fault, named)) if named else {}


def results_of_load(
    trial: Callable[[Fault], Mapping[str, CheckResult]], fault: Fault
) -> dict[str, CheckResult]:
    """Judge a fault under load if it names a requirement of that; return every result."""
    return dict(trial(fault)) if LOAD.intersection(fault.caught_by) else {}


def concerned_by(named: Collection[str], flavour: str) -> frozenset[str]:
    """Return the requirements with these neighbours, of those that a flavour is judged by."""
    groups = set(map(group, named))
    return frozenset(name for name in held_by(flavour) if group(name) in groups)


@cache
def held_by(flavour: str) -> frozenset[str]:
    """Return the requirements that a flavour is judged by, without those of real clients."""
    held = {row.id for row in catalogue().for_profile(profile(PROFILES[flavour]))}
    return frozenset(HTTP & held)


def flavour_for(named: Collection[str]) -> str:
    """Return the flavour on which a fault shows: the first that is judged by all of these."""
    return next(flavour for flavour in PROFILES if held_by(flavour).issuperset(named))


def group(name: str) -> str:
    """Return the neighbours of a requirement: the file of the catalogue, and the next word of a long one."""
    file = FILES[name]
    if file not in LONG:
        return file
    words = file.count(".") + 2 if name.startswith(f"{file}.") else 2
    return ".".join(name.split(".")[:words])


def red(results: Mapping[str, CheckResult]) -> dict[str, CheckResult]:
    """Return the results that name a deviation."""
    return {name: result for name, result in results.items() if result.verdict in DEVIATING.values()}
