"""A forked run of a client is what `python -m` is: exit code, output, requests and files."""

from __future__ import annotations

import re
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from conformance.clients import IndexURL, Pip, Twine, Uv
from conformance.clients.fork_server import AVAILABLE, ForkServer, fork_server
from conformance.run.checks_run import run_checks
from conformance.run.selection import Selection
from conformance.target import target_from_table
from conformance.verdicts import Verdict
from conformance.verdicts.options import RunOptions
from conformance.wire import Credential
from reference_server import ReferenceServer
from reference_server.distributions import wheel
from reference_server.serving.create_app import create_app
from reference_server.serving.default_registry import default_registry
from reference_server.serving.in_process import Server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conformance.clients import ClientRun

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not AVAILABLE, reason="there are no fork servers on this system"),
    pytest.mark.xdist_group("fork-server"),
]

WRONG = Credential(username="maintainer", password="wr0ng-secret")

KEYRING = """
import keyring.backend, keyring.credentials

class Keyring(keyring.backend.KeyringBackend):
    priority = 1

    def get_credential(self, service, username):
        return keyring.credentials.SimpleCredential({username!r}, {password!r})

    def get_password(self, service, username):
        return {password!r}
"""


@dataclass
class Shop:
    """A registry with two published wheels, one of them yanked, and the requests that it was sent."""

    origin: str
    folder: Path
    forked: bool
    requests: list[Any] = field(default_factory=list)

    credential = Credential(username=ReferenceServer.username, password=ReferenceServer.password)

    @property
    def url(self) -> str:
        return f"{self.origin}/api/v4/projects/1/packages/pypi"

    @property
    def netrc(self) -> str:
        return f"machine 127.0.0.1 login {self.credential.username} password {self.credential.password}\n"

    def index(self, credential: Credential | None = credential) -> IndexURL:
        return IndexURL(f"{self.url}/simple", credential)

    def wheel(self, version: str) -> Path:
        return wheel("demo", version).save(self.folder)

    def pip(self, **options: Any) -> Pip:
        return Pip(forked=self.forked, workspace=self.folder, **options)

    def twine(self, **options: Any) -> Twine:
        return Twine(forked=self.forked, workspace=self.folder, **options)


@contextmanager
def shop(folder: Path, *faults: str, forked: bool) -> Iterator[Shop]:
    """Serve a new registry in a new folder."""
    registry, opened = default_registry(), Shop("", folder, forked)
    for each in (wheel("demo", "1.0", requires_dist=("needed",)), wheel("demo", "1.1"), wheel("needed", "2")):
        registry.publish(each.filename, each.content)
    registry.yank("demo", version="1.1")
    app = create_app(registry, faults=faults)

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
        yield opened


def uploading(version: str = "2.0", credential: Credential | None = Shop.credential, **options: bool) -> Any:
    return lambda shop: shop.twine().publish(
        [shop.wheel(version)], to=shop.url, credential=credential, **options
    )


def uploading_with(*arguments: str, **surroundings: Callable[[Shop], dict[str, str]]) -> Any:
    """Run twine as a user would who configures it by files and variables."""
    return lambda shop: shop.twine()._run(
        *("upload", "--non-interactive", "--disable-progress-bar", "--verbose"),
        *arguments,
        str(shop.wheel("2.0")),
        **{name: made(shop) for name, made in surroundings.items()},
    )


def installing(requirement: str, credential: Credential | None = Shop.credential, **options: Any) -> Any:
    return lambda shop: shop.pip(verbose=True).install(
        requirement, target=shop.folder / "target", index_url=shop.index(credential), **options
    )


