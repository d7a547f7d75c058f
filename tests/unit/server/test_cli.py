from __future__ import annotations

import gc
import os
import re
import shlex
import signal
import socket
import stat
import subprocess
import sys
import time
import tomllib
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests

from reference_server.commands import main, proxy, serve
from reference_server.distributions import sdist
from reference_server.model import PersonalAccessToken, TokenRecord, User
from reference_server.rules.ready_made import PASSWORD, credentials
from reference_server.serving import ports, standalone
from reference_server.serving.default_registry import default_registry, fresh_secrets
from reference_server.store.sqlite import SQLiteStore

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[3]
LIMIT = 120
"""Seconds, for a machine that is busy."""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    pytest.importorskip("granian", reason="granian is not installed")
    written = tmp_path_factory.mktemp("served") / "registry.toml"
    command = [sys.executable, "-m", "reference_server", "serve", "--port", "0", "--write-target", written]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": str(written.parent)}
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        yield process, written
        process.terminate()  # a kill would leave its worker


def ready(url: str) -> None:
    deadline = time.monotonic() + LIMIT
    while True:
        try:
            requests.get(url, timeout=10)
        except requests.ConnectionError:
            assert time.monotonic() < deadline, "the server did not answer in time"
        else:
            return


def test_served_from_start_to_end(served: tuple[subprocess.Popen[str], Path]) -> None:
    process, written = served
    assert process.stdout is not None
    greeting = "".join(iter(process.stdout.readline, "Ctrl-C stops the server and discards the registry.\n"))
    target = tomllib.loads(written.read_text())
    url, auth = target["url"], tuple(target["credentials"]["default"].values())
    assert stat.S_IMODE(written.stat().st_mode) == 0o600
    assert f"twine upload --repository-url {url} -u {auth[0]} -p {auth[1]} dist/*" in greeting
    assert re.search(rf"pip install --index-url http://{auth[0]}:{auth[1]}@127\S+/simple/ NAME", greeting)
    ready(url)

    def upload(content: bytes) -> int:
        form = {"name": "demo", "version": "1.0"}
        files = {"content": ("demo-1.0.tar.gz", content)}
        return requests.post(url, data=form, files=files, auth=auth, timeout=30).status_code

    content = sdist("demo", "1.0", members={"random": os.urandom(2_000_000)}).content
    assert [upload(b"x" * 60_000_000), upload(content), upload(content)] == [413, 201, 400]
    encoded = url.replace("/1/", f"/{target['gitlab-projects']['path'].replace('/', '%2F')}/")
    page = requests.get(f"{encoded}/simple/demo/", auth=auth, timeout=10)
    href = page.text.partition('href="')[2].partition("#")[0]
    file = requests.get(requests.compat.urljoin(page.url, href), auth=auth, timeout=10)
    assert file.content == content
    read_in_every_way(page.url, file.url, auth, content)

    process.send_signal(signal.SIGINT)
    assert process.wait(LIMIT) == 0
    assert process.stderr is not None
    assert process.stderr.read() == ""
    assert list(written.parent.iterdir()) == [written]


def read_in_every_way(page_url: str, file_url: str, auth: tuple[str, ...], content: bytes) -> None:
    """Read as installers do: HEAD, in parts, only when changed, as JSON."""

    def read(url: str, method: str = "GET", **headers: str) -> requests.Response:
        return requests.request(method, url, headers=headers, auth=auth, timeout=10)

    for url in (page_url, file_url):
        got, head = read(url), read(url, "HEAD")
        assert (head.status_code, head.content) == (200, b"")
        for name in ("Content-Type", "Content-Length", "ETag"):
            assert head.headers[name] == got.headers[name]
        again = read(url, **{"If-None-Match": got.headers["ETag"]})
        assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", got.headers["ETag"])
        assert "Cache-Control" in again.headers
    part = read(file_url, Range="bytes=-1000")
    assert (part.status_code, part.content) == (206, content[-1000:])
    assert part.headers["Content-Range"] == f"bytes {len(content) - 1000}-{len(content) - 1}/{len(content)}"
    assert read(file_url, Range=f"bytes={len(content)}-").status_code == 416
    json = read(page_url, Accept="application/vnd.pypi.simple.v1+json")
    assert json.json()["files"][0]["size"] == len(content)
    marked = page_url.replace("/api/v4/", "/-/reference/").replace("/simple/demo/", "/demo/versions/1.0/yank")
    assert read(marked, "PUT").status_code == 204
    assert "data-yanked" in read(page_url).text
    assert read(page_url, "OPTIONS").status_code == 204


