"""What damages every download is one cause: no row that compares a file blames the upload before it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from werkzeug import Response

from conformance.catalogue import catalogue
from conformance.profiles import profile
from conformance.report.blocks import Page, block
from conformance.report.check_result import DEVIATING
from conformance.run.checks_run import run_checks
from conformance.run.selection import Selection
from conformance.target import target_from_table
from conformance.verdicts.options import RunOptions
from reference_server import ReferenceServer
from reference_server.faults import Fault
from reference_server.rules import Rules

if TYPE_CHECKING:
    from conformance.report.check_result import CheckResult
    from reference_server.http.request import Request

pytestmark = pytest.mark.long

COMPARING = (
    *(
        "gitlab.file.",
        "gitlab.page.",
        "gitlab.duplicate.",
        "gitlab.token.",
        "gitlab.access.",
        "gitlab.group.",
    ),
    *("simple.file.", "simple.json.file.size", "file.", "status.", "yank.", "version.", "archive."),
    *("upload.", "robustness.", "security.case-collision", "security.smuggling", "security.traversal."),
    *("http.head.", "http.range."),
)
"""Beginnings of requirements whose checks compare a downloaded file with the published one, and of neighbours."""
WITHOUT = ("upload.large-file", "upload.size-limit", "robustness.slow")
"""What takes long, and is the same otherwise."""


class DamagesFiles(Fault):
    """Does something to every file on its way to the client."""

    def respond(self, request: Request, response: Response) -> Response:
        is_file = request.endpoint in {"file", "group_file"} and response.status_code in {200, 206}
        return self.damaged(response) if is_file and request.method == "GET" else response

    def damaged(self, response: Response) -> Response:
        raise NotImplementedError


class FlipsOneBit(DamagesFiles):
    """Changes the last byte."""

    def damaged(self, response: Response) -> Response:
        content = response.get_data()
        response.set_data(content[:-1] + bytes([content[-1] ^ 1]))
        return response


class CutsFiles(DamagesFiles):
    """Cuts files at a limit, and states their new length."""

    def damaged(self, response: Response) -> Response:
        response.set_data(response.get_data()[:1000])
        return response


class FailsAsGateway(DamagesFiles):
    """Answers 502."""

    def damaged(self, response: Response) -> Response:  # noqa: ARG002 - nothing is left of it
        return Response("bad gateway", status=502)


ROOTS = {
    FlipsOneBit: "gitlab.file.bytes-exact",
    CutsFiles: "gitlab.file.bytes-exact",
    FailsAsGateway: "gitlab.page.links-work",
}


def judged(only: frozenset[str], fault: Fault) -> list[CheckResult]:
    """Return the deviations that these requirements find in files that a fault damages."""
    with ReferenceServer(rules=replace(Rules(), max_file_size=200_000), faults=[fault]) as server:
        target = target_from_table(server.target(), embedded=True)
        options = RunOptions(rounds=2, examples=3, settle=0.02, shrink=False)
        results = run_checks(target, options, Selection(only=only)).results
    return [each for each in results if each.verdict in DEVIATING]


@pytest.mark.parametrize("only", [("robustness.many-fields", "version.epoch"), ("simple.json.file.size",)])
@pytest.mark.parametrize("kind", ROOTS)
def test_a_few_requirements_name_the_download_that_they_do_not_judge(
    kind: type[DamagesFiles], only: tuple[str, ...]
) -> None:
    found = judged(frozenset(only), kind())
    assert {each.may_follow_from for each in found} <= {ROOTS[kind]}
    text = "\n".join(line.plain for each in found for line in block(each, [], Page()))
    assert text.count(f"perhaps {ROOTS[kind]}, which this run did not judge: ") == len(found)


@pytest.mark.parametrize("kind", ROOTS)
def test_what_damages_every_download_is_one_cause(kind: type[DamagesFiles]) -> None:
    held = {row.id for row in catalogue().for_profile(profile("gitlab")) if not row.runs_clients}
    only = {each for each in held if each.startswith(COMPARING) and not each.startswith(WITHOUT)}
    deviations = judged(frozenset(only), kind())
    assert not any(each.may_follow_from for each in deviations)
    assert len(deviations) > 25
    assert {each.cause or each.id for each in deviations} == {ROOTS[kind]}
