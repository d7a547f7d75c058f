"""The driver for Pulp. The fake answers as pulpcore 3.123 with pulp_python 3.36 did, less what no driver reads."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from werkzeug import Request, Response

from conformance.target import BadTarget, target_from_table
from conformance.target.drivers import CannotDo, NotThere
from conformance.target.drivers.pulp import PulpDriver, PulpSettings
from conformance.target.drivers.registry_api import RegistryApi
from conformance.verdicts.options import TrafficLimits
from conformance.wire import Redactor, Session, Transcript
from conformance.wire.bounds import MOST_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_httpserver import HTTPServer

API = "/pulp/api/v3"
REPOSITORY = f"{API}/repositories/python/python/01a21b43-9bc6-7223-8d74-843f9d117e58/"
TASK = f"{API}/tasks/01a21b50-3eae-78bc-a7b9-d6456718c3e2/"
PAGE = 2
"""How many packages the fake lists at once; Pulp lists 100."""


class File(NamedTuple):
    """A file, as a ledger knows it."""

    name: str = "Conformance.ab_Main"
    version: str = "1.0"
    filename: str = "conformance_ab_main-1.0-py3-none-any.whl"
    sha256: str = ""


class Pulp:
    """A repository with three files of one project; the states of its next task can be chosen."""

    def __init__(self, server: HTTPServer, *states: str) -> None:
        self.url = server.url_for("/pypi/team")
        self.states = [*states]
        self.removed: list[list[str]] = []
        self.description = "A wheel."
        self.packages = {
            f"{API}/content/python/packages/01a21b50-{number}/": filename
            for number, filename in enumerate((File().filename, "x-1.tar.gz", "x-2.tar.gz"))
        }
        self.version = 1
        server.expect_request(re.compile("/.*")).respond_with_handler(self._answer)

    def _answer(self, request: Request) -> Response:
        if request.method == "POST":
            assert request.path == f"{REPOSITORY}modify/"
            self.removed.append(json.loads(request.get_data())["remove_content_units"])
            return _json({"task": TASK}, 202)
        if request.path == TASK:
            return _json(self._task())
        if request.path == REPOSITORY:
            latest = f"{REPOSITORY}versions/{self.version}/"
            return _json({"pulp_href": REPOSITORY, "name": "team", "latest_version_href": latest})
        return _json(self._listed(request))

    def _task(self) -> dict[str, Any]:
        state = self.states.pop(0) if self.states else "completed"
        if state == "completed" and self.removed:
            self.packages = {key: name for key, name in self.packages.items() if key not in self.removed[-1]}
            self.version += 1
        failure = {"traceback": "  File …", "description": "No METADATA in archive", "error_code": "PYT0001"}
        return {
            "pulp_href": TASK,
            "prn": "prn:core.task:01a21b50-3eae-78bc-a7b9-d6456718c3e2",
            "state": state,
            "name": "pulp_python.app.tasks.repository.modify",
            "error": failure if state == "failed" else None,
            "created_resources": [],
            "result": None,
        }

    def _listed(self, request: Request) -> dict[str, Any]:
        found: list[dict[str, Any]] = []
        if request.path == f"{API}/distributions/python/pypi/":
            found = [{"repository": REPOSITORY}] if request.args["base_path"] == "team" else []
        elif request.path == f"{API}/repositories/python/python/":
            found = [{"pulp_href": REPOSITORY}] if request.args["name"] == "stored" else []
        else:
            assert request.path == f"{API}/content/python/packages/"
            assert request.args["repository_version"] == f"{REPOSITORY}versions/{self.version}/"
            wanted = request.args.get("filename")
            ours = request.args.get("name") == File().name
            keys = [key for key, name in self.packages.items() if ours or name == wanted]
            others = {} if request.args.get("fields") == "pulp_href" else {"description": self.description}
            found = [{"pulp_href": key, **others} for key in keys[:PAGE]]
        return {"count": len(found), "next": None, "previous": None, "results": found}


@contextmanager
def driving(url: str, *, timeout: float = 30, repository: str = "") -> Iterator[PulpDriver]:
    target = target_from_table({"url": url, "profile": "pep503-upload", "layout": "pulp"})
    limits = TrafficLimits(timeout=timeout)
    session = Session(transcript=Transcript(), redact=Redactor(target.secrets), limits=limits)
    try:
        yield PulpDriver(RegistryApi(target, session), PulpSettings(repository=repository))
    finally:
        session.close()


@pytest.mark.parametrize(("path", "repository"), [("team", ""), ("other", "stored")])
def test_a_file_is_taken_out_of_the_repository(httpserver: HTTPServer, path: str, repository: str) -> None:
    pulp = Pulp(httpserver, "waiting", "running", "completed")
    package, *others = pulp.packages
    with driving(httpserver.url_for(f"/pypi/{path}"), repository=repository) as driver:
        driver.delete(File())
        with pytest.raises(NotThere, match="has no y-1"):
            driver.delete(File(filename="y-1.tar.gz"))
    assert pulp.removed == [[package]]
    assert [*pulp.packages] == others


def test_a_project_is_taken_out_page_by_page(httpserver: HTTPServer) -> None:
    pulp = Pulp(httpserver)
    first, second, third = pulp.packages
    with driving(pulp.url) as driver:
        driver.delete_project(File())
        with pytest.raises(NotThere, match="has no Conformance"):
            driver.delete_project(File())
    assert pulp.removed == [[first, second], [third]]


def test_long_descriptions_do_not_hold_up_a_deletion(httpserver: HTTPServer) -> None:
    pulp = Pulp(httpserver)
    with driving(pulp.url) as driver:
        pulp.description = "x" * (MOST_BYTES // PAGE)
        driver.delete_project(File())
    assert not pulp.packages


def test_a_project_that_stays_is_a_refusal(httpserver: HTTPServer) -> None:
    pulp = Pulp(httpserver, "done")  # in no version of Pulp: ends well, and changes nothing here
    with driving(pulp.url) as driver, pytest.raises(CannotDo, match="still has files"):
        driver.delete_project(File())


@pytest.mark.parametrize(
    ("states", "timeout", "reason"),
    [
        (["waiting", "failed"], 30, "ended as 'failed': No METADATA"),
        (["skipped"], 30, "ended as 'skipped'"),
        (["running"] * 99, 0.2, "has not ended"),
    ],
)
def test_a_task_that_does_not_complete_is_a_refusal(
    httpserver: HTTPServer, states: list[str], timeout: float, reason: str
) -> None:
    pulp = Pulp(httpserver, *states)
    with driving(pulp.url, timeout=timeout) as driver, pytest.raises(CannotDo, match=reason):
        driver.delete(File())


def test_a_repository_that_is_not_found_has_its_next_step(httpserver: HTTPServer) -> None:
    Pulp(httpserver)
    with driving(httpserver.url_for("/pypi/other")) as driver, pytest.raises(CannotDo, match="give `repo"):
        driver.delete(File())


@pytest.mark.parametrize(
    ("api_url", "problem"),
    [
        ("https://[::1", "management.api-url: expected an http"),
        ("https://jane:TopSecret@registry.example.com", "without user name and password"),
        ("http://registry.example.com", "expected https, .* http for registry.example.com"),
    ],
)
def test_an_api_that_the_credential_cannot_go_to_is_explained(api_url: str, problem: str) -> None:
    management = {"driver": "pulp", "api-url": api_url}
    with pytest.raises(BadTarget, match=problem) as raised:
        target_from_table(
            {"url": "https://registry.example.com", "profile": "pep503-upload", "management": management}
        )
    assert "TopSecret" not in str(raised.value)


def _json(value: object, status: int = 200) -> Response:
    return Response(json.dumps(value), status=status, content_type="application/json")