@pytest.fixture
def own_signals() -> Iterator[None]:
    """Give this process its handlers of signals back: granian has some of its own."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    yield
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("own_signals")
@pytest.mark.parametrize("options", [[], ["--control"]], ids=["granian", "in this process"])
def test_a_port_that_is_taken_before_the_server_listens(
    options: list[str], capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setattr(serve, "free_port", lambda *_: port)
        assert main.main(["serve", "--port", str(port), *options]) == 2
    assert capfd.readouterr().err == (
        f"reference-server: cannot listen on 127.0.0.1:{port}: Address already in use. "
        "Stop the program that listens there, or choose another port (0: any free port).\n"
    )


def test_a_taken_port(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        assert main.main(["serve", "--port", str(port)]) == 2
    assert f"cannot listen on 127.0.0.1:{port}" in capsys.readouterr().err


def test_without_granian(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "granian", None)
    assert main.main(["serve", "--port", "0"]) == 2
    error = capsys.readouterr().err
    assert "pip install 'pypi-registry-conformance[serve]'" in error
    assert error.count("\n") == 2


def test_a_host_that_others_reach_needs_new_tokens(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    started: list[dict[str, Any]] = []

    def start(**options: Any) -> None:
        started.append(options)
        options["on_start"]()

    monkeypatch.setattr(serve, "serve", start)
    for host in ("0.0.0.0", "::", "registry.example.com"):  # noqa: S104
        assert main.main(["serve", "--host", host, "--port", "0"]) == 2
        assert "Add --generate-tokens" in capsys.readouterr().err
    assert started == []
    target = tmp_path / "registry.toml"
    arguments = ["--host", "0.0.0.0", "--generate-tokens", "--write-target", str(target)]  # noqa: S104
    assert main.main(["serve", "--port", "0", *arguments]) == 0
    printed = capsys.readouterr().out
    (options,) = started
    known = {pair["password"] for pair in credentials().values()}
    assert set(options["secrets"]) == known
    assert not any(secret in printed + target.read_text() for secret in known)
    assert all(secret in printed and secret in target.read_text() for secret in options["secrets"].values())
    assert main.main(["serve", "--port", "0"]) == 0
    assert PASSWORD in capsys.readouterr().out


def test_new_secrets_replace_those_of_the_ready_made_tokens(tmp_path: Path) -> None:
    def store() -> SQLiteStore:
        return SQLiteStore(tmp_path / "store")

    def opened(**more: Any) -> list[bool]:
        registry = default_registry(store=store(), **more)
        found = [registry.store.personal_access_token(each) is not None for each in (PASSWORD, first, second)]
        assert len(registry.store.tokens()) == len(fresh_secrets()) + 1  # and the user's own
        registry.close()
        return found

    own = store()
    own.add_personal_access_token(
        PersonalAccessToken(secret="mine", user=User("maintainer"), record=TokenRecord(name="own"))
    )
    own.close()
    one, two = fresh_secrets(), fresh_secrets()
    first, second = one[PASSWORD], two[PASSWORD]
    assert opened() == [True, False, False]
    assert opened(secrets=one) == [False, True, False]
    assert opened(secrets=two) == [False, False, True]


@pytest.mark.parametrize(
    "arguments",
    [[], ["serve", "--port", "65536"], ["serve", "--port", "x"], ["serve", "--max-file-size", "0"]],
)
def test_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main.main(arguments)
    error = capsys.readouterr().err
    assert error.startswith("reference-server: ")
    assert error.endswith(f"  See `{' '.join(['reference-server', *arguments[:1]])} --help`.\n")


@pytest.mark.parametrize(
    "arguments", [["--help", "serve"], ["-h", "serve"], ["--debug", "--help", "token"], ["--hel", "faults"]]
)
def test_help_before_a_command_lists_all(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main.main(arguments)
    listed = {line.split()[0] for line in capsys.readouterr().out.splitlines() if line.startswith("    ")}
    assert {*main.COMMANDS} <= listed


@pytest.mark.parametrize("arguments", [["--help"], ["faults", "no-hashes"], ["verify"], []])
def test_the_process_of_a_caller_collects_garbage_as_before(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    before = gc.get_threshold()
    with suppress(SystemExit):
        main.main(arguments)
    assert gc.get_threshold() == before
    assert "internal error" not in capsys.readouterr().err


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main.main(["--version"])
    assert capsys.readouterr().out.startswith("reference-server ")


def test_the_size_limit_reaches_the_application(tmp_path: Path) -> None:
    app = standalone.application(max_file_size=7, directory=tmp_path)
    assert app._registry.rules.max_file_size == 7  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["serve", "--flavour", "vanilla"], "there is no flavour 'vanilla'; choose reference, pypi"),
        (
            ["serve", "--port", "0", "--fault", "no-hash"],
            "no fault is named 'no-hash'; did you mean 'no-hashes'",
        ),
        (["proxy", "registry.example.com", "--fault", "no-hashes"], "is not an http(s) URL"),
        (["proxy", "http://[::1/", "--log"], "the URL of the registry is invalid"),
        (["proxy", "http://127.0.0.1:99999/", "--log"], "the URL of the registry is invalid"),
        (["proxy", "http://127.0.0.1:0/", "--log"], "is not an http(s) URL"),
        (["proxy", "http://127.0.0.1:1"], "proxy needs --fault NAME or --log"),
    ],
)
def test_a_mistake_gets_one_line(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proxy, "wait_until_interrupted", lambda: None)
    assert main.main(arguments) == 2
    error = capsys.readouterr().err
    assert error.startswith("reference-server: ")
    assert words in error
    assert error.count("\n") == 1 + error.count("\n  ")


@pytest.mark.parametrize(
    "url", ["http://alice:hidden@127.0.0.1:1/", "alice:hidden@127.0.0.1:1", "ftp://alice:hidden@127.0.0.1/"]
)
def test_the_proxy_shows_no_password(
    url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proxy, "wait_until_interrupted", lambda: None)
    assert main.main(["proxy", "--port", "0", url, "--log"]) == 2
    written = capsys.readouterr()
    assert "hidden" not in written.out + written.err


@pytest.mark.parametrize("options", [["--tls", "--client-certificate"], ["--tls", "--write-target"]])
def test_two_options_write_no_common_file(
    options: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serve, "wait_until_interrupted", lambda: None)
    same = [str(tmp_path / "a.pem"), str(tmp_path / "." / "x" / ".." / "a.pem")]
    command = [each for pair in zip(options, same, strict=True) for each in pair]
    assert main.main(["serve", "--port", "0", *command]) == 2
    assert f"{options[0]} and {options[1]} name one file" in capsys.readouterr().err
    assert not (tmp_path / "a.pem").exists()


def test_the_commands_of_a_server_with_tls_name_its_certificates(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serve, "_serve_here", lambda _options, _port, _store, greet, *_, **__: greet())
    ca, own = tmp_path / "my ca.pem", tmp_path / "own.pem"
    assert main.main(["serve", "--port", "0", "--tls", str(ca), "--client-certificate", str(own)]) == 0
    lines = [shlex.split(line) for line in capsys.readouterr().out.splitlines()]
    for words in (line for line in lines if line[:1] in (["twine"], ["pip"])):
        assert words[words.index("--cert") + 1] == str(ca)
        assert words[words.index("--client-cert") + 1] == str(own)
        assert words[-1] in {"dist/*", "NAME"}
    assert sum(line[:1] in (["twine"], ["pip"]) for line in lines) == 2


@pytest.mark.parametrize("flags", [[], ["--debug"]], ids=["", "debug"])
def test_a_crash_is_no_mistake_of_the_users(
    flags: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(serve, "free_port", lambda *_: 1 / 0)
    assert main.main([*flags, "serve"]) == 3
    error = capsys.readouterr().err
    assert "reference-server: internal error: ZeroDivisionError: division by zero" in error
    written = list(tmp_path.iterdir())
    assert (len(written), "Traceback" in error) == ((0, True) if flags else (1, False))
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in written)


def test_a_name_with_two_addresses_is_listened_on_at_that_of_ipv4(monkeypatch: pytest.MonkeyPatch) -> None:
    addresses: list[tuple[Any, ...]] = [
        (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("::1", 0, 0, 0)),
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 0)),
    ]

    def resolve(*_: object, family: int = 0, **__: object) -> list[tuple[Any, ...]]:
        return [each for each in addresses if family in {0, each[0]}]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with ports.listening("localhost", 0, backlog=1) as listener:
        assert listener.family == socket.AF_INET
        assert listener.getsockname()[0] == "127.0.0.1"
