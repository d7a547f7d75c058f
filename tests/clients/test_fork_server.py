"""A forked run of a client is what `python -m` is: exit code, output, requests, and its end."""

from __future__ import annotations

import os
import re
import select
import signal
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from conformance.clients import IndexURL, Pip, Twine, execute, hermetic
from conformance.clients.fork_server import AVAILABLE, CannotForkError, ForkServer
from conformance.wire import Credential
from reference_server import ReferenceServer
from reference_server.distributions import wheel
from reference_server.serving.create_app import create_app
from reference_server.serving.in_process import Server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conformance.clients import ClientRun

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not AVAILABLE, reason="there are no fork servers on this system"),
    pytest.mark.xdist_group("fork-server"),
]

WRONG = Credential(username="maintainer", password="wr0ng-secret")


@dataclass
class Shop:
    """A registry with one published wheel, and the requests that it was sent."""

    origin: str
    folder: Path
    requests: list[Any] = field(default_factory=list)

    credential = Credential(username=ReferenceServer.username, password=ReferenceServer.password)

    @property
    def url(self) -> str:
        return f"{self.origin}/api/v4/projects/1/packages/pypi"

    def index(self, credential: Credential | None = credential) -> IndexURL:
        return IndexURL(f"{self.url}/simple", credential)

    def wheel(self, version: str) -> Path:
        return wheel("demo", version).save(self.folder)


@contextmanager
def shop(folder: Path) -> Iterator[Shop]:
    """Serve a new registry in a new folder."""
    app, opened = create_app(), Shop("", folder)

    def recording(environ: dict[str, Any], start_response: Any) -> Any:
        opened.requests.append(
            {
                key: value
                for key, value in environ.items()
                if key.startswith(("HTTP_", "PATH", "QUERY", "REQUEST_"))
            }
        )
        return app(environ, start_response)

    with Server(recording, "127.0.0.1", 0) as server:
        opened.origin = server.origin
        assert twine(opened, forked=False).upload(
            [opened.wheel("1.0")], to=opened.url, credential=opened.credential
        )
        opened.requests.clear()
        yield opened


def twine(shop: Shop, *, forked: bool) -> Twine:
    return Twine(forked=forked, workspace=shop.folder)


def pip(shop: Shop, *, forked: bool) -> Pip:
    return Pip(forked=forked, workspace=shop.folder, verbose=True)


def uploading(version: str = "2.0", credential: Credential | None = Shop.credential, **options: bool) -> Any:
    return lambda shop, forked: twine(shop, forked=forked).upload(
        [shop.wheel(version)], to=shop.url, credential=credential, **options
    )


def installing(requirement: str, credential: Credential | None = Shop.credential, **options: Any) -> Any:
    return lambda shop, forked: pip(shop, forked=forked).install(
        requirement, target=shop.folder / "target", index_url=shop.index(credential), **options
    )


CASES: dict[str, Any] = {
    "twine uploads": uploading(),
    "twine is refused": uploading("1.0"),
    "twine skips": uploading("1.0", skip_existing=True),
    "twine with a wrong password": uploading(credential=WRONG),
    "twine without a password": uploading(credential=None),
    "twine without a file": lambda shop, forked: twine(shop, forked=forked).upload(
        [shop.folder / "none.whl"], to=shop.url, credential=shop.credential
    ),
    "twine with a .pypirc": lambda shop, forked: twine(shop, forked=forked).upload_with_pypirc(
        [shop.wheel("2.0")], to=shop.url, credential=shop.credential
    ),
    "twine with no such host": lambda shop, forked: twine(shop, forked=forked).upload(
        [shop.wheel("2.0")], to="http://127.0.0.1:9/", credential=shop.credential
    ),
    "pip installs": installing("demo"),
    "pip finds nothing": installing("demo==3"),
    "pip with a wrong password": installing("demo", WRONG),
    "pip with a wrong hash": installing(f"demo==1.0 --hash=sha256:{'0' * 64}", require_hashes=True),
    "pip with a bad requirement": installing("demo=="),
    "pip with a bad option": installing("demo", python_version="x"),
    "pip lists": lambda shop, forked: pip(shop, forked=forked).index_versions("demo", index_url=shop.index()),
    "pip downloads": lambda shop, forked: pip(shop, forked=forked).download(
        "demo", dest=shop.folder / "dest", index_url=shop.index()
    ),
}


def outcome(case: Any, folder: Path, *, forked: bool) -> dict[str, Any]:
    """Return what can be told of a run, without what differs from run to run."""
    with shop(folder) as opened:
        run = case(opened, forked)
        known = {opened.origin.removeprefix("http://"): "HOST", str(folder): "FOLDER"}
        requests = [{key: replaced(text, known) for key, text in each.items()} for each in opened.requests]
        files = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
        return {
            "exit code": run.exit_code,
            "stdout": replaced("".join(run.stdout.split()), known),
            "stderr": replaced("".join(run.stderr.split()), known),
            "requests": requests,
            "files": files,
        }


def replaced(text: str, known: dict[str, str]) -> str:
    """Return a text without ports, folders, times, addresses of objects, boundaries, and how a module is run."""
    for value, name in known.items():
        text = text.replace(value, name)
    text = re.sub(r"((?:pip|twine)-(?:[a-z]+-)*)[a-z0-9_]{8}", r"\1RANDOM", text)
    text = re.sub(r"\d+(\.\d+)? ?(seconds|s|[kM]?B/s)\b", "SOME", text)
    text = re.sub(r"\d+:\d\d(:\d\d)?", "TIME", text)
    text = re.sub(r"0x[0-9a-f]+", "ADDRESS", text)
    text = re.sub(r"boundary=\w+", "boundary=RANDOM", text)
    return re.sub(r'File"<(string|frozenrunpy)>".*?(?=File")', "", text)


