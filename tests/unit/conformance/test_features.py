"""What a registry does not offer of what a requirement needs, and which of it is lost."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import structs

from conformance.catalogue import catalogue
from conformance.catalogue.features import alternatives
from conformance.report.lost_features import lost_features, of_absent_features
from conformance.report.result_file import result_from_json
from conformance.run.features import OfferedFeatures
from conformance.verdicts import Verdict
from conformance.verdicts.validation import Invalid

ROW = "simple.html.doctype"
BY = "the baseline lists"


@pytest.mark.parametrize(
    ("expression", "offered", "lacking"),
    [
        ("json", {"html"}, ["json"]),
        ("json>=1.1", {"html"}, ["json"]),
        ("json>=1.1", {"json"}, ["json>=1.1"]),
        ("json>=1.1+upload", {"json"}, ["json>=1.1", "upload"]),
        ("project-list|json", {"html"}, ["project-list|json"]),
        ("html+upload|json+upload", {"html"}, ["upload"]),
        ("html+upload|json+upload", set(), ["html|json", "upload"]),
        ("html+upload|json>=1.1+yank", {"upload", "json"}, ["html|json>=1.1+yank"]),
    ],
)
def test_what_is_lacking_has_its_version_and_alternatives_stay_together(
    expression: str, offered: set[str], lacking: list[str]
) -> None:
    offer = OfferedFeatures(features=frozenset(offered), versions={"json": "1.0"})
    assert offer.lacking(expression) == lacking


def test_every_row_says_what_it_lacks_in_expressions() -> None:
    for row in catalogue():
        lacking = OfferedFeatures().lacking(row.feature)
        assert lacking
        assert all(map(alternatives, lacking))


@pytest.mark.parametrize(
    ("lacking", "lines"),
    [
        (["json"], ["The registry does not offer json any more: the baseline lists 1 requirement"]),
        (["json>=1.1"], []),
        (["json>=1.1", "upload"], []),
        (["project-list|json>=1.1"], []),
        (
            ["project-list|json"],
            ["The registry does not offer project-list or json any more: the baseline lists 1 requirement"],
        ),
        (["html|yank"], []),
    ],
)
def test_an_older_version_is_no_loss_and_of_alternatives_none_is_blamed(
    lacking: list[str], lines: list[str], finding: Any
) -> None:
    result = structs.replace(finding(ROW, Verdict.NOT_APPLICABLE), lacking=(*lacking,))
    found = lost_features([result], {ROW}, read_only=False, by=BY)
    assert [each.partition(" that need")[0] for each in found] == lines
    assert bool(of_absent_features([result], read_only=False)) == bool(lines)


def test_a_claim_is_proposed_for_one_feature_only(finding: Any) -> None:
    for lacking, claim in (("json", '`features = ["json"]`'), ("project-list|json", "What it had of these")):
        result = structs.replace(finding(ROW, Verdict.NOT_APPLICABLE), lacking=(lacking,))
        (line,) = lost_features([result], {ROW}, read_only=False, by=BY)
        assert f"need it. {claim}" in line


def test_a_result_that_lacks_no_expression_is_not_read(table: Any) -> None:
    written = table.add(ROW, "not applicable", lacking=["json", "html|json>=1.1"]).as_json()
    assert result_from_json(written).results[0].lacking == ("json", "html|json>=1.1")
    written["results"][0]["lacking"] = ["json >= what"]
    with pytest.raises(Invalid, match="lacking"):
        result_from_json(written)
