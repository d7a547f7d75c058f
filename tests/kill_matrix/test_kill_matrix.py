"""Every fault is caught by exactly the checks that it names, for the reason that it names.

"Exactly" holds among the neighbours of the named requirements (see `group`): a fault is not run against checks of
something else. Real clients take a second each, so only the named ones of their checks are run.
"""

from __future__ import annotations

import subprocess
import sys
import tomllib
from collections import Counter
from importlib.resources import files
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from conformance.catalogue import Level, catalogue
from conformance.profiles import profile
from conformance.run.run import CannotJudge
from conformance.verdicts import Verdict
from reference_server.faults import Fault, all_faults, fault_named
from reference_server.flavours import FLAVOURS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from conformance.report.result import CheckResult

    Trial = Callable[..., Mapping[str, CheckResult]]
    Checks = Mapping[str, Callable[..., None]]

SURVIVORS: Mapping[str, str] = {}
"""Requirements without a fault, each with the reason."""

PROFILES = {each.name: each.profile for each in FLAVOURS}
"""Flavours of the server, and the profile that each is judged by."""

FEW, MANY = 3, 100
"""Examples (and rounds of a race) for checks that should pass, and for those that should fail."""

DEVIATING = {Level.MUST: Verdict.FAILED, Level.SHOULD: Verdict.WARNED, Level.MAY: Verdict.NOTED}
CHECKED = {requirement.id: requirement for requirement in catalogue() if not requirement.untested}
CLIENTS = frozenset(name for name in CHECKED if name.startswith("clients.") or name.endswith("-end-to-end"))
"""Requirements whose checks run real clients."""
HTTP = CHECKED.keys() - CLIENTS
FILES = {
    row["id"]: entry.name.removesuffix(".toml")
    for entry in files("conformance.catalogue").iterdir()
    if entry.name.endswith(".toml")
    for row in tomllib.loads(entry.read_text(encoding="utf-8")).get("requirement", ())
}
"""The file of the catalogue that each requirement is in."""

LONG = {file for file, rows in Counter(FILES.values()).items() if rows > 20}
"""Files with too many checks to run every fault against."""

NAME = attrgetter("name")
FAULTS = [kind() for kind in all_faults() if kind.family == "content"]
TROUBLES = [kind() for kind in all_faults() if kind.family == "trouble" and "seconds" not in vars(kind())]
"""Faults that only delay responses are exempt: no registry fails for being slow."""
SEEN_BY_CLIENTS = [fault for fault in FAULTS if set(fault.caught_by) - HTTP]

TELLING = {
    "gitlab.access.challenge",
    "gitlab.file.bytes-exact",
    "gitlab.page.lists-exactly-the-uploads",
    "http.range.honest",
    "negotiation.content-type.always",
    "negotiation.content-type.truthful",
}
"""Checks of pages, files, ranges and rejections."""

VACUOUS = {
    "gitlab.page.hash": "no-hashes",
    "gitlab.file.other-name-not-found": "files-found-by-digest",
    "gitlab.token.expired-refused": "expiry-ignored",
    "gitlab.project.encoded-path": "gitlab-projects-by-id-only",
    "gitlab.version.accepts-every-match": "capital-letter-refused",
    "clients.twine.duplicate-message": "duplicates-in-other-wording",
}
"""Checks of every level and kind, each with a fault that it catches."""


@pytest.mark.parametrize("fault", FAULTS, ids=NAME)
def test_http_checks_catch_what_the_fault_names_and_no_more(
    fault: Fault, trial: Trial, checks: Checks
) -> None:
    named = HTTP.intersection(fault.caught_by)
    flavour = flavour_for(named)
    concerned = {name for name in held_by(flavour) if group(name) in set(map(group, named))}
    searching = {name for name in named if searches(checks[name])}
    rest = {name for name in concerned - searching if not searching or searches(checks[name])}
    results = dict(trial(fault, rest, examples=FEW, rounds=FEW, flavour=flavour)) if rest else {}
    if searching:
        results |= trial(fault, concerned - rest, examples=MANY, flavour=flavour)
    assert results.keys() == concerned
    assert disagreements(results, named) == {}


