"""A registry whose secrets cannot be mistaken for anything else, and what looks for them everywhere."""

from __future__ import annotations

import html
import json
import os
import re
from base64 import b64encode
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from stat import S_IMODE
from threading import Event, Thread
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
import tomli_w
from werkzeug import Response

from reference_server import ReferenceServer
from reference_server.faults import Fault
from reference_server.model import Credentials
from reference_server.rules import ready_made
from reference_server.rules.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from reference_server.http.request import Request

ODD = "\"<&'>%2F/\\+=?#@:;$(x)`|"
"""Characters that are escaped, each in several ways, in URLs, HTML, XML, JSON, TOML, Python and shells."""

PROC = Path("/proc")


def canary(secret: str) -> str:
    """Return the secret that stands for one of the ready-made: its beginning and its end are words of their own."""
    name = secret.removeprefix("reference-").removesuffix("-token")
    beyond_ascii = "é" if name.startswith("deploy") else ""
    return f"kanari-{name}{ODD}{beyond_ascii}-iranak"


def _canaries_in(text: str) -> list[str]:
    """Return what is left of canaries in a text, however they are written; whole, in part, in Base64."""
    return sorted({found[0][:80] for found in CANARY.finditer(text)})


def _parts_in_base64(word: str) -> list[str]:
    """Return how Base64 writes a word, by where it begins in a group of three bytes; the edges depend on neighbours."""
    texts = [b64encode(b"\0" * before + word.encode()).decode() for before in range(3)]
    return [text[-(-before * 8 // 6) : (before + len(word)) * 8 // 6] for before, text in enumerate(texts)]


CANARY = re.compile(
    "|".join(
        [r"(?i:.{0,20}(?:kanari|iranak).{0,20})", *_parts_in_base64("kanari"), *_parts_in_base64("iranak")]
    )
)


def canary_registry() -> Registry:
    """Return a registry with the ready-made GitLab projects, people and tokens, whose secrets are canaries."""
    registry = Registry(now=lambda: datetime.now(UTC))
    store = registry.store
    for gitlab_project in ready_made.GITLAB_PROJECTS:
        store.add_gitlab_project(gitlab_project)
    for personal in ready_made.PERSONAL_ACCESS_TOKENS:
        store.add_personal_access_token(replace(personal, secret=canary(personal.secret)))
    for deploy in ready_made.DEPLOY_TOKENS:
        store.add_deploy_token(replace(deploy, secret=canary(deploy.secret)))
    for job in ready_made.JOB_TOKENS:
        store.add_job_token(replace(job, secret=canary(job.secret)))
    return registry


def _spellings(username: str, password: str) -> list[str]:
    """Return the ways in which a server may repeat a password."""
    pair = f"{username}:{password}".encode()
    return [
        password,
        quote(password, safe=""),
        quote(quote(password, safe=""), safe=""),
        html.escape(password),
        html.escape(password).replace("&#x27;", "&#39;").replace("&quot;", "&#34;"),
        html.escape(password).replace("&#x27;", "&apos;"),
        json.dumps(password),
        json.dumps(password, ensure_ascii=False).replace("/", r"\/"),
        re.sub("[<>&']", lambda found: f"\\u{ord(found[0]):04x}", json.dumps(password)),
        repr(password),
        b64encode(pair).decode(),
        quote(b64encode(pair).decode(), safe=""),
        b64encode(password.encode()).decode(),
        b64encode(b"token " + password.encode()).decode(),
    ]


class EchoesCredentials(Fault):
    """Repeats who asks and with what: in header fields, in the text of refusals, in links of pages."""

    def respond(self, request: Request, response: Response) -> Response:
        username, password = _presented(request)
        if not password:
            return response
        said = _spellings(username, password)
        if response.status_code >= 400:
            text = "\n".join(["Not so:", *request.headers.getlist("Authorization"), *said])
            response = Response(text, status=response.status_code, content_type="text/plain; charset=utf-8")
        elif request.endpoint == "project_page" and response.mimetype == "text/html":
            userinfo = f"{quote(username, safe='')}:{quote(password, safe='')}"
            links = f'href="{request.scheme}://{userinfo}@{request.host}'
            folder = request.path.partition("/simple/")[0]
            page = response.get_data(as_text=True).replace('href="../../', f"{links}{folder}/")
            response.set_data(f"{page}<!-- {' '.join(said)} -->")
        for number, form in enumerate(said):
            response.headers[f"X-Said-{number}"] = form.encode().decode("latin-1")
        response.set_cookie("session", quote(password))
        return response


class FilesElsewhere(Fault):
    """Sends who asks for a file to another host with a signed URL, and remembers what is presented there."""

    def __init__(self) -> None:
        self.presented: list[str] = []

    def handle(self, request: Request) -> Response | None:
        if request.endpoint != "file":
            return None
        if "signed" in request.args:
            self.presented.append(f"{request.method} {request.url}\n{request.headers}")
            request.credentials = Credentials(basic=("__token__", canary(ready_made.PASSWORD)))
            return None
        if not _presented(request)[1]:
            return None
        port = request.host.rpartition(":")[2]
        there = f"http://localhost:{port}{quote(request.path)}?signed=1"
        return Response(status=302, headers={"Location": there})


def _presented(request: Request) -> tuple[str, str]:
    given = request.credentials
    return given.basic or ("", given.private_token or given.bearer or given.deploy_token or "")


@dataclass
class Watch:
    """Looks at every command line on this machine, and at every file in a folder, all the time.

    `words` are what it looks for. `commands` are the command lines that had one, `files` the files, each with
    the modes of itself and of its folder; `programs` are those that run, and the
    modules that some Python was told to run.
    """

    words: tuple[bytes, ...]
    folder: Path
    commands: set[str] = field(default_factory=set)
    files: set[tuple[str, int, int]] = field(default_factory=set)
    programs: set[str] = field(default_factory=set)
    _ended: Event = field(default_factory=Event)

    @contextmanager
    def watching(self) -> Iterator[Watch]:
        """Look until the end of the block."""
        thread = Thread(target=self._look)
        thread.start()
        try:
            yield self
        finally:
            self._ended.set()
            thread.join()

    def _look(self) -> None:
        while not self._ended.wait(0.02):  # a client lives ten times as long
            for process in PROC.iterdir():
                with suppress(OSError):  # no process, or one that has ended meanwhile
                    self._take((process / "cmdline").read_bytes())
            for folder, _, names in os.walk(self.folder):  # which goes on where a folder has gone meanwhile
                for path in map(Path(folder).joinpath, names):
                    with suppress(OSError):
                        self._look_into(path)

    def _look_into(self, path: Path) -> None:
        if path.is_file() and any(word in path.read_bytes() for word in self.words):
            modes = S_IMODE(path.stat().st_mode), S_IMODE(path.parent.stat().st_mode)
            self.files.add((path.name, *modes))

    def _take(self, command: bytes) -> None:
        words = command.decode(errors="replace").split("\0")
        if "-m" in words[:-1]:
            self.programs.add(words[words.index("-m") + 1])
        if "-c" in words[:-2] and "fork server" in words[words.index("-c") + 1]:
            self.programs.add(words[words.index("-c") + 2])
        self.programs.add(Path(words[0]).name)
        if any(word in command for word in self.words):
            self.commands.add(" ".join(words))


@pytest.fixture(scope="session")
def watch_for(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A maker of watches: for words, and on a folder."""
    if not (PROC / "self" / "cmdline").exists():
        pytest.skip("this system does not show command lines in /proc")

    def make(*words: bytes, folder: Path | None = None) -> Watch:
        return Watch(words=words, folder=folder or tmp_path_factory.mktemp("unused"))

    return make


@dataclass(frozen=True)
class Guarded:
    """A running registry with canaries, its registry.toml, and the variables that hold the secrets."""

    server: ReferenceServer
    elsewhere: FilesElsewhere
    config: Path
    variables: dict[str, str]


@pytest.fixture(scope="session")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """A registry with canaries that misbehaves with them."""
    elsewhere = FilesElsewhere()
    registry = canary_registry()
    with ReferenceServer(registry=registry, faults=[elsewhere, EchoesCredentials()]) as server:
        table, variables = server.target(), {}
        for name, credential in table["credentials"].items():
            variable = f"CANARY_{name.upper().replace('-', '_')}"
            variables[variable] = canary(credential.pop("password"))
            credential["password-env"] = variable
        config = tmp_path_factory.mktemp("guarded") / "registry.toml"
        config.write_text(tomli_w.dumps(table), encoding="utf-8")
        yield Guarded(server, elsewhere, config, variables)
    registry.close()


@pytest.fixture(scope="session")
def canaries_in() -> Callable[[str], list[str]]:
    """What finds canaries in a text."""
    return _canaries_in


@pytest.fixture(scope="session")
def spellings() -> Callable[[str, str], list[str]]:
    """What writes a password in many ways."""
    return _spellings
