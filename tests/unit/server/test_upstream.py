"""A server that asks another index for what is not here: what it keeps, what it checks, and what it never does."""

from __future__ import annotations

import base64
import hashlib
import json
import logging
import socket
from typing import Any

import pytest
import requests

from reference_server import ReferenceServer
from reference_server.distributions import wheel
from reference_server.errors import UserError
from reference_server.serving.in_process import Server
from reference_server.serving.ports import free_port
from reference_server.sources.upstream import Upstream

from .scripted_index import DEMO, JSON, METADATA, Mirrored, Script, mirrored, only_loopback, running, script

__all__ = ["mirrored", "only_loopback", "running", "script"]


def test_everything_of_a_json_page_is_passed_on(mirrored: Mirrored, script: Script) -> None:
    script.page()
    entry = mirrored.entry()
    assert entry == {
        "filename": DEMO.filename,
        "url": f"../../files/{DEMO.sha256}/{DEMO.filename}",
        "hashes": {"sha256": DEMO.sha256},
        "requires-python": ">=3.8",
        "size": len(DEMO.content),
        "upload-time": "2020-01-02T03:04:05.000006Z",
        "core-metadata": {"sha256": hashlib.sha256(METADATA).hexdigest()},
        "yanked": "broken",
    }
    assert mirrored.file().data == DEMO.content
    assert mirrored.file(".metadata").data == METADATA
    assert mirrored.file().data == DEMO.content
    assert mirrored.file(".metadata").data == METADATA
    fetched = {path: number for path, number in script.counts.items() if "packages" in path}
    assert set(fetched.values()) == {1}
    assert len(fetched) == 2


@pytest.mark.parametrize(
    ("base", "href"),
    [
        ("", f"../../packages/{DEMO.filename}"),
        ("", f"/packages/{DEMO.filename}"),
        ('<base href="/packages/">', DEMO.filename),
        ('<base href="../../packages/x/">', f"../{DEMO.filename}"),
    ],
)
def test_html_with_relative_urls(mirrored: Mirrored, script: Script, base: str, href: str) -> None:
    attributes = 'data-requires-python="&gt;=3.8" data-yanked="why" data-dist-info-metadata="true"'
    script.html(
        f'<html><head>{base}</head><a href="{href}#sha256={DEMO.sha256}" {attributes}>demo</a></html>'
    )
    entry = mirrored.entry()
    assert "size" not in entry
    assert "upload-time" not in entry
    assert (entry["requires-python"], entry["yanked"], entry["core-metadata"]) == (">=3.8", "why", True)
    assert mirrored.file().data == DEMO.content
    assert mirrored.file(".metadata").data == METADATA
    assert mirrored.entry()["size"] == len(DEMO.content)
    assert "provenance" not in entry


def test_a_file_without_hashes_gets_one_when_it_is_here(mirrored: Mirrored, script: Script) -> None:
    script.html(f'<a href="../../packages/{DEMO.filename}">x</a>')
    before = mirrored.entry()
    assert before["hashes"] == {}
    assert mirrored.file().data == DEMO.content
    after = mirrored.entry()
    assert after["hashes"] == {"sha256": DEMO.sha256}
    assert after["url"] == before["url"]


@pytest.mark.parametrize(
    "lie",
    [
        {"hashes": {"sha256": "0" * 64}},
        {"hashes": {"sha256": DEMO.sha256, "md5": "0" * 32}},
        {"hashes": {"sha512": "0" * 128}},
        {"size": len(DEMO.content) + 1},
        {"size": len(DEMO.content) - 1},
    ],
)
def test_a_file_that_is_not_as_stated_is_not_served(
    mirrored: Mirrored, script: Script, lie: dict[str, Any]
) -> None:
    script.page(**lie)
    answer = mirrored.file()
    assert answer.status_code == 502
    assert "that its page states" in answer.json["message"]
    assert mirrored.file().status_code == 502


def test_a_metadata_file_that_is_not_as_stated_is_not_served(mirrored: Mirrored, script: Script) -> None:
    script.page(**{"core-metadata": {"sha256": "0" * 64}})
    assert mirrored.file(".metadata").status_code == 502
    script.page(**{"core-metadata": False})
    assert mirrored.file(".metadata").status_code == 404


@pytest.mark.parametrize("status", [401, 403, 429, 500, 503])
def test_a_refusal_of_the_upstream_is_a_bad_gateway(mirrored: Mirrored, script: Script, status: int) -> None:
    script.answers["/simple/demo/"] = (status, {}, b"")
    answer = mirrored.page()
    assert answer.status_code == 502
    assert f"/simple/demo/ answered {status}" in answer.json["message"]


