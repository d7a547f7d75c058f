"""What a registry claims, and has lost: one finding, with what is not judged because of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from conformance.catalogue import catalogue
from conformance.catalogue.features import features_in, satisfiable
from conformance.report.formats import FORMATS
from conformance.report.result_file import concealed_result
from conformance.run.checks_run import run_checks
from conformance.run.selection import Selection
from conformance.target import target_from_table
from conformance.target.claims import EVIDENCE, OF_SOME_PROJECTS, OF_UPLOADS
from conformance.verdicts import ExitCode, Verdict
from conformance.verdicts.options import RunOptions
from reference_server import ReferenceServer
from reference_server.distributions import wheel

from .losses import LOSSES, Failing, Lost

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from conformance.report.result import RunResult
    from reference_server.faults import Fault

pytestmark = pytest.mark.usefixtures("own_folder")

ROW = "simple.claimed-features"
BY_PROFILE = frozenset({"group", "rest"})
"""What is claimed without a word in `features`."""

EVERYTHING = frozenset().union(*(features_in(row.feature) for row in catalogue()))
FEW = {
    name: sorted(
        row.id
        for row in catalogue()
        if not satisfiable(row.feature, EVERYTHING - {name})
        and row.untested is None
        and row.area not in {"clients", "race"}
    )[:2]
    for name in LOSSES
}
"""A few requirements that need each feature."""


def judge(
    *faults: Fault, claims: Iterable[str], rows: Iterable[str], flavour: str = "reference", **changes: Any
) -> RunResult:
    """Judge a server that claims some features by some requirements."""
    with ReferenceServer(faults=faults, flavour=flavour) as server:
        table: Mapping[str, Any] = server.target() | {"features": sorted(claims)} | changes
        target = target_from_table(table, embedded=True)
        options = RunOptions(examples=1, settle=0.02)
        return run_checks(target, options, Selection(only=frozenset(rows)))


def of_json_api(feature: str) -> dict[str, str]:
    """Return the flavour that offers a feature."""
    return {"flavour": "pypi"} if feature == "json-api" else {}


@pytest.mark.parametrize("feature", LOSSES)
def test_what_is_claimed_and_lost_is_one_finding(feature: str) -> None:
    claims = {feature} - BY_PROFILE
    result = judge(Lost(feature), claims=claims, rows=[ROW, *FEW[feature]], **of_json_api(feature))
    (cause,) = result.of(Verdict.FAILED)
    assert (cause.id, result.exit_code) == (ROW, ExitCode.DEVIATES)
    assert f"not found: {feature} (" in cause.found
    assert cause.exchanges
    unjudged = result.of(Verdict.UNTESTABLE)
    assert {each.cause for each in unjudged if f"{feature}: claimed" in each.message} == (
        {ROW} if FEW[feature] else set()
    )
    assert result.consequences()[ROW] == [each for each in unjudged if each.cause]
    assert result.causes()[0] == cause


@pytest.mark.parametrize(
    "feature", sorted(LOSSES.keys() - BY_PROFILE - {"json-api"})
)  # the profile pypi claims it
def test_what_is_lost_and_was_never_claimed_is_not_applicable(feature: str) -> None:
    result = judge(Lost(feature), claims=(), rows=[ROW, *FEW[feature]])
    assert not result.of(Verdict.FAILED)
    assert {each.verdict for each in result.results if feature in each.lacking} <= {Verdict.NOT_APPLICABLE}


@pytest.mark.parametrize(
    ("flavour", "never"),
    [("reference", {"cache", "cors", "json-api"}), ("pypi", {"auth-read", "cache", "local-versions"})],
)
def test_what_is_claimed_and_there_is_no_finding(flavour: str, never: set[str]) -> None:
    result = judge(claims=EVIDENCE.keys() - never, rows=[ROW], flavour=flavour)
    assert [each.verdict for each in result.results] == [Verdict.PASSED]


@pytest.mark.parametrize("feature", ["json", "html", "range", "conditional", "gzip"])
def test_what_is_lost_in_part_is_judged_as_it_is(feature: str) -> None:
    """The first project is as ever; the others have lost it."""
    part = Lost(feature, of=lambda request: "-main" not in request.path and "_main" not in request.path)
    rows = [ROW, *FEW[feature]]
    lost, whole = (judge(*faults, claims={feature}, rows=rows) for faults in ([part], []))
    assert {each.verdict for each in lost.results if each.id == ROW} == {Verdict.PASSED}
    judged = [{each.id for each in result.results if each.verdict.judged} for result in (lost, whole)]
    assert judged[0] == judged[1]


@pytest.mark.parametrize("feature", sorted(OF_SOME_PROJECTS))
def test_what_nothing_shows_without_a_driver_is_untestable(feature: str) -> None:
    rows = [ROW, *(row.id for row in catalogue() if row.feature == feature and not row.untested)][:4]
    urls = {"profile": "pep503-upload", "layout": "gitlab-project", "management": None}
    with ReferenceServer(faults=[Lost("requires-python")]) as server:
        table = {**server.target(), **urls, "features": [feature]}
        del table["management"]
        target = target_from_table(table, embedded=True)
        result = run_checks(target, RunOptions(examples=1), Selection(only=frozenset(rows)))
    assert not result.of(Verdict.FAILED)
    for each in result.of(Verdict.UNTESTABLE):
        assert "driver" in each.message


@pytest.mark.parametrize("feature", sorted(OF_UPLOADS))
@pytest.mark.parametrize("named", [(), ("one",)], ids=["picked", "named"])
def test_what_only_uploads_show_is_untestable_in_a_run_that_publishes_nothing(
    feature: str, named: tuple[str, ...]
) -> None:
    rows = frozenset({ROW, *FEW[feature]})
    with ReferenceServer() as server:
        built = wheel("one", "1.0")
        server.registry.publish(built.filename, built.content)
        table = {**server.target(), "features": sorted({feature, "upload-time"})}
        options = RunOptions(read_only=True, projects=named)
        result = run_checks(target_from_table(table, embedded=True), options, Selection(only=rows))
    assert result.verdict_by_id[ROW] is Verdict.PASSED
    untestable = result.of(Verdict.UNTESTABLE)
    assert {each.id for each in untestable} == {*FEW[feature]}
    assert all("only uploads show it" in each.message for each in untestable)


def test_a_choice_without_the_row_is_not_green() -> None:
    result = judge(Lost("json"), claims={"json"}, rows=[*FEW["json"], "simple.html.doctype"])
    assert result.exit_code is ExitCode.TOO_LITTLE_JUDGED
    assert "json: claimed by `features` in registry.toml, and not found" in result.summary.reasons[0]


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "badge"])
def test_every_report_names_the_claim(name: str) -> None:
    result = concealed_result(judge(Lost("json"), claims={"json"}, rows=[ROW, *FEW["json"]]))
    text = FORMATS[name].render(result)
    assert ROW in text
    assert "not found: json" in text


def test_attestations_that_are_claimed_and_ignored_are_one_cause() -> None:
    """The reference server takes whatever comes in the field."""
    rows = [row.id for row in catalogue() if row.area == "attestation" and not row.untested]
    result = judge(claims={"attestations"}, rows=rows)
    causes = [each for each in result.causes() if each.verdict is Verdict.FAILED]
    assert [each.id for each in causes] == ["attestation.upload.must-verify"]
    below = {each.id for each in result.consequences()["attestation.upload.must-verify"]}
    assert below == {"attestation.upload.malformed", "attestation.upload.subject"}


@pytest.mark.parametrize(
    ("feature", "asked_in_any_case"),
    [
        ("project-list", {"simple.root.served"}),
        ("hashes", {"simple.html.hash.present"}),
        (
            "api-version",
            {
                "simple.html.version-meta",
                "simple.json.api-version",
                "simple.json.api-version.covers-content",
                "status.api-version",
            },
        ),
        ("requires-python", {"gitlab.page.requires-python", "simple.html.requires-python.exposed"}),
    ],
)
def test_what_is_asked_for_in_any_case_stands_under_the_claim(
    feature: str, asked_in_any_case: set[str]
) -> None:
    result = judge(Lost(feature), claims={feature}, rows=[ROW, *asked_in_any_case])
    assert {
        each.id: each.cause for each in result.results if each.signature and each.id != ROW
    } == dict.fromkeys(asked_in_any_case, ROW)


def test_without_the_claim_it_stands_for_itself() -> None:
    result = judge(Lost("project-list"), claims={"range"}, rows=[ROW, "simple.root.served"])
    assert [each.id for each in result.causes()] == ["simple.root.served"]


@pytest.mark.long
@pytest.mark.parametrize("feature", sorted(BY_PROFILE))
def test_what_gitlab_has_lost_fails_no_other_requirement_of_gitlab(feature: str) -> None:
    rows = [row.id for row in catalogue() if row.area == "gitlab" and not row.untested]
    result = judge(Lost(feature), claims=(), rows=[ROW, *rows])
    assert [each.id for each in result.of(Verdict.FAILED, Verdict.WARNED)] == [ROW]


@pytest.mark.parametrize(
    ("endpoint", "claims", "rows"),
    [
        ("group_root", (), ["gitlab.group.root-page"]),
        ("root_page", {"project-list"}, ["simple.root.lists-uploads", "simple.root.served"]),
    ],
)
def test_a_server_error_says_nothing_of_a_claim(
    endpoint: str, claims: Iterable[str], rows: list[str]
) -> None:
    result = judge(Failing(endpoint), claims=claims, rows=[ROW, *rows])
    assert [each.id for each in result.of(Verdict.FAILED)] == rows
    assert [each.id for each in result.causes()] == rows[-1:]


def test_a_server_error_is_no_list_that_is_missing() -> None:
    """What the page of another project has lost is no reason for it."""
    faults = [Failing("root_page"), Lost("range")]
    result = judge(*faults, claims={"project-list", "range"}, rows=[ROW, "simple.root.served"])
    assert {each.id: each.cause for each in result.of(Verdict.FAILED)} == {ROW: "", "simple.root.served": ""}


def test_where_only_errors_come_nothing_is_found_or_lost() -> None:
    result = judge(Failing("group_|gitlab_project$|packages$"), claims=(), rows=[ROW])
    assert [each.verdict for each in result.results] == [Verdict.UNTESTABLE]
    assert "group, rest" in result.results[0].message


def test_a_form_that_comes_as_an_error_is_lost_and_the_finding_has_the_status() -> None:
    errors = Failing("project_page", of=lambda request: "text/html" not in request.headers.get("Accept", ""))
    result = judge(errors, claims={"json"}, rows=[ROW, *FEW["json"]])
    assert [each.id for each in result.of(Verdict.FAILED)] == [ROW]
    assert result.of(Verdict.FAILED)[0].found.endswith(
        "not found: json (a project page in JSON), but status 500"
    )


@pytest.mark.parametrize("rows", [["simple.root.served"], ["simple.root.served", ROW]])
def test_an_index_of_a_group_that_is_down_ends_no_run(rows: list[str]) -> None:
    down = Failing("group_", status=503, headers={"Retry-After": "0"})
    result = judge(down, claims=(), rows=rows)
    assert {each.verdict for each in result.results} == {Verdict.PASSED}
    assert bool(down.answered) == (ROW in rows), "only what a chosen requirement needs is looked for"
