"""The usual mistakes, one by one: what the doctor observes, and its remedies."""

from __future__ import annotations

import re
import ssl
import subprocess
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Response

from conformance.commands.doctor import print_observations
from conformance.target import BadTarget, target_from_table
from conformance.target.doctor import examine
from conformance.target.observations import (
    Observation,
    clock_observations,
    gitlab_observations,
    refused_observations,
)
from conformance.verdicts import ExitCode
from conformance.verdicts.options import RunOptions
from reference_server import ReferenceServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from werkzeug import Request

PATH = "/api/v4/projects/1/packages/pypi"
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def server() -> Iterator[ReferenceServer]:
    with ReferenceServer() as running:
        yield running


def look(
    url: str, *, password: str | None = None, profile: str = "gitlab", ca: Path | None = None
) -> list[Observation]:
    credentials = {"default": {"username": "__token__", "password": password}} if password else {}
    target = target_from_table({"url": url, "profile": profile, "credentials": credentials})
    return examine(target, RunOptions(timeout=60, ca_bundle=ca))


def wrong(observations: list[Observation]) -> dict[str, str]:
    return {each.about: f"{each.seen} → {each.change}" for each in observations if each.wrong}


def test_nothing_is_wrong_and_nothing_is_published(
    server: ReferenceServer, capsys: pytest.CaptureFixture[str]
) -> None:
    observations = look(server.url, password=server.password)
    assert wrong(observations) == {}
    assert {"connection", "GitLab project", "uploads"} <= {each.about for each in observations}
    assert print_observations(observations) is ExitCode.CONFORMS
    printed = capsys.readouterr().out
    assert "No problems found." in printed
    assert server.password not in printed
    assert list(server.registry.packages(server.registry.gitlab_project("1"))) == []


def test_what_is_wrong_turns_it_red_but_is_no_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    wrong, unknown = (
        Observation(about="a", seen="b", change="c"),
        Observation(about="d", seen="e", unknown=True),
    )
    assert print_observations([wrong]) is ExitCode.USAGE
    assert capsys.readouterr().out == "problem  a: b\n         → c\n1 problem found.\n"
    assert print_observations([wrong, unknown]) is ExitCode.HARNESS_ERROR


def test_a_wrong_credential(server: ReferenceServer) -> None:
    found = wrong(look(server.url, password="mistyped"))
    assert "401" in found["credential"]
    assert "the token may have expired" in found["credential"]
    assert "mistyped" not in str(found)


def test_no_credential(server: ReferenceServer) -> None:
    assert "give --username and --password" in wrong(look(server.url))["credential"]


def test_a_credential_that_may_only_read(server: ReferenceServer) -> None:
    password = server.target()["credentials"]["personal-read-api"]["password"]
    assert "may only read" in wrong(look(server.url, password=password))["uploads"]


def test_a_wrong_gitlab_project(server: ReferenceServer) -> None:
    found = wrong(look(server.url.replace("/1/", "/4711/"), password=server.password))
    assert "there is no GitLab project with this id" in found["GitLab project"]


def test_a_registry_that_is_switched_off(server: ReferenceServer) -> None:
    off = server.target()["gitlab-projects"]["switched-off"]
    found = wrong(look(server.url.replace("/1/", f"/{off}/"), password=server.password))
    assert "is switched off" in found["GitLab project"]


def test_an_api_that_is_not_there(httpserver: HTTPServer) -> None:
    httpserver.expect_request(re.compile(".*")).respond_with_data("", status=404, content_type="text/html")
    found = wrong(look(httpserver.url_for(PATH), password="x"))
    assert "expected GitLab's API, found" in found["API"]
    assert "uploads do not go here" in found["uploads"]