@pytest.mark.parametrize(
    ("content_type", "body", "reason"),
    [
        (JSON, b"{", "not valid JSON"),
        (JSON, b"[" * 100_000, "not valid JSON"),
        (JSON, b"[]", "not a page of an index"),
        (JSON, b'{"meta": {"api-version": "2.0"}}', "version '2.0'"),
        ("text/plain", b"hello", "neither"),
        ("text/html; charset=unknown", b"<a>", "not valid HTML"),
        ("text/html; charset=idna", b"\xff", "not a page of an index"),
        ("text/html", b'<base href="http://["><a href="demo-1.0.zip">', "not a page of an index"),
    ],
)
def test_a_page_that_cannot_be_read(
    mirrored: Mirrored, script: Script, content_type: str, body: bytes, reason: str
) -> None:
    script.answers["/simple/demo/"] = (200, {"Content-Type": content_type}, body)
    answer = mirrored.page()
    assert answer.status_code == 502
    assert reason in answer.json["message"]


def test_unusable_entries_are_left_out(mirrored: Mirrored, script: Script) -> None:
    hostile = [
        {"filename": "../../evil-1.0.tar.gz", "url": "x"},
        {"filename": "demo-1.0.exe", "url": "x"},
        {"filename": "demo-2.0.tar.gz", "url": "file:///etc/passwd"},
        {"filename": "demo-3.0.tar.gz", "url": "ftp://127.0.0.1/x"},
        {"filename": "demo-4.0.tar.gz"},
        {"filename": 5, "url": "x"},
        "demo-5.0.tar.gz",
        {
            "filename": "demo-6.0.tar.gz",
            "url": "x",
            "hashes": {"sha256": "no"},
            "size": -1,
            "upload-time": "today",
        },
        {"filename": "demo-7.0.tar.gz", "url": "x\ud800"},
    ]
    body = json.dumps({"meta": {"api-version": "1.0"}, "files": hostile}).encode()
    script.answers["/simple/demo/"] = (200, {"Content-Type": JSON}, body)
    entry = mirrored.entry()
    assert entry["filename"] == "demo-6.0.tar.gz"
    assert entry["hashes"] == {}
    assert not entry.keys() & {"size", "upload-time", "requires-python", "core-metadata"}


def test_a_page_is_kept_as_long_as_the_upstream_says(mirrored: Mirrored, script: Script) -> None:
    script.page(headers={"Cache-Control": "max-age=60", "Age": "10", "ETag": '"one"'})
    for now, asked in ((0, 1), (49, 1), (51, 2)):
        mirrored.clock[0] = now
        assert mirrored.page().status_code == 200
        assert script.counts["/simple/demo/"] == asked
    assert "if-none-match" not in script.requests[0][1]
    assert script.requests[-1][1]["if-none-match"] == '"one"'
    script.answers["/simple/demo/"] = (304, {"Cache-Control": "max-age=600"}, b"")
    mirrored.clock[0] = 1000
    assert mirrored.entry()["yanked"] == "broken"
    mirrored.clock[0] = 1500
    assert mirrored.entry()["yanked"] == "broken"
    assert script.counts["/simple/demo/"] == 3


@pytest.mark.parametrize(
    "control", ["", "no-cache, max-age=60", "max-age=nonsense", "private, must-revalidate"]
)
def test_a_page_without_a_lifetime_is_asked_for_each_time(
    mirrored: Mirrored, script: Script, control: str
) -> None:
    script.page(headers={"Cache-Control": control, "Last-Modified": "Thu, 01 Jan 2026 00:00:00 GMT"})
    assert mirrored.page().status_code == mirrored.page().status_code == 200
    assert script.counts["/simple/demo/"] == 2
    assert script.requests[-1][1]["if-modified-since"] == "Thu, 01 Jan 2026 00:00:00 GMT"


def test_the_kept_page_and_file_outlive_an_upstream_that_is_down(
    mirrored: Mirrored, script: Script, caplog: pytest.LogCaptureFixture
) -> None:
    script.page()
    assert mirrored.file().data == DEMO.content
    script.answers["/simple/demo/"] = (503, {}, b"")
    with caplog.at_level(logging.WARNING):
        assert mirrored.file().data == DEMO.content
    assert "the page of demo is served as it was kept" in caplog.text
    assert "answered 503" in caplog.text
    script.page(headers={"Cache-Control": "no-store"})
    assert mirrored.page().status_code == 200
    script.answers["/simple/demo/"] = (503, {}, b"")
    assert mirrored.page().status_code == 502


