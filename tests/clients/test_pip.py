"""What the driver for pip makes pip do."""

from __future__ import annotations

import base64
import importlib.metadata
import io
import socket
import sys
import tarfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from conformance.clients import (
    IndexURL,
    Pip,
    PipApi,
    available_versions,
    empty_index,
    installed_files,
    installed_versions,
    wheel_files,
)
from conformance.clients.pip import Selection
from conformance.wire.credential import Credential
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from pytest_httpserver import HTTPServer

PASSWORD = "glpat-p@ss:w%41/$HOME;#x y"
CREDENTIAL = Credential(username="us er@x", password=PASSWORD)
BASIC = "Basic " + base64.b64encode(f"us er@x:{PASSWORD}".encode()).decode()
DEMO = wheel("Demo_Pkg", "1.0", requires_dist=("missing",))


@pytest.fixture
def index(httpserver: HTTPServer) -> str:
    """The URL of a simple index with one wheel of the project demo-pkg."""
    anchor = f'<a href="/files/{DEMO.filename}#sha256={DEMO.sha256}">{DEMO.filename}</a>'
    httpserver.expect_request("/simple/demo-pkg/").respond_with_data(anchor, content_type="text/html")
    httpserver.expect_request(f"/files/{DEMO.filename}").respond_with_data(DEMO.content)
    return httpserver.url_for("/simple")


def requests(httpserver: HTTPServer) -> list[tuple[str, str | None]]:
    """Return the path and the authorization of each request, in order."""
    return [(request.path, request.headers.get("Authorization")) for request, _ in httpserver.log]


def sdist_that_builds_itself(name: str, version: str, *, requires: str) -> bytes:
    """Return an sdist with its backend inside, which nevertheless requires a project for its build."""
    metadata = f"Metadata-Version: 2.2\nName: {name}\nVersion: {version}\n"
    wheel_tags = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    members = {
        "PKG-INFO": metadata,
        "pyproject.toml": (
            f"[build-system]\nrequires = ['{requires}']\nbuild-backend = 'backend'\nbackend-path = ['.']\n"
        ),
        "backend.py": (
            "import zipfile\n"
            "def build_wheel(directory, config_settings=None, metadata_directory=None):\n"
            f"    filename = '{name}-{version}-py3-none-any.whl'\n"
            "    with zipfile.ZipFile(f'{directory}/{filename}', 'w') as archive:\n"
            f"        archive.writestr('{name}-{version}.dist-info/METADATA', {metadata!r})\n"
            f"        archive.writestr('{name}-{version}.dist-info/WHEEL', {wheel_tags!r})\n"
            f"        archive.writestr('{name}-{version}.dist-info/RECORD', '')\n"
            "    return filename\n"
        ),
    }
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as archive:
        for member, text in members.items():
            info = tarfile.TarInfo(f"{name}-{version}/{member}")
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text.encode()))
    return content.getvalue()


def test_an_installation_equals_the_wheel(index: str, tmp_path: Path) -> None:
    run = Pip().install("demo-pkg==1.0", target=tmp_path / "target", index_url=IndexURL(index))
    assert run.succeeded, run
    assert installed_files(tmp_path / "target") == wheel_files(DEMO.save(tmp_path))
    assert installed_versions(tmp_path / "target") == {"demo-pkg": "1.0"}
    assert PipApi().installed(tmp_path / "target") == {"demo-pkg": "1.0"}


def test_nothing_is_installed_without_a_name(tmp_path: Path) -> None:
    broken = tmp_path / "demo_pkg-1.0.dist-info"
    broken.mkdir()
    (broken / "METADATA").write_text("Version: 1.0\n", encoding="utf-8")
    assert installed_versions(tmp_path) == {}


