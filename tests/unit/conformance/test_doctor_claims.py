"""What `doctor` says of the forms that are claimed, and what the documents say can be claimed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from conformance.target import target_from_table
from conformance.target.claims import EVIDENCE
from conformance.target.doctor import examine
from conformance.verdicts.options import RunOptions
from reference_server import ReferenceServer
from reference_server.distributions import wheel
from reference_server.faults import Fault

if TYPE_CHECKING:
    from werkzeug import Response

    from reference_server.http.request import Request


DOCUMENT = Path(__file__).parents[3] / "docs" / "targets.md"


class OneForm(Fault):
    """Serves pages in one form alone."""

    def __init__(self, accept: str) -> None:
        self._accept = accept

    def handle(self, request: Request) -> Response | None:
        request.environ["HTTP_ACCEPT"] = self._accept
        return None


@pytest.mark.parametrize("projects", [(), ("demo",)])
@pytest.mark.parametrize(
    ("served", "claimed", "lost"),
    [
        ("text/html", {"html", "json"}, {"json"}),
        ("text/html", {"html"}, set()),
        ("application/vnd.pypi.simple.v1+json", {"html", "json"}, {"html"}),
        ("application/vnd.pypi.simple.v1+json", {"json"}, set()),
    ],
)
def test_forms_that_are_claimed_and_gone_are_named(
    served: str, claimed: set[str], lost: set[str], projects: tuple[str, ...]
) -> None:
    with ReferenceServer(faults=[OneForm(served)]) as server:
        server.publish(wheel("demo", "1.0"))
        target = target_from_table(server.target() | {"features": sorted(claimed)})
        found = examine(target, RunOptions(projects=projects))
    assert {each.seen.partition(":")[0] for each in found if each.about == "claims" and each.wrong} == lost


def test_the_document_lists_what_can_be_claimed() -> None:
    listed = re.search(r"<!-- features -->\n(.*?)\n\n", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    assert listed
    assert set(re.findall(r"`([a-z-]+)`", listed[1])) == EVIDENCE.keys()
