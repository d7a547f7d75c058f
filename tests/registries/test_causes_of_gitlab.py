"""GitLab as a whole: what stands under a row has what that row is about."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from conformance.catalogue import catalogue
from conformance.profiles import profile
from conformance.run.checks_run import run_checks
from conformance.run.selection import Selection
from conformance.target import target_from_table
from conformance.verdicts.options import RunOptions
from reference_server import ReferenceServer

if TYPE_CHECKING:
    from pathlib import Path

    from conformance.report.check_result import CheckResult

pytestmark = [pytest.mark.long, pytest.mark.usefixtures("own_folder")]

OF_PAGES = ("simple.", "gitlab.page.", "negotiation.")
REFUSED = re.compile(r"status [45]\d\d\b")


def is_refused_upload(finding: CheckResult, upload_url: str) -> bool:
    """Tell whether a deviation is that an upload was refused."""
    return bool(REFUSED.match(finding.found)) and finding.where.startswith(f"POST {upload_url} ")


@pytest.mark.parametrize("flavour", ["gitlab-13.4", "gitlab"])
def test_what_stands_under_a_row_on_pages_read_a_page(flavour: str, tmp_path: Path) -> None:
    rows = (row for row in catalogue().for_profile(profile("gitlab")) if row.area not in {"clients", "race"})
    only = frozenset(row.id for row in rows if not row.untested)
    with ReferenceServer(flavour=flavour) as server:
        target = target_from_table(server.target(), embedded=True)
        options = RunOptions(examples=2, ledger_folder=tmp_path)
        results = run_checks(target, options, Selection(only=only)).results
    under = [each for each in results if each.cause]
    assert under
    assert not [
        each.id
        for each in under
        if each.cause.startswith(OF_PAGES) and is_refused_upload(each, target.upload_url)
    ]
    wrong = [
        each.id
        for each in under
        if each.cause == "simple.html.detail.one-anchor-per-file"
        and not any(sent.request.startswith("GET ") and sent.status == 200 for sent in each.exchanges)
    ]
    assert wrong == []
    causes = {each.id: each.cause for each in under}
    apart = {
        "upload.post-multipart",
        "version.epoch",
        "gitlab.rest.package-files",
    }
    assert not apart & causes.keys()
    assert causes["gitlab.name.runs-collapsed"] == "gitlab.name.separators-equal"
    assert causes["gitlab.version.epoch"] == "version.epoch"
