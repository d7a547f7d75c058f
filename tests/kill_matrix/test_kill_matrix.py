"""Every fault is caught by exactly the checks that it names, for the reasons that are kept in `observed/`.

"Exactly" holds among the neighbours of the named requirements (see `matrix.group`): what else a fault turns red is
kept as its consequences. Real clients take a second each, so only the named ones of their checks are run.
"""

from __future__ import annotations

import subprocess
import sys
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from conformance.run.run import CannotJudge
from conformance.verdicts import Verdict
from reference_server.faults import Fault, all_faults, fault_named

from .matrix import (
    CHECKED,
    CLIENTS,
    DEVIATING,
    FAULTS,
    FEW,
    HTTP,
    MANY,
    PROFILES,
    checks,
    concerned_by,
    flavour_for,
    held_by,
    red,
    results_of,
    results_of_clients,
)
from .signatures import Observation, Signature, observations
from .trial import RUN_ID

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from conformance.report.check_result import CheckResult

    Trial = Callable[..., Mapping[str, CheckResult]]

SURVIVORS: Mapping[str, str] = {}
"""Requirements without a fault, each with the reason."""

NAME = attrgetter("name")
TROUBLES = [kind() for kind in all_faults() if kind.family == "trouble" and "seconds" not in vars(kind())]
"""Faults that only delay responses are exempt: no registry fails for being slow."""
SEEN_BY_CLIENTS = [fault for fault in FAULTS if CLIENTS.intersection(fault.caught_by)]

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
def test_http_checks_catch_what_the_fault_names_and_no_more(fault: Fault, trial: Trial) -> None:
    named = HTTP.intersection(fault.caught_by)
    results = results_of(trial, fault)
    assert results.keys() == concerned_by(named, flavour_for(named))
    assert disagreements(results, named) == {}
    assert other_reasons(fault, results) == "", accept(fault)


@pytest.mark.parametrize("fault", SEEN_BY_CLIENTS, ids=NAME)
def test_client_checks_catch_what_the_fault_names(fault: Fault, trial: Trial) -> None:
    results = results_of_clients(trial, fault)
    assert disagreements(results, CLIENTS.intersection(fault.caught_by)) == {}
    assert other_reasons(fault, results) == "", accept(fault)


@pytest.mark.long
@pytest.mark.parametrize("flavour", sorted(PROFILES.keys() - {"reference"}))  # a plain run judges that one
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
    name: str, fault: str, trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    function = checks()[name]
    assert disagreements(trial(fault_named(fault), [name], examples=MANY), [name]) == {}
    monkeypatch.setattr(sys.modules[function.__module__], function.__name__, emptied(function))
    assert disagreements(trial(fault_named(fault), [name], examples=MANY), [name]) == {
        name: "passed, and should not: "
    }


def test_every_requirement_with_a_check_has_a_fault() -> None:
    broken = {name for kind in all_faults() for name in kind.caught_by}
    assert CHECKED.keys() - broken == SURVIVORS.keys()


@pytest.mark.parametrize(
    ("program", "published"),
    [("table.py", "docs/kill-matrix.md"), ("examples.py", "conformance/catalogue/examples.json")],
)
def test_what_is_published_is_this_matrix(program: str, published: str) -> None:
    written = subprocess.run(
        [sys.executable, Path(__file__).with_name(program)],
        capture_output=True,
        check=True,
        encoding="utf-8",
    )
    text = (Path(__file__).parents[2] / published).read_text(encoding="utf-8")
    assert text == written.stdout, f"python tests/kill_matrix/{program} > {published}"


def test_faults_name_requirements_with_checks() -> None:
    assert {name for kind in all_faults() for name in kind.caught_by} <= CHECKED.keys()


def test_every_requirement_with_a_check_has_one() -> None:
    assert checks().keys() == CHECKED.keys()


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


def other_reasons(fault: Fault, results: Mapping[str, CheckResult]) -> str:
    """Return how the reasons for what turned red differ from those that are kept; nothing where they are the same."""
    found = {name: Signature.of(result, RUN_ID) for name, result in red(results).items()}
    return "\n".join(observations().get(fault.name, Observation()).differences(found))


def accept(fault: Fault) -> str:
    """Return the command that keeps the reasons of a fault."""
    return f"if these reasons are right: python -m tests.kill_matrix.observe {fault.name}"


def emptied(check: Callable[..., None]) -> Callable[[], None]:
    """Return a check of the same requirement that always passes."""

    def returns_at_once() -> None:
        pass

    returns_at_once.pytestmark = check.pytestmark  # type: ignore[attr-defined]
    return returns_at_once