def test_a_token_that_the_api_does_not_take(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/api/v4/projects/1").respond_with_data("", status=401)
    httpserver.expect_request(re.compile(".*")).respond_with_data("", status=400, content_type="text/html")
    assert (
        "use a personal access token with the scope api"
        in wrong(look(httpserver.url_for(PATH), password="x"))["API"]
    )


def test_no_answer() -> None:
    observations = look(f"http://127.0.0.1:1{PATH}", password="x")
    assert "whether the registry is running" in wrong(observations)["port"]
    assert print_observations(observations) is ExitCode.HARNESS_ERROR


def test_a_server_error(httpserver: HTTPServer) -> None:
    httpserver.expect_request(re.compile(".*")).respond_with_data("", status=503)
    observations = look(httpserver.url_for(PATH), password="x")
    assert "see the server's log" in wrong(observations)["server"]
    assert print_observations(observations) is ExitCode.HARNESS_ERROR


def test_https_where_http_is_spoken(server: ReferenceServer) -> None:
    url = server.url.replace("http://", "https://")
    assert "begin the URL with http://" in wrong(look(url, password="x"))["https"]


def test_a_certificate_that_is_not_trusted(tmp_path: Path) -> None:
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    request = (
        "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost"
    )
    files = ("-keyout", str(key), "-out", str(certificate))
    made = subprocess.run(["openssl", *request.split(), *files], capture_output=True, check=False)
    assert made.returncode == 0, made.stderr
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with HTTPServer(ssl_context=context) as https:
        https.expect_request(re.compile(".*")).respond_with_data("", content_type="text/html")
        url = https.url_for(PATH)
        assert "--ca-bundle" in wrong(look(url, password="x"))["TLS trust"]
        assert "TLS trust" not in wrong(look(url, password="x", ca=certificate))
        other = wrong(look(url.replace("localhost", "127.0.0.1"), password="x", ca=certificate))
        assert "the host name that the certificate is for" in other["TLS trust"]
        plain = url.replace("https://", "http://")
        assert "begin the URL with https://" in wrong(look(plain, password="x"))["http"]


def test_a_proxy_of_the_environment_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://user:secret@127.0.0.1:1")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    found = wrong(look(f"http://registry.invalid{PATH}", password="x"))
    assert "through the proxy http://***@127.0.0.1:1" in found["proxy"]
    assert "NO_PROXY" in found["proxy"]
    assert "secret" not in str(found)


def redirecting(httpserver: HTTPServer, location: str) -> str:
    def handler(request: Request) -> Response:
        request.get_data()
        return Response(status=301, headers={"Location": location})

    httpserver.expect_request(re.compile(".*")).respond_with_handler(handler)
    return httpserver.url_for(PATH)


@pytest.mark.parametrize(
    ("location", "about", "change"),
    [
        (
            "https://registry.invalid/x",
            "http",
            "give https://registry.invalid/api/v4/projects/1/packages/pypi",
        ),
        ("/users/sign_in", "path", "this is a website"),
        ("/elsewhere/", "slash or path", "give the URL that it redirects to"),
    ],
)
def test_a_redirect(location: str, about: str, change: str, httpserver: HTTPServer) -> None:
    assert change in wrong(look(redirecting(httpserver, location), password="x"))[about]


def test_a_page_that_is_no_index(httpserver: HTTPServer) -> None:
    httpserver.expect_request(re.compile(".*")).respond_with_data("x", content_type="text/plain")
    found = wrong(look(httpserver.url_for("/simple"), profile="index"))
    assert "expected a simple index, found text/plain" in found["path"]


def test_no_index_there(httpserver: HTTPServer) -> None:
    httpserver.expect_request(re.compile(".*")).respond_with_data("", status=404)
    found = wrong(look(httpserver.url_for("/"), profile="pep503-upload"))
    assert "there is no index" in found["path"]
    assert "uploads do not go here" in found["uploads"]


@pytest.mark.parametrize("ending", ["simple", "legacy"])
def test_an_ending_too_many(ending: str, httpserver: HTTPServer) -> None:
    httpserver.expect_request(re.compile(".*")).respond_with_data("", content_type="text/html")
    found = wrong(look(httpserver.url_for(f"/{ending}"), profile="pypi"))
    assert f"remove {ending}/" in found["path"]


@pytest.mark.parametrize(
    ("url", "change"),
    [
        ("gitlab.example.com" + PATH, "give the whole URL, such as https://gitlab.example.com"),
        ("https://gitlab.example.com/api/v4/groups/7/-/packages/pypi", "takes no uploads"),
        (
            f"https://gitlab.example.com{PATH}/simple/",
            f"give https://gitlab.example.com{PATH}: the URL for uploads",
        ),
        ("https://gitlab.example.com/group/name/-/packages", "the API is https://gitlab.example.com/api/v4/"),
        ("https://user:secret@gitlab.example.com" + PATH, "give them with --username and --password"),
        ("user:secret@gitlab.example.com" + PATH, "give the whole URL, such as https://gitlab.example.com"),
        ("ftp://user:secret@gitlab.example.com" + PATH, "such as https://gitlab.example.com"),
        (
            f"https://user:secret@gitlab.example.com{PATH}/simple",
            f"give https://gitlab.example.com{PATH}: the",
        ),
        ("http://user:secret@[::1/x", "it should look like"),
    ],
)
def test_a_url_of_the_wrong_shape(url: str, change: str) -> None:
    with pytest.raises(BadTarget) as caught:
        target_from_table({"url": url})
    observations = refused_observations(caught.value, url)
    assert change in wrong(observations)["URL"]
    assert "secret" not in str(observations)


@pytest.mark.parametrize(
    ("ahead", "seen"),
    [(0, ""), (59, ""), (-59, ""), (90, "90 s ahead of"), (-3600, "3600 s behind")],
)
def test_a_clock(ahead: int, seen: str) -> None:
    date = format_datetime(NOW + timedelta(seconds=ahead), usegmt=True)
    found = list(clock_observations(date, now=NOW))
    assert [each.wrong for each in found] == ([True] if seen else [])
    assert seen in "".join(each.seen for each in found)


@pytest.mark.parametrize("date", [None, "", "yesterday", "Sun, 99 Nov 2026 00:00:00 GMT"])
def test_a_date_that_cannot_be_read_says_nothing(date: str | None) -> None:
    assert list(clock_observations(date, now=NOW)) == []


@pytest.mark.parametrize(
    ("project", "about"),
    [
        ({"packages_enabled": False}, "GitLab project"),
        ({"package_registry_access_level": "disabled"}, "GitLab project"),
        ({"permissions": {"project_access": {"access_level": 20}, "group_access": None}}, "role"),
    ],
)
def test_what_gitlab_says_is_wrong(project: dict[str, Any], about: str) -> None:
    assert list(wrong(list(gitlab_observations({"id": 1, **project})))) == [about]


@pytest.mark.parametrize(
    "permissions",
    [None, {"project_access": None, "group_access": None}, {"project_access": {"access_level": 30}}],
)
def test_what_gitlab_says_is_fine(permissions: dict[str, Any] | None) -> None:
    assert wrong(list(gitlab_observations({"id": 1, "permissions": permissions}))) == {}
