"""The usual mistakes, one by one: what the doctor observes, and its remedies."""

from __future__ import annotations

import re
import ssl
import subprocess
import tomllib
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Response

from conformance.commands.doctor import print_observations
from conformance.commands.main import main
from conformance.profiles import profile
from conformance.target import BadTarget, target_from_table
from conformance.target.configuration import configured_target
from conformance.target.doctor import examine
from conformance.target.layout_search import MOST_REQUESTS, search
from conformance.target.layouts import layout, layouts
from conformance.target.observations import (
    Observation,
    clock_observations,
    gitlab_observations,
    refused_observations,
)
from conformance.verdicts import ExitCode
from conformance.verdicts.options import RunOptions
from conformance.wire import Redactor, Session, Transcript
from reference_server import ReferenceServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from werkzeug import Request

    from conformance.wire import Answer

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
    found = wrong(look(server.url))
    assert "no credential was given" in found["credential"]
    assert "use --username and --password" in found["credential"]
    assert list(found) == ["credential"]


def test_a_credential_that_may_only_read(server: ReferenceServer) -> None:
    """Some registries, PyPI among them, answer 403 to an unknown credential, too: the remedy covers both."""
    password = server.target()["credentials"]["personal-read-api"]["password"]
    found = wrong(look(server.url, password=password))["uploads"]
    assert "check user name and password, and use a credential whose scope and role may publish" in found


def test_a_page_for_every_name(httpserver: HTTPServer) -> None:
    """Artipie has a page at every URL, and so at the ones of a layout that is not its own."""
    page = "<!DOCTYPE html><html><body></body></html>"
    httpserver.expect_request(re.compile("/.*"), method="GET").respond_with_data(
        page, content_type="text/html"
    )
    httpserver.expect_request(re.compile("/.*"), method="POST").respond_with_data("no file", status=400)
    observations = look(httpserver.url_for("/files"), profile="pep503-upload")
    assert wrong(observations) == {}
    (seen,) = [each.seen for each in observations if each.about == "unknown projects"]
    assert "there is a page for a project that cannot exist" in seen
    assert "--index-url" in seen


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


@pytest.mark.parametrize("after", [0, 1])
def test_a_connection_that_ends_is_of_another_protocol_only_before_the_first_answer(after: int) -> None:
    with ReferenceServer(faults=[f"no-answer,after={after}"]) as dropping:
        found = wrong(look(dropping.url, password=dropping.password))
    if after:
        assert "may have crashed on this request: see its log" in found["answer"]
    else:
        assert "may speak https only" in found["http"]


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


@pytest.mark.parametrize(
    ("status", "headers", "change"),
    [
        (301, {"Location": "https://localhost/upload"}, "give https://localhost/upload"),
        (502, {}, "a proxy in front reached no registry"),
        (500, {}, "the registry returns a server error"),
    ],
)
def test_uploads_that_a_proxy_answers(
    status: int, headers: dict[str, str], change: str, httpserver: HTTPServer
) -> None:
    uploads = httpserver.expect_request("/", method="POST")
    uploads.respond_with_data("", status=status, headers=headers)
    httpserver.expect_request(re.compile(".*")).respond_with_data("", status=404)
    found = wrong(look(httpserver.url_for("/"), profile="pep503-upload"))
    assert change in found["uploads"]


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
        (
            "https://gitlab.example.com/group/name/-/packages",
            "the URL of a GitLab registry is https://gitlab.example.com/api/v4/projects/<id>/packages/pypi",
        ),
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


def test_a_file_that_cannot_be_read_is_a_matter_of_the_configuration(tmp_path: Path) -> None:
    with pytest.raises(BadTarget) as caught:
        configured_target(config=tmp_path / "absent.toml", environ={})
    found = wrong(refused_observations(caught.value, ""))
    assert found["configuration"].startswith("cannot read ")
    assert "→ check the path, or write the file with `registry-conformance init`" in found["configuration"]


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


INDEX_PAGE = "<!DOCTYPE html><html><body><a href='{}one/'>one</a> <a href='{}two-b/'>Two.B</a></body></html>"


def serve(httpserver: HTTPServer, answers: dict[str, int | str]) -> None:
    """Answer these paths with a status, a location, or an index (an empty text); all others with 404."""

    def handler(request: Request) -> Response:
        request.get_data()
        found = answers.get(request.path, 404)
        if isinstance(found, int):
            return Response("", status=found, content_type="text/plain")
        if found:
            return Response("", status=302, headers={"Location": found})
        return Response(INDEX_PAGE.format(request.path, request.path), content_type="text/html")

    httpserver.expect_request(re.compile(".*")).respond_with_handler(handler)