@pytest.mark.parametrize("fault", SEEN_BY_CLIENTS, ids=NAME)
def test_client_checks_catch_what_the_fault_names(fault: Fault, trial: Trial) -> None:
    named = set(fault.caught_by) - HTTP
    assert disagreements(trial(fault, named), named) == {}


@pytest.mark.parametrize("flavour", PROFILES)
def test_a_server_without_faults_passes(flavour: str, trial: Trial) -> None:
    results = trial(Fault(), held_by(flavour), examples=FEW, rounds=FEW, flavour=flavour)
    assert disagreements(results, set()) == {}


@pytest.mark.parametrize("fault", TROUBLES, ids=NAME)
def test_no_run_is_green_on_a_server_in_trouble(fault: Fault, trial: Trial) -> None:
    try:
        results = trial(fault, TELLING)
    except CannotJudge:
        return
    assert {result.verdict for result in results.values()} != {Verdict.PASSED}


def test_a_run_is_green_without_trouble(trial: Trial) -> None:
    assert {result.verdict for result in trial(Fault(), TELLING).values()} == {Verdict.PASSED}


@pytest.mark.parametrize(("name", "fault"), VACUOUS.items(), ids=list(VACUOUS))
def test_an_empty_check_is_noticed(
    name: str, fault: str, trial: Trial, checks: Checks, monkeypatch: pytest.MonkeyPatch
) -> None:
    function = checks[name]
    assert disagreements(trial(fault_named(fault), [name], examples=MANY), [name]) == {}
    monkeypatch.setattr(sys.modules[function.__module__], function.__name__, emptied(function))
    assert disagreements(trial(fault_named(fault), [name], examples=MANY), [name]) == {
        name: "passed, and should not: "
    }


def test_every_requirement_with_a_check_has_a_fault() -> None:
    broken = {name for kind in all_faults() for name in kind.caught_by}
    assert CHECKED.keys() - broken == SURVIVORS.keys()


def test_the_published_table_is_this_matrix() -> None:
    written = subprocess.run(
        [sys.executable, Path(__file__).with_name("table.py")],
        capture_output=True,
        check=True,
        encoding="utf-8",
    )
    published = Path(__file__).parents[2] / "docs" / "kill-matrix.md"
    assert published.read_text(encoding="utf-8") == written.stdout, "python tests/kill_matrix/table.py > it"


def test_faults_name_requirements_with_checks() -> None:
    assert {name for kind in all_faults() for name in kind.caught_by} <= CHECKED.keys()


def test_every_requirement_with_a_check_has_one(checks: Checks) -> None:
    assert checks.keys() == CHECKED.keys()


def disagreements(results: Mapping[str, CheckResult], broken: Collection[str]) -> dict[str, str]:
    """Return what is wrong with each result: a missed fault, a wrong failure, or no reason."""
    wrong = {}
    for name in results.keys() | set(broken):
        result = results.get(name)
        requirement = CHECKED[name]
        if result is None:
            wrong[name] = "was not run"
        elif name not in broken and result.verdict in DEVIATING.values():
            wrong[name] = f"{result.verdict}, and no fault names it: {result.message}"
        elif name in broken and result.verdict != DEVIATING[requirement.level]:
            wrong[name] = f"{result.verdict}, and should not: {result.message}"
        elif name in broken and not result.message.startswith(requirement.statement):
            wrong[name] = f"does not say what is required: {result.message}"
        elif result.verdict == Verdict.ERROR:
            wrong[name] = f"error: {result.message}"
    return wrong


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


def searches(check: Callable[..., None]) -> bool:
    """Whether a check finds deviations by chance: among examples, or in a race."""
    asked = check.__code__.co_varnames[: check.__code__.co_argcount]
    return bool({"examples", "rounds", "race", "raced", "watched"}.intersection(asked))


def emptied(check: Callable[..., None]) -> Callable[[], None]:
    """Return a check of the same requirement that always passes."""

    def returns_at_once() -> None:
        pass

    returns_at_once.pytestmark = check.pytestmark  # type: ignore[attr-defined]
    return returns_at_once
