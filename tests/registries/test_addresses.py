"""Registries at addresses of their own: uploads and index on unrelated hosts and paths, pages under other names."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from io import StringIO
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
import urllib3
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from conformance.commands.main import main
from reference_server import ReferenceServer
from reference_server.faults import Fault, fault_named
from reference_server.http.json_responses import refusal
from reference_server.model.errors import PackageNotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from reference_server.http.request import Request as RegistryRequest

UPLOADS, PAGES = "/intake/wheels/", "/shelf"
TOKEN = ("--username", "__token__", "--password", "reference-api-token")
CHOICE = "simple.root or upload.visible or gitlab.page or gitlab.file or gitlab.rest"
HOP_BY_HOP = {"connection", "content-length", "transfer-encoding", "server", "date"}


@pytest.fixture
def server() -> Iterator[ReferenceServer]:
    with ReferenceServer() as running:
        yield running


@contextmanager
def front(server: ReferenceServer, here: str, there: str) -> Iterator[str]:
    """Serve what the server has below its path `there` at a port of its own, below `here`; yield the URL."""
    pool = urllib3.PoolManager(retries=False)

    def forward(request: Request) -> Response:
        if not request.path.startswith(here):
            return Response("nothing here", status=404)
        parts = urlsplit(request.environ.get("RAW_URI", request.full_path))
        query = f"?{parts.query}" if parts.query else ""
        headers = {key: value for key, value in request.headers.items() if key.lower() not in HOP_BY_HOP}
        headers |= {"Accept-Encoding": "identity"}
        answer = pool.request(
            request.method,
            server.origin + there + parts.path.removeprefix(here) + query,
            headers=headers,
            body=request.get_data(),
            redirect=False,
        )
        kept = [(key, moved(value)) for key, value in answer.headers.items() if key.lower() not in HOP_BY_HOP]
        textual = answer.headers.get("Content-Type", "").startswith(("text/", "application/vnd"))
        return Response(
            moved(answer.data.decode()) if textual else answer.data, status=answer.status, headers=kept
        )

    def moved(text: str) -> str:
        own = f"http://127.0.0.1:{port.port}{here}"
        return text.replace(server.origin + there, own).replace(f"http://127.0.0.1:{port.port}{there}", own)

    with HTTPServer(host="127.0.0.1", threaded=True) as port:
        port.expect_request(AnyPath()).respond_with_handler(forward)
        yield port.url_for(here)


class AnyPath(str):
    """Matches every path of an HTTPServer."""

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = str.__hash__


def command(*arguments: str | Path) -> tuple[int, str]:
    """Run a command in this process; return its exit code and all that it prints."""
    with redirect_stdout(StringIO()) as out, redirect_stderr(out):
        exit_code = main([*map(str, arguments)])
    return exit_code, out.getvalue()


def results(path: Path) -> dict[str, Any]:
    return {check["id"]: check for check in json.loads(path.read_text(encoding="utf-8"))["results"]}


def packages(server: ReferenceServer) -> list[Any]:
    return list(server.registry.packages(server.registry.gitlab_project("1")))


def path_of(server: ReferenceServer) -> str:
    return server.url.removeprefix(server.origin)


def test_uploads_and_index_may_be_anywhere(server: ReferenceServer, tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    there = path_of(server)
    with front(server, UPLOADS.rstrip("/"), there) as uploads, front(server, PAGES, there) as pages:
        addresses = ("--upload-url", uploads, "--index-url", f"{pages}/simple/")
        exit_code, printed = command(
            *("run", *addresses, *TOKEN, "-k", CHOICE, "--json", path, "--ledgers", tmp_path / "left")
        )
        assert exit_code == 0, printed
        assert "could not be deleted: the layout" in printed
        (ledger,) = (tmp_path / "left").iterdir()
        assert json.loads(ledger.read_text().splitlines()[0])["url"] == uploads
        api = f"{server.origin}/api/v4/projects/1"
        swept = command("sweep", *addresses, "--api-url", api, *TOKEN, "--ledgers", tmp_path / "left")
        assert swept[0] == 0, swept[1]
    judged = results(path)
    assert judged["gitlab.page.links-work"]["verdict"] == "passed"
    assert judged["upload.visible-after-success"]["verdict"] == "passed"
    assert judged["gitlab.rest.pages"]["verdict"] == "untestable"
    assert "--api-url" in judged["gitlab.rest.pages"]["message"]
    assert packages(server) == []


def test_with_an_api_everything_is_judged_and_removed(server: ReferenceServer, tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    there = path_of(server)
    with front(server, UPLOADS.rstrip("/"), there) as uploads, front(server, PAGES, there) as pages:
        file = tmp_path / "registry.toml"
        file.write_text(
            f'upload-url = "{uploads}"\nindex-url = "{pages}/simple/"\n'
            f'api-url = "{server.origin}/api/v4/projects/1"\n',
            encoding="utf-8",
        )
        exit_code, printed = command(
            *("run", "--config", file, *TOKEN, "-k", CHOICE, "--json", path, "--ledgers", tmp_path / "left")
        )
        assert exit_code == 0, printed
    judged = results(path)
    assert judged["gitlab.rest.pages"]["verdict"] == judged["gitlab.file.bytes-exact"]["verdict"] == "passed"
    assert packages(server) == []
    target = json.loads(path.read_text(encoding="utf-8"))["target"]
    assert (target["url"], target["index_url"]) == (uploads, f"{pages}/simple/")


class PagesUnderThePublishedSpelling(Fault):
    """Serves pages only under the names as they were published."""

    def handle(self, request: RegistryRequest) -> Response | None:
        if request.endpoint != "project_page":
            return None
        name = request.arguments["name"]
        spelled = [each.name for each in request.registry.packages(request.registry.gitlab_project("1"))]
        known = [each for each in spelled if request.registry.rules.normalize(each) == name.lower()]
        return refusal(PackageNotFoundError()) if known and name not in known else None

    def rules(self, rules: Any) -> Any:
        from dataclasses import replace

        return replace(rules, redirects_unnormalized=False)


def test_a_registry_with_pages_under_other_names_is_judged(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    with ReferenceServer(faults=[PagesUnderThePublishedSpelling()]) as server:
        chosen = "gitlab.page or simple.name or simple.html.doctype"
        exit_code, printed = command(
            *("run", server.url, *TOKEN, "-k", chosen, "--json", path, "--ledgers", tmp_path / "left")
        )
        assert packages(server) == []
    assert exit_code == 1, printed
    judged = results(path)
    assert judged["simple.name.normalization"]["verdict"] == "failed"
    assert judged["gitlab.page.lists-exactly-the-uploads"]["verdict"] == "passed"
    assert {each["verdict"] for each in judged.values()} & {"error"} == set()


def test_a_replay_goes_to_the_same_addresses(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    with ReferenceServer(faults=[PagesUnderThePublishedSpelling()]) as server:
        there, ledgers = path_of(server), ("--ledgers", tmp_path / "left")
        with front(server, UPLOADS.rstrip("/"), there) as uploads, front(server, PAGES, there) as pages:
            addresses = ("--upload-url", uploads, "--index-url", f"{pages}/simple/")
            chosen = ("-k", "simple.name.normalization", "--json", path, *ledgers)
            assert command("run", *addresses, *TOKEN, *chosen)[0] == 1
            exit_code, printed = command("replay", path, *TOKEN, *ledgers)
    assert exit_code == 1
    assert "simple.name.normalization" in printed


def test_a_script_asks_the_index_on_another_host(tmp_path: Path) -> None:
    path, script = tmp_path / "result.json", tmp_path / "reproduce.py"
    name, ledgers = "simple.html.doctype", ("--ledgers", tmp_path / "left")

    def asked(*urls: str) -> int:
        done = subprocess.run(
            [sys.executable, "-I", "-S", script, *urls],
            env={"DEFAULT": ":".join(TOKEN[1::2]), "SYSTEMROOT": os.environ.get("SYSTEMROOT", "")},
            capture_output=True,
            check=False,
        )
        return done.returncode

    with ReferenceServer(faults=[fault_named("no-doctype")]) as server:
        there = path_of(server)
        with front(server, UPLOADS.rstrip("/"), there) as uploads, front(server, PAGES, there) as pages:
            addresses = ("--upload-url", uploads, "--index-url", f"{pages}/simple/")
            assert command("run", *addresses, *TOKEN, "-k", name, "--json", path, *ledgers)[0] == 1
            assert command("script", path, name, "-o", script)[0] == 0
            assert asked() == asked(uploads) == 1
    with ReferenceServer() as server, front(server, "/elsewhere", path_of(server)) as pages:
        assert asked(server.url) == 2
        assert asked(server.url, f"{pages}/simple/") == 0


def test_the_plan_names_every_address() -> None:
    url = "https://registry.example.com/user/index"
    exit_code, printed = command("run", url, "--layout", "devpi", "--profile", "pep503-upload", "--plan")
    assert exit_code == 0
    assert f"uploads   {url}/\nindex     {url}/+simple/\n" in printed