@pytest.mark.parametrize(
    ("answers", "given", "lines"),
    [
        (
            {"/user/index/+simple/": "", "/user/index/simple/": "/user/index/+simple/simple/"},
            ("/user/index", "pep503-upload"),
            ['url = "{}/user/index"', 'layout = "devpi"'],
        ),
        (
            {"/user/index/+simple/": ""},
            ("/user/index/+simple", "pep503-upload"),
            ['url = "{}/user/index"', 'layout = "devpi"'],
        ),
        (
            {"/pypi/name/simple/": "", "/pypi/name/legacy/": 405},
            ("/pypi/name/legacy", "pep503-upload"),
            ['url = "{}/pypi/name"', 'layout = "pypi"'],
        ),
        (
            {"/pypi/name/simple/": "", "/pypi/name/legacy/": 405},
            ("/pypi/name/simple", "pep503-upload"),
            ['url = "{}/pypi/name"', 'layout = "pypi"'],
        ),
        (
            {"/repository/name/simple/": ""},
            ("/repository/name/simple", "pypi"),
            ['url = "{}/repository/name"', 'layout = "root+simple"'],
        ),
        (
            {"/o/_packaging/feed/pypi/simple/": ""},
            ("/o/_packaging/feed/pypi/upload", "pep503-upload"),
            ['url = "{}/o/_packaging/feed"', 'layout = "azure"'],
        ),
        ({"/pages/": ""}, ("/pages", "pypi"), ["upload-url = ", 'index-url = "{}/pages/"']),
        ({"/pages/": ""}, ("/pages", "gitlab"), ['index-url = "{}/pages/"', 'profile = "pep503-upload"']),
    ],
)
def test_the_layout_is_found(
    answers: dict[str, int | str],
    given: tuple[str, str],
    lines: list[str],
    httpserver: HTTPServer,
    capsys: pytest.CaptureFixture[str],
) -> None:
    serve(httpserver, answers)
    path, kind = given
    assert main(["doctor", httpserver.url_for(path), "--profile", kind]) == 2
    printed = capsys.readouterr().out
    origin = httpserver.url_for("").rstrip("/")
    assert [line for line in lines if line.format(origin) not in printed] == []
    assert "GitLab" not in printed
    assert {request.method for request, _ in httpserver.log} == {"GET"}
    assert len(httpserver.log) <= MOST_REQUESTS + 1


def test_what_was_found_is_right(httpserver: HTTPServer) -> None:
    serve(httpserver, {"/pypi/name/simple/": "", "/pypi/name/legacy/": 405})
    place = search(httpserver.url_for("/pypi/name/legacy"), get)
    assert place is not None
    target = target_from_table(tomllib.loads(place.settings(profile("gitlab"))))
    assert target.index_url == httpserver.url_for("/pypi/name/simple/")
    assert target.upload_url == httpserver.url_for("/pypi/name/legacy/")


def get(url: str) -> Answer:
    session = Session(transcript=Transcript(), redact=Redactor(()), limits=RunOptions())
    return session.send("GET", url, credential=None, credential_name="anonymous")


@pytest.mark.parametrize("name", list(layouts()))
def test_a_search_is_short_and_finds_nothing_where_nothing_is(name: str, httpserver: HTTPServer) -> None:
    serve(httpserver, {})
    path = layout(name).example.partition("example.com")[2]
    for ending in ("", "/simple", "/legacy", "/+simple", "/pypi/upload"):
        httpserver.clear_log()
        assert search(httpserver.url_for(path + ending), get) is None
        assert len(httpserver.log) <= MOST_REQUESTS


EMPTY = "<!DOCTYPE html><html><head><title>Simple index</title></head><body></body></html>"


def serve_empty(httpserver: HTTPServer, path: str, *, below: int = 404) -> None:
    """Answer a path with a page without links, everything below with a status, and all others with 404."""

    def handler(request: Request) -> Response:
        if request.path == path:
            return Response(EMPTY, content_type="text/html")
        return Response(
            EMPTY, status=below if request.path.startswith(path) else 404, content_type="text/html"
        )

    httpserver.expect_request(re.compile(".*")).respond_with_handler(handler)


@pytest.mark.parametrize(
    ("index", "given", "name"),
    [
        ("/o/_packaging/feed/pypi/simple/", "/o/_packaging/feed/pypi/upload", "azure"),
        ("/o/_packaging/feed/pypi/simple/", "/o/_packaging/feed/pypi/upload/", "azure"),
        ("/o/_packaging/feed/pypi/simple/", "/o/_packaging/feed/pypi/simple/", "azure"),
        ("/artifactory/api/pypi/x/simple/", "/artifactory/api/pypi/x/simple", "artifactory"),
        ("/basic/o/r/python/simple/", "/basic/o/r/python/simple/", "cloudsmith"),
        ("/pkg/a/n/python/simple/", "/pkg/a/n/python/simple/", "harness"),
        ("/pypi/feed/simple/", "/pypi/feed/legacy", "pypi"),
    ],
)
def test_an_empty_index_is_found_at_a_url_of_its_vendor(
    index: str, given: str, name: str, httpserver: HTTPServer
) -> None:
    serve_empty(httpserver, index)
    place = search(httpserver.url_for(given), get)
    assert place is not None
    assert (place.layout.name, place.index_url) == (name, httpserver.url_for(index))