CASES: dict[str, Callable[[Shop], ClientRun]] = {
    "twine uploads": uploading(),
    "twine is refused": uploading("1.0"),
    "twine skips": uploading("1.0", skip_existing=True),
    "twine with a wrong password": uploading(credential=WRONG),
    "twine without a password": uploading(credential=None),
    "twine without a file": lambda shop: shop.twine().publish(
        [shop.folder / "none.whl"], to=shop.url, credential=shop.credential
    ),
    "twine with a .pypirc": lambda shop: shop.twine().publish_with_pypirc(
        [shop.wheel("2.0")], to=shop.url, credential=shop.credential
    ),
    "twine with no such host": lambda shop: shop.twine().publish(
        [shop.wheel("2.0")], to="http://127.0.0.1:9/", credential=shop.credential
    ),
    "twine with few words": lambda shop: shop.twine(verbose=False).publish(
        [shop.wheel("2.0")], to=shop.url, credential=WRONG
    ),
    "twine with a bad option": uploading_with("--no-such-option"),
    "twine with a .netrc": uploading_with(
        *("-u", "", "-p", ""),
        files=lambda shop: {".netrc": shop.netrc},
        variables=lambda shop: {"TWINE_REPOSITORY_URL": shop.url},
    ),
    "twine with a keyring": uploading_with(
        files=lambda shop: {"ring.py": KEYRING.format(**vars_of(shop.credential))},
        variables=lambda shop: {"TWINE_REPOSITORY_URL": shop.url, "PYTHON_KEYRING_BACKEND": "ring.Keyring"},
    ),
    "twine of a registry out of order": uploading(),
    "pip installs": installing("demo"),
    "pip installs what it needs": installing("demo", no_deps=False),
    "pip installs what is yanked": installing("demo==1.1"),
    "pip finds nothing": installing("demo==3"),
    "pip with a wrong password": installing("demo", WRONG),
    "pip with a wrong hash": installing(f"demo==1.0 --hash=sha256:{'0' * 64}", require_hashes=True),
    "pip with a bad requirement": installing("demo=="),
    "pip with a bad option": installing("demo", python_version="x"),
    "pip lists": lambda shop: shop.pip().index_versions("demo", index_url=shop.index()),
    "pip downloads": lambda shop: shop.pip().download(
        "demo", dest=shop.folder / "dest", index_url=shop.index()
    ),
    "pip reads metadata only": lambda shop: shop.pip()._run_pip(
        *("install", "--dry-run", "--no-deps", "--target", str(shop.folder / "target"), "demo"),
        indexes=[shop.index()],
    ),
    "pip with a .netrc": lambda shop: shop.pip(verbose=True)._run(
        *("index", "versions", "demo", "--index-url", shop.index(None).url, "--no-input"),
        files={".netrc": shop.netrc},
        variables={"PIP_NO_CACHE_DIR": "1"},
    ),
    "pip with variables only": lambda shop: shop.pip()._run(
        *("download", "demo"), variables=Pip.settings(shop.index(), shop.url)
    ),
    "pip of a registry out of order": installing("demo"),
}


def vars_of(credential: Credential) -> dict[str, str]:
    return {"username": credential.username, "password": credential.password}


def outcome(name: str, folder: Path, *, forked: bool) -> dict[str, Any]:
    """Return what can be told of a run, without what differs from run to run."""
    faults = ["unavailable"] if "out of order" in name else []
    with shop(folder, *faults, forked=forked) as opened:
        run = CASES[name](opened)
        known = {opened.origin.removeprefix("http://"): "HOST", str(folder): "FOLDER"}
        requests = [{key: replaced(text, known) for key, text in each.items()} for each in opened.requests]
        files = {
            replaced(str(path.relative_to(folder)), known): replaced(path.read_text("latin-1"), known)
            for path in folder.rglob("*")
            if path.is_file()
        }
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
    text = re.sub(r"port=\d+", "port=RANDOM", text)
    text = re.sub(r"boundary=\w+", "boundary=RANDOM", text)
    return re.sub(r'File"<(string|frozenrunpy)>".*?(?=File")', "", text)


@pytest.fixture(scope="module")
def _learned(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Let the servers of both clients learn what runs import, so that the cases meet imported modules."""
    for name in ("twine uploads", "pip installs", "pip lists", "pip downloads"):
        outcome(name, tmp_path_factory.mktemp("learning"), forked=True)


@pytest.mark.usefixtures("_learned")
@pytest.mark.parametrize("case", CASES)
def test_a_forked_run_is_what_a_new_interpreter_does(case: str, tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("single", "forked")]  # one length: lines are wrapped
    for folder in folders:
        folder.mkdir()
    plain, forked = (outcome(case, folder, forked=folder.name == "forked") for folder in folders)
    assert forked == plain
    assert plain["stdout"] + plain["stderr"]


@pytest.mark.usefixtures("_learned")
@pytest.mark.parametrize("client", [Pip, Twine])
def test_no_run_leaves_anything_in_the_home_of_the_server(client: type[Pip | Twine]) -> None:
    """What a client computes from HOME when it is imported would be shared by all runs."""
    server = fork_server(sys.executable, client.name, client.warm_up)
    assert list(Path(server._environment["HOME"]).iterdir()) == []


def test_a_client_that_is_imported_early_is_the_one_that_runs() -> None:
    Twine.import_early()
    servers = fork_server.cache_info().currsize
    assert servers
    assert Twine()._run("--version").succeeded
    Uv.import_early()  # it is no Python program
    assert fork_server.cache_info().currsize == servers


@pytest.mark.parametrize(
    ("requirement", "options", "forks"),
    [
        ("clients.twine.pypirc-personal-token", RunOptions(), 1),
        ("clients.twine.pypirc-personal-token", RunOptions(plain_clients=True), 0),
        ("clients.twine.environment", RunOptions(), 0),
        ("clients.pip.index-url", RunOptions(), 0),
    ],
)
def test_runs_are_forked_unless_they_have_to_be_plain(
    requirement: str, options: RunOptions, forks: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def recording(python: str, module: str, warm_up: str) -> ForkServer:
        asked.append(module)
        return fork_server(python, module, warm_up)

    monkeypatch.setattr("conformance.clients.run.fork_server", recording)
    with ReferenceServer() as server:
        target = target_from_table(server.target(), embedded=True)
        result = run_checks(target, options, Selection(only=frozenset({requirement})))
    assert [each.verdict for each in result.results] == [Verdict.PASSED]
    assert len(asked) == forks
