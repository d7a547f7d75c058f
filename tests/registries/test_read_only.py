"""A run that only reads publishes nothing, whatever it judges."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from conformance.catalogue import catalogue
from conformance.kit.user_machine import UserMachine
from conformance.run.checks_run import run_checks
from conformance.run.selection import Selection
from conformance.target import target_from_table
from conformance.verdicts import Untestable, Verdict
from conformance.verdicts.options import RunOptions
from reference_server import ReferenceServer
from reference_server.distributions import sdist, wheel
from reference_server.faults import Fault

if TYPE_CHECKING:
    from werkzeug import Response

    from conformance.report.result import RunResult
    from reference_server.http.request import Request

pytestmark = pytest.mark.usefixtures("own_folder")

READING = {"GET", "HEAD", "OPTIONS"}
ABOUT_METHODS = {row.id for row in catalogue() if "method" in row.id}
"""Requirements on methods, which send them."""
PUBLISHING = {"jsonapi.info.license", "clients.pip.dependencies", "clients.pip.no-deps", "auth.upload.bearer"}
"""Some of the requirements that are about what a run has published."""


class KeepsMethods(Fault):
    """Changes nothing, and keeps the method of each request."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    def handle(self, request: Request) -> Response | None:
        self.sent.append(f"{request.method} {request.path}")
        return None


def no_client(*_: Any, **__: Any) -> None:
    raise Untestable("this run has no client")


def read_only(profile: str, watch: Fault) -> RunResult:
    """Return what a read-only run of all that publishes through no client finds."""
    with ReferenceServer(flavour="pypi", faults=[watch]) as server:
        for file in (wheel("demo", "1.0"), sdist("demo", "1.0"), wheel("demo", "1.1")):
            server.publish(file)
        table = server.target() | {"profile": profile, "layout": "pypi"}
        options = RunOptions(read_only=True, projects=("demo",), examples=1, rounds=1)
        rows = frozenset(row.id for row in catalogue()) - ABOUT_METHODS
        return run_checks(target_from_table(table, embedded=True), options, Selection(only=rows))


@pytest.mark.parametrize("profile", ["index", "pep503-upload", "pypi"])
def test_a_whole_read_only_run_sends_nothing_but_reads(profile: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(UserMachine, "install", no_client)
    watch = KeepsMethods()
    results = {each.id: each for each in read_only(profile, watch).results}
    assert len(watch.sent) > 100
    assert [each for each in watch.sent if each.split()[0] not in READING] == []
    assert results["jsonapi.project.served"].verdict is Verdict.PASSED
    judged = {name for name, each in results.items() if each.verdict is not Verdict.NOT_APPLICABLE}
    assert judged.isdisjoint(PUBLISHING)
