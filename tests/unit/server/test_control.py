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
        ("[" * 100_000, "too deep"),
        ('[{"name": "no-hashes", "first": ' + "[" * 900 + "]" * 900 + "}]", "is not a number"),
        ('[{"name": "no-hashes", "first": 1e400}]', "is not a number"),
        ('[{"name": "no-hashes", "after": NaN}]', "is not a number"),
        ('[{"name": "no-hashes", "probability": NaN}]', "between 0 and 1"),
        ('[{"name": "latency", "seconds": 1e400}]', "needs a number for seconds"),
        ('[{"name": "latency", "seconds": NaN}]', "needs a number for seconds"),
        ('[{"name": "latency", "seconds": [1]}]', "needs a number for seconds"),
        ('[{"name": "latency", "seconds": true}]', "does not take 'True' for seconds"),
        ('[{"name": "no-hashes", "path": "(a{2})"}]', "is not a regular expression"),
        ('["no-hashes"' + ',"no-hashes"' * 1000 + "]", "more than 1000"),
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


def test_no_pattern_holds_up_the_server(server: ReferenceServer) -> None:
    assert ask(server, "PUT", [{"name": "unavailable", "path": "((((a+)+)+)+)$"}]).status_code == 200
    states = [requests.get(f"{server.origin}/{'a' * 3000}{end}", timeout=30).status_code for end in ("b", "")]
    assert states == [404, 503]