@pytest.mark.parametrize("command", ["install", "download", "index versions"])
def test_credentials_reach_the_index_but_not_the_command_line(
    command: str, index: str, httpserver: HTTPServer, tmp_path: Path, commands: list[str]
) -> None:
    index_url = IndexURL(index, CREDENTIAL)
    runs = {
        "install": lambda: Pip().install("demo-pkg", target=tmp_path / "here", index_url=index_url),
        "download": lambda: Pip().download("demo-pkg", dest=tmp_path / "here", index_url=index_url),
        "index versions": lambda: Pip(verbose=True).index_versions("demo-pkg", index_url=index_url),
    }
    run = runs[command]()
    assert run.succeeded, run
    page, file = ("/simple/demo-pkg/", BASIC), (f"/files/{DEMO.filename}", BASIC)
    assert requests(httpserver) == ([page] if command == "index versions" else [page, file])
    seen = "\n".join([*commands, str(run), repr(index_url)])
    assert not [form for form in (PASSWORD, index_url.with_credential, BASIC[6:]) if form in seen]


@pytest.mark.parametrize(("pre", "versions"), [(False, ["1.0"]), (True, ["2.0a1", "1.0"])])
def test_versions_are_listed(pre: bool, versions: list[str], httpserver: HTTPServer) -> None:  # noqa: FBT001
    files = [f"demo-{version}-py3-none-any.whl" for version in ("1.0", "2.0a1")]
    page = "".join(f'<a href="{file}">{file}</a>' for file in files)
    httpserver.expect_request("/simple/demo/").respond_with_data(page, content_type="text/html")
    run = Pip().index_versions("demo", index_url=IndexURL(httpserver.url_for("/simple")), pre=pre)
    assert available_versions(run) == versions


def test_no_versions_are_listed_of_an_unknown_project(tmp_path: Path) -> None:
    run = Pip().index_versions("demo-pkg", index_url=empty_index(tmp_path, names=["demo-pkg"]))
    assert (run.exit_code, available_versions(run)) == (1, [])


def test_an_extra_index_is_asked_beside_an_empty_one(
    index: str, httpserver: HTTPServer, tmp_path: Path
) -> None:
    run = Pip().download(
        "Demo_Pkg",
        dest=tmp_path / "here",
        index_url=empty_index(tmp_path / "empty", names=["Demo_Pkg"]),
        extra_index_urls=[IndexURL(index, CREDENTIAL)],
    )
    assert run.succeeded, run
    assert run.stderr == "", "the empty index is not accepted quietly"
    assert requests(httpserver)[0] == ("/simple/demo-pkg/", BASIC)


@pytest.mark.parametrize(("digest", "exit_code"), [(DEMO.sha256, 0), ("0" * 64, 1)])
def test_a_requirement_may_carry_a_hash(digest: str, exit_code: int, index: str, tmp_path: Path) -> None:
    run = Pip().install(
        f"demo-pkg==1.0 --hash=sha256:{digest}",
        target=tmp_path,
        index_url=IndexURL(index),
        require_hashes=True,
    )
    assert run.exit_code == exit_code, run


@pytest.mark.parametrize(
    ("selection", "message"),
    [
        (Selection(only="sdist"), "(from versions: none)"),
        (Selection(require_hashes=True), "Hashes are required in --require-hashes mode"),
        (Selection(no_deps=False), "No matching distribution found for missing"),
    ],
)
def test_a_selection_is_passed_on(selection: Selection, message: str, index: str, tmp_path: Path) -> None:
    index_url = empty_index(tmp_path / "empty", names=["demo-pkg", "missing"])
    run = Pip().download(
        "demo-pkg==1.0", dest=tmp_path, index_url=index_url, extra_index_urls=[IndexURL(index)], **selection
    )
    assert run.exit_code == 1
    assert run.says(message), run


def test_without_credentials_a_closed_index_is_not_waited_for(httpserver: HTTPServer, tmp_path: Path) -> None:
    httpserver.expect_request("/simple/demo-pkg/").respond_with_data(
        status=401, headers={"WWW-Authenticate": 'Basic realm="registry"'}
    )
    run = Pip(verbose=True).install(
        "demo-pkg", target=tmp_path, index_url=IndexURL(httpserver.url_for("/simple"))
    )
    assert run.exit_code == 1
    assert run.says("401 Client Error"), run
    assert requests(httpserver) == [("/simple/demo-pkg/", None)]


