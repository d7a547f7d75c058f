"""ETags of pages that are as long as before, where a file is exchanged for another."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from conformance.verdicts import Verdict
from conformance.verdicts.options import RunOptions
from reference_server import ReferenceServer
from reference_server.faults import Fault
from reference_server.faults.http.caching import EtagOfTheLengthAndMarks
from reference_server.rules import Rules

from .one_row import result_of

if TYPE_CHECKING:
    from conformance.report.check_result import CheckResult

pytestmark = pytest.mark.usefixtures("own_folder")

ROW = "http.pages.etag-changes"


def judge(fault: Fault, *, deletes: bool, duplicates: str) -> CheckResult:
    """Judge a registry whose files are exchanged by a deletion, by another upload, or not at all."""
    rules = replace(Rules(), duplicates=duplicates)  # type: ignore[arg-type]
    with ReferenceServer(rules=rules, faults=[fault]) as server:
        table = server.target()
        if not deletes:  # neither a driver nor GitLab's API
            del table["management"]
            table |= {
                "profile": "pep503-upload",
                "layout": "root+simple",
                "upload-url": table["url"],
                "index-url": f"{table['url']}/simple/",
            }
        return result_of(ROW, table, RunOptions(examples=1))


@pytest.mark.parametrize(("deletes", "duplicates"), [(True, "reject"), (True, "replace"), (False, "replace")])
def test_a_tag_of_the_length_is_shared(deletes: bool, duplicates: str) -> None:  # noqa: FBT001 - a parameter
    found = judge(EtagOfTheLengthAndMarks(), deletes=deletes, duplicates=duplicates)
    assert found.verdict is Verdict.FAILED
    assert "-exchanged/" in found.found
    assert "-changed/" not in found.found


@pytest.mark.parametrize("deletes", [True, False])
@pytest.mark.parametrize("duplicates", ["reject", "replace"])
def test_a_tag_of_the_content_is_another(deletes: bool, duplicates: str) -> None:  # noqa: FBT001 - a parameter
    assert judge(Fault(), deletes=deletes, duplicates=duplicates).verdict is Verdict.PASSED


@pytest.mark.parametrize("duplicates", ["reject", "ignore"])
def test_a_page_that_stays_as_it_is_blames_no_tag(duplicates: str) -> None:
    found = judge(EtagOfTheLengthAndMarks(), deletes=False, duplicates=duplicates)
    assert found.verdict is Verdict.PASSED
