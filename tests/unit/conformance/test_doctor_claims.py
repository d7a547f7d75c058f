"""What `doctor` says of the forms that are claimed, and what the documents say can be claimed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from werkzeug import Response

from conformance.target import target_from_table
from conformance.target.claims import EVIDENCE
from conformance.target.doctor import examine
from conformance.verdicts.options import RunOptions
from reference_server import ReferenceServer
from reference_server.distributions import wheel
from reference_server.faults import Fault

if TYPE_CHECKING:
    from conformance.target.observations import Observation
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


class OfSomePages(OneForm):
    """Serves the pages of projects, or the root page, in one form alone."""

    def __init__(self, accept: str, endpoint: str) -> None:
        super().__init__(accept)
        self._endpoint = endpoint

    def handle(self, request: Request) -> Response | None:
        return super().handle(request) if request.endpoint == self._endpoint else None


class JsonAnswered(Fault):
    """Answers requests for pages of projects in JSON with a status."""

    def __init__(self, status: int) -> None:
        self._status = status

    def handle(self, request: Request) -> Response | None:
        if request.endpoint != "project_page" or "json" not in request.headers.get("Accept", ""):
            return None
        return Response("no page", status=self._status)


def of_claims(*faults: Fault, publish: bool = True, projects: tuple[str, ...] = ()) -> list[Observation]:
    """Return what is observed about a claim of JSON and HTML."""
    with ReferenceServer(faults=faults) as server:
        if publish:
            server.publish(wheel("demo", "1.0"))
        target = target_from_table(server.target() | {"features": ["html", "json"]})
        return [each for each in examine(target, RunOptions(projects=projects)) if each.about == "claims"]


def test_a_root_page_in_one_form_loses_none() -> None:
    assert of_claims(OfSomePages("text/html", "root_page")) == []


@pytest.mark.parametrize("projects", [(), ("Demo",)])
def test_pages_of_projects_in_one_form_lose_the_other(projects: tuple[str, ...]) -> None:
    (found,) = of_claims(OfSomePages("text/html", "project_page"), projects=projects)
    assert "remove 'json'" in found.change


def test_an_index_without_projects_loses_none() -> None:
    found = of_claims(OneForm("text/html"), publish=False)
    assert [each for each in found if each.wrong or each.unknown] == []
    assert "name one with --project" in found[0].seen


@pytest.mark.parametrize(
    ("status", "change"),
    [
        (401, "use a credential that may read this project"),
        (403, "use a credential that may read this project"),
        (500, "the registry returns a server error"),
        (502, "the registry returns a server error"),
        (503, "the registry returns a server error"),
    ],
)
def test_a_server_error_or_a_refusal_is_no_lost_form(status: int, change: str) -> None:
    (found,) = of_claims(JsonAnswered(status))
    assert change in found.change
    assert f"returned {status}" in found.seen
    assert "remove" not in found.change
    assert found.unknown is (status >= 500)


def test_the_document_lists_what_can_be_claimed() -> None:
    listed = re.search(r"<!-- features -->\n(.*?)\n\n", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    assert listed
    assert set(re.findall(r"`([a-z-]+)`", listed[1])) == EVIDENCE.keys()
