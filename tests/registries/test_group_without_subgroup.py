"""What is judged of a group that has no GitLab project below it."""

from __future__ import annotations

import pytest

from conformance.catalogue import catalogue
from conformance.run.checks_run import run_checks
from conformance.run.selection import Selection
from conformance.target import target_from_table
from conformance.verdicts import Verdict
from conformance.verdicts.options import RunOptions
from reference_server import ReferenceServer

pytestmark = pytest.mark.usefixtures("own_folder")

OF_GROUPS = frozenset(row.id for row in catalogue() if row.id.startswith("gitlab.group."))
OF_THE_GROUP_ALONE = {
    "gitlab.group.absent-project-not-found",
    "gitlab.group.links-work",
    "gitlab.group.new-files-listed",
    "gitlab.group.root-page",
    "gitlab.group.unknown-not-found",
}


def verdicts_with(*roles: str) -> dict[str, tuple[Verdict, str]]:
    """Judge the rows of groups at a target that names these GitLab projects."""
    with ReferenceServer() as server:
        table = server.target()
        named = table["gitlab-projects"]
        table["gitlab-projects"] = {role: named[role] for role in roles}
        target = target_from_table(table, embedded=True)
        result = run_checks(target, RunOptions(examples=1), Selection(only=OF_GROUPS))
    return {each.id: (each.verdict, each.message) for each in result.results}


def test_a_group_without_a_subgroup_is_judged_by_what_needs_none() -> None:
    found = verdicts_with("group")
    assert {name for name, (verdict, _) in found.items() if verdict is Verdict.PASSED} == OF_THE_GROUP_ALONE
    others = OF_GROUPS - OF_THE_GROUP_ALONE
    assert {name for name, (verdict, _) in found.items() if verdict is Verdict.UNTESTABLE} == others
    assert all("'subgroup'" in found[name][1] for name in others)
    for name in ("gitlab.group.links-work", "gitlab.group.root-page"):
        assert "subgroups was left out" in found[name][1]


def test_a_group_with_a_subgroup_is_judged_by_everything() -> None:
    assert set(verdicts_with("group", "subgroup").values()) == {(Verdict.PASSED, "")}


def test_a_target_without_a_group_is_judged_by_nothing_of_groups() -> None:
    assert {verdict for verdict, _ in verdicts_with("subgroup").values()} == {Verdict.UNTESTABLE}
