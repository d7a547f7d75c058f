"""Which registries a run lets in, and what it says when it ends before its checks."""

from __future__ import annotations

import re
from itertools import count
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import pytest
from werkzeug import Request, Response

from conformance.run import door
from conformance.run.run import CannotJudge, Run
from conformance.run.setup import prepare
from conformance.target import target_from_table
from conformance.verdicts import ExitCode
from conformance.verdicts.options import RunOptions
from reference_server import ReferenceServer
from reference_server.faults import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_httpserver import HTTPServer

    from reference_server.http.request import Request as RegistryRequest

CREDENTIALS = {"default": {"username": "me", "password": "secret"}}


class PagesComeLate(Fault):
    """Answers 404 for a page until it was asked for a few times."""

    def __init__(self, times: int) -> None:
        self._left = times

    def handle(self, request: RegistryRequest) -> Response | None:
        if request.endpoint != "project_page" or self._left == 0 or "absent" in request.path:
            return None
        self._left -= 1
        return Response("", status=404)


class FirstUploadFails(Fault):
    """Returns a server error for the first upload."""

    def __init__(self) -> None:
        self._numbers = count(1)

    def handle(self, request: RegistryRequest) -> Response | None:
        if request.endpoint != "upload" or next(self._numbers) > 1:
            return None
        request.get_data()
        return Response("", status=500)


@pytest.fixture(autouse=True)
def _without_pauses() -> Iterator[None]:
    with patch.object(door, "PAUSE", 0):
        yield


def prepared(fault: Fault, folder: Path) -> Run:
    with ReferenceServer(faults=[fault]) as server:
        return prepare(target_from_table(server.target()), RunOptions(ledger_folder=folder))


def test_a_registry_may_take_its_time(tmp_path: Path) -> None:
    run = prepared(PagesComeLate(9), tmp_path)
    assert run.offer.has("html+json+hashes")
    assert all(item.accepted for item in run.corpus.published.values())


def test_a_registry_that_lists_nothing_is_judged(tmp_path: Path) -> None:
    with patch.object(door, "LISTED_WITHIN", 0):
        run = prepared(PagesComeLate(10_000), tmp_path)
    assert run.corpus.main
    assert run.offer.has("html+json+project-list")
    assert not run.offer.has("hashes")


def test_one_upload_that_fails_does_not_end_a_run(tmp_path: Path) -> None:
    run = prepared(FirstUploadFails(), tmp_path)
    assert [item.accepted for item in run.corpus.published.values()].count(False) == 1


PAGE = "<!DOCTYPE html><html><body></body></html>"


def refusal(httpserver: HTTPServer, folder: Path, **table: Any) -> CannotJudge:
    url = httpserver.url_for("").rstrip("/")
    target = target_from_table({"url": url, "profile": "pep503-upload", **table})
    with pytest.raises(CannotJudge) as raised:
        prepare(target, RunOptions(ledger_folder=folder))
    return raised.value


def answer(httpserver: HTTPServer, method: str, status: int, text: str) -> None:
    def handler(request: Request) -> Response:
        request.get_data()
        return Response(text, status=status, content_type="text/html")

    httpserver.expect_request(re.compile(".*"), method=method).respond_with_handler(handler)


@pytest.mark.parametrize(
    ("status", "words"), [(200, "1 distribution could not be deleted"), (500, "14 distributions could not")]
)
def test_a_refusal_says_what_was_left(
    status: int, words: str, httpserver: HTTPServer, tmp_path: Path
) -> None:
    for method in ("GET", "POST"):
        answer(httpserver, method, status, "<html>Home</html>")
    message = str(refusal(httpserver, tmp_path))
    (ledger,) = tmp_path.iterdir()
    assert words in message
    assert f"{ledger} lists them" in message


def test_nothing_is_left_where_every_upload_was_refused(httpserver: HTTPServer, tmp_path: Path) -> None:
    answer(httpserver, "GET", 404, "")
    answer(httpserver, "POST", 400, "no")
    error = refusal(httpserver, tmp_path)
    assert error.exit_code is ExitCode.TOO_LITTLE_JUDGED
    assert "every upload was rejected" in str(error)
    assert "deleted" not in str(error)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_registry_that_asks_for_a_credential(method: str, httpserver: HTTPServer, tmp_path: Path) -> None:
    answer(httpserver, method, 401, "")
    answer(httpserver, "POST" if method == "GET" else "GET", 404, "")
    assert "asks for a credential" in str(refusal(httpserver, tmp_path))
    assert "rejects the credential 'default'" in str(refusal(httpserver, tmp_path, credentials=CREDENTIALS))


@pytest.mark.parametrize(("root", "ends"), [(404, True), (200, False)])
def test_an_index_on_another_host_has_to_be_given(
    root: int, httpserver: HTTPServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, ends: bool
) -> None:
    monkeypatch.setattr("conformance.run.door.LISTED_WITHIN", 0.1)
    httpserver.expect_request("/simple/").respond_with_data(PAGE, status=root, content_type="text/html")
    answer(httpserver, "GET", 404, "")
    answer(httpserver, "POST", 200, "accepted")
    target = target_from_table({"url": httpserver.url_for("").rstrip("/"), "profile": "pep503-upload"})
    options = RunOptions(ledger_folder=tmp_path, settle=0)
    if not ends:
        assert all(each.accepted for each in prepare(target, options).corpus.published.values())
        return
    with pytest.raises(CannotJudge, match="uploads are accepted, but there is no index at") as raised:
        prepare(target, options)
    assert raised.value.exit_code is ExitCode.USAGE
    assert "Give --index-url" in str(raised.value)
    assert len([request for request, _ in httpserver.log if request.method == "POST"]) == 1


def test_an_index_without_a_root_page_may_list_late(
    httpserver: HTTPServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    uploads: list[str] = []

    def take(request: Request) -> Response:
        uploads.append(str(request.files["content"].filename))
        return Response("accepted")

    def show(request: Request) -> Response:
        is_there = uploads and now[0] > door.LISTED_WITHIN + 2 and request.path != "/simple/"
        links = "".join(f'<a href="{each}">{each}</a>' for each in uploads)
        return Response(links, status=200 if is_there else 404, content_type="text/html")

    def pause(_: float) -> None:
        now[0] += 1

    monkeypatch.setattr(door, "time", SimpleNamespace(monotonic=lambda: now[0], sleep=pause))
    httpserver.expect_request(re.compile(".*"), method="POST").respond_with_handler(take)
    httpserver.expect_request(re.compile(".*"), method="GET").respond_with_handler(show)
    target = target_from_table({"url": httpserver.url_for("").rstrip("/"), "profile": "pep503-upload"})
    run = prepare(target, RunOptions(ledger_folder=tmp_path, settle=0))
    assert all(each.accepted for each in run.corpus.published.values())
    assert door.LISTED_WITHIN < now[0] < door.LONGER * door.LISTED_WITHIN


def test_without_an_upload_url_nothing_is_published(httpserver: HTTPServer, tmp_path: Path) -> None:
    error = refusal(httpserver, tmp_path, layout="index")
    assert "Give --upload-url, or --read-only" in str(error)
    assert httpserver.log == []