def test_a_failing_index_is_asked_once(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/simple/demo-pkg/").respond_with_data(status=503)
    run = Pip().index_versions("demo-pkg", index_url=IndexURL(httpserver.url_for("/simple")))
    assert run.exit_code == 1
    assert len(httpserver.log) == 1


def test_an_unencrypted_index_is_trusted(index: str) -> None:
    run = Pip().index_versions("demo-pkg", index_url=IndexURL(index))
    trusted = run.command[run.command.index("--trusted-host") + 1]
    assert index == f"http://{trusted}/simple"


@pytest.mark.parametrize("command", ["install", "download"])
def test_a_build_asks_the_index_for_nothing(command: str, httpserver: HTTPServer, tmp_path: Path) -> None:
    content = sdist_that_builds_itself("demo", "1.0", requires="elsewhere")
    anchor = '<a href="/files/demo-1.0.tar.gz">demo-1.0.tar.gz</a>'
    httpserver.expect_request("/simple/demo/").respond_with_data(anchor, content_type="text/html")
    httpserver.expect_request("/files/demo-1.0.tar.gz").respond_with_data(content)
    index_url = IndexURL(httpserver.url_for("/simple"))
    if command == "install":
        run = Pip().install("demo", target=tmp_path, index_url=index_url, only="sdist")
    else:
        run = Pip().download("demo", dest=tmp_path, index_url=index_url, only="sdist")
    assert run.succeeded, run
    assert [path for path, _ in requests(httpserver)] == ["/simple/demo/", "/files/demo-1.0.tar.gz"]


def test_settings_of_the_user_are_not_honoured(
    index: str, httpserver: HTTPServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configuration = "[global]\nno-index = true\nnonsense\n"
    for path in (".netrc", "pip.conf", ".pip/pip.conf", ".config/pip/pip.conf"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(configuration, encoding="utf-8")
    (tmp_path / ".netrc").write_text("machine localhost login netrc password netrc\n", encoding="utf-8")
    for name in ("HOME", "USERPROFILE", "APPDATA", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FORMAT", "freeze")
    monkeypatch.setenv("PIPAPI_PYTHON_LOCATION", str(tmp_path / "no-such-python"))
    for name in ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_PROXY", "HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1/")
    assert Pip().install("demo-pkg", target=tmp_path / "target", index_url=IndexURL(index)).succeeded
    assert requests(httpserver)[0] == ("/simple/demo-pkg/", None)
    assert PipApi().installed(tmp_path / "target") == {"demo-pkg": "1.0"}


def test_a_registry_that_never_answers_leaves_no_process_behind(tmp_path: Path) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        connected_before_its_end(silent, tmp_path) as connection,
    ):
        connection.settimeout(120)
        while connection.recv(65536):
            pass  # the request; then the end, as no process holds the connection any more
    assert list(tmp_path.iterdir()) == []


def connected_before_its_end(silent: socket.socket, folder: Path) -> socket.socket:
    """Run pip for a few seconds, or longer on a machine that is slow, until it has connected before it is killed."""
    silent.settimeout(0)
    index_url = IndexURL(f"http://127.0.0.1:{silent.getsockname()[1]}/simple")
    for seconds in (3, 9, 27, 81):
        run = Pip(timeout=seconds, workspace=folder).index_versions("demo-pkg", index_url=index_url)
        assert run.timed_out, run
        with suppress(BlockingIOError):
            return silent.accept()[0]
    pytest.fail("pip never connects")


def test_the_version_is_that_of_the_interpreter(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = importlib.metadata.version("pip")
    assert Pip().version == expected
    # The same interpreter under another name, as `python` may be any.
    elsewhere = (
        Path(sys.executable).parent / ".." / Path(sys.executable).parent.name / Path(sys.executable).name
    )
    pip = Pip(python=elsewhere)
    assert pip.version == expected
    monkeypatch.setattr("conformance.clients.run.start", None)
    assert pip.version == expected, "asked only once"


def test_an_index_url_encodes_credentials() -> None:
    index_url = IndexURL("https://host:8443/simple", Credential(username="a@b", password="c:/%"))
    assert index_url.with_credential == "https://a%40b:c%3A%2F%25@host:8443/simple"


@pytest.mark.parametrize(
    ("url", "host"),
    [("http://host:81/simple", "host:81"), ("https://host/simple", None), ("file:///simple", None)],
)
def test_only_an_unencrypted_host_has_to_be_trusted(url: str, host: str | None) -> None:
    assert IndexURL(url).unencrypted_host == host
