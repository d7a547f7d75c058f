"""Faults are switched while the server runs, by those who may, and no fault touches the switch."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import requests

from reference_server import ReferenceServer

if TYPE_CHECKING:
    from collections.abc import Iterator

AUTH = (ReferenceServer.username, ReferenceServer.password)


@pytest.fixture
def server() -> Iterator[ReferenceServer]:
    with ReferenceServer() as server:
        yield server


def ask(server: ReferenceServer, method: str, body: Any = None, **options: Any) -> requests.Response:
    data = None if body is None else body if isinstance(body, str) else json.dumps(body)
    options.setdefault("auth", AUTH)
    return requests.request(method, f"{server.origin}/-/reference/faults", data=data, timeout=10, **options)


def test_faults_are_switched_on_and_off(server: ReferenceServer) -> None:
    wanted = ["unavailable,first=1", {"name": "latency", "seconds": 0.0, "path": "/simple/"}]
    answer = ask(server, "PUT", wanted)
    assert answer.status_code == 200, answer.text
    on = [
        {"name": "unavailable", "retry_after": 1, "first": 1},
        {"name": "latency", "seconds": 0.0, "path": "/simple/"},
    ]
    assert answer.json() == ask(server, "GET").json() == on
    assert [requests.get(server.index_url, auth=AUTH, timeout=10).status_code for _ in range(2)] == [503, 200]
    assert ask(server, "DELETE").json() == ask(server, "GET").json() == []


def test_no_fault_touches_the_switch(server: ReferenceServer) -> None:
    assert ask(server, "PUT", ["no-answer", "internal-errors"]).status_code == 200
    assert len(ask(server, "GET").json()) == 2


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ('{"name": "latency"}', "not a JSON array"),
        ("[", "faults"),
        ('["no-hashs"]', "did you mean 'no-hashes'?"),
        ('[{"name": "latency", "minutes": 1}]', "its options are seconds"),
        ("[1]", "faults"),
        ('[{"first": 1}]', "needs a `name`"),
    ],
)
def test_a_mistake_is_explained_and_changes_nothing(server: ReferenceServer, body: str, message: str) -> None:
    ask(server, "PUT", ["no-hashes"])
    answer = ask(server, "PUT", body)
    assert answer.status_code == 400
    assert message in answer.json()["error"]
    assert [each["name"] for each in ask(server, "GET").json()] == ["no-hashes"]


@pytest.mark.parametrize(
    ("auth", "status"),
    [(None, 401), (("developer", "reference-developer-token"), 403)],
    ids=["nobody", "developer"],
)
def test_only_maintainers_switch(server: ReferenceServer, auth: tuple[str, str] | None, status: int) -> None:
    assert ask(server, "PUT", [], auth=auth).status_code == status


def test_other_methods_are_not_there(server: ReferenceServer) -> None:
    answer = ask(server, "POST", [])
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "DELETE, GET, OPTIONS, PUT"