def test_a_changed_page_keeps_files_that_are_still_the_same(mirrored: Mirrored, script: Script) -> None:
    script.page()
    assert mirrored.file().data == DEMO.content
    script.page(yanked=False)
    assert mirrored.entry()["yanked"] is False
    assert mirrored.file().data == DEMO.content
    assert script.counts[f"/packages/{DEMO.filename}"] == 1
    del script.answers["/simple/demo/"]
    assert mirrored.page().status_code == 404
    assert mirrored.client.get(f"/files/{DEMO.sha256}/{DEMO.filename}").status_code == 404


def test_a_file_is_found_by_its_url_alone(mirrored: Mirrored, script: Script) -> None:
    script.page()
    path = f"/files/{DEMO.sha256}/{DEMO.filename}"
    assert mirrored.client.get(path, headers={"Range": "bytes=0-9"}).data == DEMO.content[:10]
    assert mirrored.client.get(path.replace(DEMO.sha256, "0" * 64)).status_code == 404


def test_a_redirect_is_followed_and_never_from_the_web(mirrored: Mirrored, script: Script) -> None:
    script.page("elsewhere")
    script.answers["/simple/demo/"] = (301, {"Location": "/simple/elsewhere/"}, b"")
    assert mirrored.file().data == DEMO.content
    for location in ("file:///etc/passwd", "ftp://127.0.0.1/", "/simple/demo/"):
        script.answers["/simple/demo/"] = (302, {"Location": location}, b"")
        fresh = Mirrored(mirrored.upstream)
        answer = fresh.page()
        assert answer.status_code == 502
        assert "redirect" in answer.json["message"]


def test_local_projects_win_in_any_spelling_and_state(mirrored: Mirrored, script: Script) -> None:
    script.page("my-demo")
    own = wheel("My_Demo", "0.1")
    mirrored.registry.publish(own.filename, own.content, gitlab_project=2)
    assert [each["filename"] for each in mirrored.page("my-demo").json["files"]] == [own.filename]
    mirrored.registry.set_status("my-demo", "quarantined", gitlab_project=2)
    assert mirrored.page("my-demo").json["files"] == []
    assert script.requests == []
    root = mirrored.client.get("/simple/", headers={"Accept": JSON})
    assert [each["name"] for each in root.json["projects"]] == ["my-demo"]


def test_private_names_are_never_asked_for(running: tuple[Server, Script], script: Script) -> None:
    upstream = Upstream(url=f"{running[0].origin}/simple/", private=("My_Company-*", "secret"))
    mirrored = Mirrored(upstream)
    for name in ("my-company-tools", "secret"):
        script.page(name)
        assert mirrored.page(name).status_code == 404
        assert (
            mirrored.client.get(f"/files/{'0' * 64}/{name.replace('-', '_')}-1.0.tar.gz").status_code == 404
        )
    assert mirrored.client.get("/simple/%2E%2E/").status_code == 404
    assert script.requests == []


def test_credentials_go_to_their_own_origin_and_are_shown_to_no_one(
    running: tuple[Server, Script], script: Script
) -> None:
    other = Script()
    with Server(other, "127.0.0.1", 0) as second:
        other.file()
        script.page(url=f"{second.origin}/packages/{DEMO.filename}?token=s3cret")
        host = running[0].origin.removeprefix("http://")
        upstream = Upstream(url=f"http://me:p%40ss@{host}/simple")
        mirrored = Mirrored(upstream)
        assert mirrored.file().data == DEMO.content
        expected = "Basic " + base64.b64encode(b"me:p@ss").decode()
        assert {headers.get("authorization") for _, headers in script.requests} == {expected}
        assert [headers.get("authorization") for _, headers in other.requests] == [None]
        other.answers.clear()
        script.page(url=f"{second.origin}/packages/x?token=s3cret", size=3)
        script.answers["/simple/other/"] = (302, {"Location": f"{second.origin}/?token=s3cret"}, b"")
        shown = mirrored.page("other").text + repr(upstream) + upstream.index
        script.answers["/simple/other/"] = (401, {}, b"")
        shown += mirrored.page("other").text
        assert "ss@" not in shown
        assert "s3cret" not in shown
        assert "answered 401" in shown