@pytest.mark.parametrize("page", [EMPTY, INDEX_PAGE.format("/o/_packaging/f/", "/o/_packaging/f/")])
def test_an_index_at_the_end_of_a_redirect_with_a_query_is_found(page: str) -> None:
    asked: list[str] = []

    def get(url: str) -> Answer:
        asked.append(url)
        found = url == "https://registry.example.com/o/_packaging/feed/pypi/simple/"
        answer = SimpleNamespace(
            url="https://registry.example.com/o/_packaging/f/?api-version=1" if found else url,
            status=200 if found else 404,
            text=page,
            content_type="text/html",
            is_redirect=False,
        )
        return cast("Answer", answer)

    place = search("https://registry.example.com/o/_packaging/feed/pypi/simple/", get)
    assert place is not None
    assert place.layout.name == "azure"
    assert (
        page != EMPTY or asked[-1] == "https://registry.example.com/o/_packaging/f/conformance-doctor-absent/"
    )


@pytest.mark.parametrize(
    "path", ["/repository/python", "/project/python", "/pypi/python", "/basic/owner/python", "/a/b/c/python"]
)
def test_a_repository_that_is_named_python_has_uploads(path: str, httpserver: HTTPServer) -> None:
    """Nexus, Google and CodeArtifact take them at such URLs; a layout without them does not win there."""
    serve(httpserver, {f"{path}/simple/": ""})
    for ending in ("", "/simple/"):
        place = search(httpserver.url_for(path + ending), get)
        assert place is not None
        assert place.upload_url == httpserver.url_for(f"{path}/")


@pytest.mark.parametrize(
    ("index", "given", "below"),
    [
        ("/pypi/feed/simple/", "/pypi/feed/legacy", 200),
        ("/pypi/feed/simple/", "/pypi/feed", 404),
        ("/o/_packaging/feed/pypi/simple/", "/o/_packaging/feed/pypi/upload", 200),
    ],
)
def test_a_page_without_links_may_be_any_website(
    index: str, given: str, below: int, httpserver: HTTPServer
) -> None:
    serve_empty(httpserver, index, below=below)
    assert search(httpserver.url_for(given), get) is None


def test_a_website_is_no_index(httpserver: HTTPServer) -> None:
    page = "<html><a href='/'>Home</a> <a href='/simple/'>simple</a> <a href='/about/'>About us</a></html>"
    httpserver.expect_request(re.compile(".*")).respond_with_data(page, content_type="text/html")
    assert search(httpserver.url_for("/x"), get) is None


def test_an_index_without_a_root_page_is_no_problem(
    httpserver: HTTPServer, capsys: pytest.CaptureFixture[str]
) -> None:
    serve(httpserver, {"/": 400, "/simple/one/": ""})
    url = httpserver.url_for("")
    assert main(["doctor", url, "--profile", "pep503-upload"]) == 0
    assert "there is no list of projects, but uploads are answered" in capsys.readouterr().out
    assert main(["doctor", url, "--profile", "pep503-upload", "--project", "one"]) == 0
    assert "but pages of projects are there" in capsys.readouterr().out
    assert main(["doctor", url, "--profile", "pep503-upload", "--project", "absent"]) == 2
    assert "there is no page: GET" in capsys.readouterr().out
    assert main(["doctor", url, "--profile", "pep503-upload", "--read-only"]) == 2
    assert "name one with --project" in capsys.readouterr().out


@pytest.mark.parametrize("path", ["/simple", "/name/simple/", "/legacy"])
def test_a_layout_with_uploads_at_the_index_takes_any_url(path: str, httpserver: HTTPServer) -> None:
    serve(httpserver, {f"{path.rstrip('/')}/": ""})
    url = httpserver.url_for(path)
    target = target_from_table({"url": url, "profile": "pep503-upload", "layout": "root"})
    assert wrong(examine(target, RunOptions())) == {}


def test_an_index_at_the_end_of_a_redirect_is_named(httpserver: HTTPServer) -> None:
    serve(httpserver, {"/x/simple/": "/y/pages/", "/y/pages/": ""})
    found = wrong(look(httpserver.url_for("/x"), profile="pypi"))
    assert f'index-url = "{httpserver.url_for("/y/pages/")}"' in found["slash or path"]


def test_an_index_without_uploads_needs_an_upload_url(httpserver: HTTPServer) -> None:
    serve(httpserver, {"/simple/": ""})
    target = target_from_table({"index-url": httpserver.url_for("/simple/"), "profile": "pypi"})
    assert "give --upload-url" in wrong(examine(target, RunOptions()))["uploads"]
    assert wrong(examine(target, RunOptions(read_only=True))) == {}


def test_no_gitlab_project_is_asked_of_another_registry(
    httpserver: HTTPServer, capsys: pytest.CaptureFixture[str]
) -> None:
    serve(httpserver, {})
    assert main(["doctor", httpserver.url_for("/pypi/name"), "--profile", "pep503-upload"]) == 2
    assert "GitLab" not in capsys.readouterr().out


def test_a_wrong_token_is_one_problem() -> None:
    with ReferenceServer() as server:
        table = server.target()
        table["credentials"] = {"default": {"username": "__token__", "password": "mistyped"}}
        found = examine(target_from_table(table), RunOptions())
    assert [each.about for each in found if each.wrong] == ["credential"]