@pytest.fixture(scope="module")
def _learned(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Let the servers of both clients learn what runs import, so that the cases meet imported modules."""
    for name in ("twine uploads", "pip installs", "pip lists", "pip downloads"):
        outcome(CASES[name], tmp_path_factory.mktemp("learning"), forked=True)


@pytest.mark.usefixtures("_learned")
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_forked_run_is_what_a_new_interpreter_does(case: Any, tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("single", "forked")]  # one length: lines are wrapped
    for folder in folders:
        folder.mkdir()
    plain, forked = (outcome(case, folder, forked=folder.name == "forked") for folder in folders)
    assert forked == plain
    assert plain["stdout"] + plain["stderr"]


def run_module(server: ForkServer, folder: Path, code: str, timeout: float = 30) -> tuple[int, str]:
    """Run a program by a fork server of its module, and return its exit code and what it printed."""
    (folder / "fork_me.py").write_text(code, encoding="utf-8")
    with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        process = server.start(["a", "b"], stdout=stdout, stderr=stderr, env=hermetic(folder), cwd=folder)
        ending = process.wait(timeout)
        stdout.seek(0)
        return ending, stdout.read().decode()


@pytest.fixture
def server() -> Iterator[ForkServer]:
    """A fork server of a module that is found in the current folder."""
    started = ForkServer(sys.executable, "fork_me")
    yield started
    started.stop()


@pytest.mark.parametrize(
    ("code", "ending", "printed"),
    [
        ("import sys; print(sys.argv[1:])", 0, "['a', 'b']\n"),
        ("import sys; print(sys.path[0] == __import__('os').getcwd())", 0, "True\n"),
        ("import sys; sys.exit(3)", 3, ""),
        ("print(__name__, flush=True); raise ValueError", 1, "__main__\n"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", -signal.SIGKILL, ""),
        ("import os; print(os.getpgid(0) == os.getpid(), os.getsid(0) == os.getpid())", 0, "True True\n"),
        ("import sys; print(repr(sys.stdin.read()))", 0, "''\n"),
        ("import atexit; atexit.register(print, 'at the end')", 0, "at the end\n"),
        ("import tempfile, os; print(tempfile.gettempdir() == os.environ['TMPDIR'])", 0, "True\n"),
        ("import subprocess, sys; print(subprocess.run([sys.executable, '-c', '']).returncode)", 0, "0\n"),
    ],
)
def test_a_fork_begins_and_ends_as_a_process(
    code: str, ending: int, printed: str, server: ForkServer, tmp_path: Path
) -> None:
    assert run_module(server, tmp_path, code) == (ending, printed)


def test_a_run_finds_what_an_earlier_one_has_imported(server: ForkServer, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    code = "import sys; print('wave' in sys.modules); import wave"
    assert run_module(server, tmp_path, code) == (0, "False\n")
    while run_module(server, tmp_path, code) == (0, "False\n"):  # it learns when it is idle
        continue
    assert run_module(server, tmp_path, code) == (0, "True\n")


def run_forked(code: str, folder: Path, *arguments: str, timeout: float = 60) -> ClientRun:
    """Run a program as clients are run."""
    (folder / "fork_me.py").write_text(code, encoding="utf-8")
    return execute(
        [sys.executable, "-m", "fork_me", *arguments],
        client="fork_me",
        version="1",
        environment=hermetic(folder),
        directory=folder,
        timeout=timeout,
        forked=True,
    )


def test_a_client_that_takes_too_long_is_killed(tmp_path: Path) -> None:
    run = run_forked("import time; time.sleep(600)", tmp_path, timeout=1)
    assert run.timed_out
    assert run.exit_code == -signal.SIGKILL


def test_a_client_ends_with_the_process_that_waits_for_it(server: ForkServer, tmp_path: Path) -> None:
    (tmp_path / "fork_me.py").write_text("import time; time.sleep(600)")
    with tempfile.TemporaryFile() as stream:
        process = server.start([], stdout=stream, stderr=stream, env=hermetic(tmp_path), cwd=tmp_path)
        descriptor = os.pidfd_open(process.pid)
        process._answers.close()  # as the system does at the end of a process
        with open(descriptor, "rb") as ended:  # noqa: PTH123 - it has no path
            assert select.select([ended], [], [], 30)[0]


def test_where_a_server_has_ended_a_new_interpreter_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = ForkServer(sys.executable, "fork_me")
    server.stop()
    with tempfile.TemporaryFile() as stream, pytest.raises(CannotForkError):
        server.start([], stdout=stream, stderr=stream, env={}, cwd=tmp_path)
    monkeypatch.setattr("conformance.clients.run.fork_server", lambda *_: server)
    assert run_forked("print('begun')", tmp_path).stdout == "begun\n"


def test_what_is_too_long_for_a_message_is_given_to_a_new_interpreter(tmp_path: Path) -> None:
    arguments = ["x" * 100_000] * 15
    assert run_forked("import sys; print(len(sys.argv))", tmp_path, *arguments).stdout == "16\n"