def test_credentials_come_from_netrc(
    mirrored: Mirrored, script: Script, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password from-netrc\n")
    monkeypatch.setenv("NETRC", str(netrc))
    script.page()
    assert mirrored.file().data == DEMO.content
    expected = "Basic " + base64.b64encode(b"me:from-netrc").decode()
    assert {headers.get("authorization") for _, headers in script.requests} == {expected}
    netrc.write_text("default login me password from-netrc\n")
    upstream = Upstream(url=mirrored.upstream.url)
    assert upstream.credentials(upstream.index) == ("me", "from-netrc")
    assert upstream.credentials("http://other.example/demo.whl") is None
    netrc.write_text("machine 127.0.0.1 login me passw0rd from-netrc\n")
    answer = Mirrored(Upstream(url=mirrored.upstream.url)).page()
    assert answer.status_code == 502
    assert "cannot be read" in answer.json["message"]
    assert "from-netrc" not in answer.text


def test_an_upstream_that_does_not_answer() -> None:
    dead = Mirrored(Upstream(url=f"http://127.0.0.1:{free_port('127.0.0.1', 0)}/simple/"))
    answer = dead.page()
    assert answer.status_code == 502
    assert "no answer from http://127.0.0.1" in answer.json["message"]
    with socket.create_server(("127.0.0.1", 0)) as silent:
        slow = Mirrored(Upstream(url=f"http://127.0.0.1:{silent.getsockname()[1]}/", timeout=0.05))
        answer = slow.page()
    assert answer.status_code == 504
    assert "did not answer in time" in answer.json["message"]


def test_a_server_that_is_its_own_upstream_notices() -> None:
    port = free_port("127.0.0.1", 0)
    index = f"http://127.0.0.1:{port}/simple/"
    with ReferenceServer(port=port, flavour="pypi", upstream=Upstream(url=index, timeout=5)) as server:
        assert requests.get(f"{server.index_url}demo/", timeout=30).status_code == 404
        assert server.requests.total == 2


def test_redirecting_as_gitlab_does() -> None:
    url = "http://me:secret@registry.example.com/simple"
    upstream = Upstream(url=url, mode="redirect", private=("own-*",))
    with ReferenceServer(upstream=upstream, flavour="gitlab") as server:
        auth = (server.username, server.password)

        def location(name: str, **more: Any) -> tuple[int, str | None]:
            answer = requests.get(f"{server.index_url}{name}", allow_redirects=False, timeout=30, **more)
            return answer.status_code, answer.headers.get("Location")

        assert location("demo/", auth=auth) == (302, "http://registry.example.com/simple/demo/")
        assert server.target()["fallback"] == "redirect"
        assert location("own-demo/", auth=auth) == (404, None)
        assert location("demo/")[0] == 401
        server.registry.publish(DEMO.filename, DEMO.content)
        assert location("demo/", auth=auth) == (200, None)


def test_a_group_has_a_project_here_even_where_the_caller_cannot_see_it(
    running: tuple[Server, Script], script: Script
) -> None:
    script.page("demo")
    script.page("other")
    with ReferenceServer(upstream=f"{running[0].origin}/simple/") as server:
        server.registry.publish(DEMO.filename, DEMO.content, gitlab_project=4)
        group = f"{server.origin}/api/v4/groups/conformance/-/packages/pypi/simple"
        auth = ("me", "reference-read-api-token")
        page = requests.get(f"{group}/other/", auth=auth, headers={"Accept": JSON}, timeout=30)
        (entry,) = page.json()["files"]
        file = requests.get(requests.compat.urljoin(page.url, entry["url"]), auth=auth, timeout=30)
        assert file.content == DEMO.content
        stranger = ("me", "reference-stranger-token")
        requests.get(f"{group}/demo/", auth=stranger, timeout=30)
        assert script.counts["/simple/demo/"] == 0


def test_a_redirect_of_a_group_tells_no_one_what_they_may_not_read() -> None:
    upstream = Upstream(url="http://registry.example.com/simple", mode="redirect")
    with ReferenceServer(upstream=upstream) as server:
        server.registry.publish(DEMO.filename, DEMO.content, gitlab_project=4)
        group = f"{server.origin}/api/v4/groups/conformance/-/packages/pypi/simple"
        names = {
            name: requests.get(
                f"{group}/{name}/", auth=("me", token), allow_redirects=False, timeout=30
            ).status_code
            for name, token in (("demo", "reference-guest-token"), ("other", "reference-guest-token"))
        }
        assert names == {"demo": 404, "other": 302}


@pytest.mark.parametrize(
    "url", ["ftp://example.com/", "example.com/simple", "file:///tmp", "http://", "http://[", "http://h/?a=b"]
)
def test_an_upstream_is_of_the_web(url: str) -> None:
    with pytest.raises(UserError, match="upstream"):
        Upstream(url=url)


def test_faults_apply_to_what_comes_from_elsewhere(running: tuple[Server, Script], script: Script) -> None:
    script.page()
    upstream = f"{running[0].origin}/simple/"
    with ReferenceServer(flavour="pypi", upstream=upstream, faults=["no-hashes"]) as server:
        page = requests.get(f"{server.index_url}demo/", timeout=30)
    assert DEMO.filename in page.text
    assert "sha256=" not in page.text.partition("href")[2].partition(">")[0].partition("data-")[0]
