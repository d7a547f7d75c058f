"""What the doctor makes of the answers to upload forms without a file."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING

import pytest
from werkzeug import Request, Response

from conformance.target import target_from_table
from conformance.target.doctor import examine
from conformance.verdicts.options import RunOptions

if TYPE_CHECKING:
    from pytest_httpserver import HTTPServer

    from conformance.target.observations import Observation

RIGHT = "Basic " + b64encode(b"jane:secret-word").decode()


def uploads(server: HTTPServer, *, right: int, wrong: int, bare: int) -> Observation:
    """Return what the doctor observes where uploads answer by their credential."""

    def answer(request: Request) -> Response:
        sent = request.headers.get("Authorization")
        return Response("oops", status=bare if sent is None else right if sent == RIGHT else wrong)

    server.expect_request("/simple/").respond_with_data("<a href='a/'>a</a>", content_type="text/html")
    server.expect_request("/", method="POST").respond_with_handler(answer)
    target = target_from_table(
        {
            "url": server.url_for("").rstrip("/"),
            "profile": "pep503-upload",
            "credentials": {"default": {"username": "jane", "password": "secret-word"}},
        }
    )
    (found,) = [each for each in examine(target, RunOptions(timeout=60)) if each.about == "uploads"]
    assert f"an upload form without a file returned {right}" in found.seen
    return found


@pytest.mark.parametrize("wrong", [401, 403])
@pytest.mark.parametrize("bare", [401, 403])
def test_a_server_error_is_no_problem_where_only_the_credential_gets_it(
    httpserver: HTTPServer, bare: int, wrong: int
) -> None:
    found = uploads(httpserver, right=500, wrong=wrong, bare=bare)
    assert (found.wrong, found.unknown) == (False, False)
    assert found.seen.endswith("with a wrong one: the credential is accepted")


@pytest.mark.parametrize(
    ("right", "wrong", "bare"),
    [(500, 500, 401), (500, 502, 403), (500, 400, 401), (500, 401, 500), (500, 401, 404)]
    + [(status, rejected, 401) for status in (502, 503, 504) for rejected in (401, status)],
)
def test_a_server_error_stays_unknown_where_it_has_another_reason(
    httpserver: HTTPServer, right: int, wrong: int, bare: int
) -> None:
    found = uploads(httpserver, right=right, wrong=wrong, bare=bare)
    assert (found.wrong, found.unknown) == (True, True)
    assert "accepted" not in found.seen


@pytest.mark.parametrize(
    ("right", "wrong", "bare"), [(200, 401, 401), (201, 201, 201), (500, 401, 200), (500, 202, 401)]
)
def test_a_form_that_is_accepted_may_have_stored_something(
    httpserver: HTTPServer, right: int, wrong: int, bare: int
) -> None:
    found = uploads(httpserver, right=right, wrong=wrong, bare=bare)
    assert found.seen.count("(it may have stored something)") == 1


def test_a_form_that_is_refused_stores_nothing(httpserver: HTTPServer) -> None:
    found = uploads(httpserver, right=400, wrong=401, bare=401)
    assert not found.wrong
    assert "stored" not in found.seen


@pytest.mark.parametrize("status", [401, 403])
def test_a_refusal_without_a_credential_asks_for_one(httpserver: HTTPServer, status: int) -> None:
    httpserver.expect_request("/simple/").respond_with_data("<a href='a/'>a</a>", content_type="text/html")
    httpserver.expect_request("/", method="POST").respond_with_data(status=status)
    target = target_from_table({"url": httpserver.url_for("").rstrip("/"), "profile": "pep503-upload"})
    (found,) = [each for each in examine(target, RunOptions(timeout=60)) if each.about == "uploads"]
    assert "no credential was given: use --username and --password" in found.change
