"""A run with random secrets in every place of a credential, and a registry that repeats all of them in every way."""

from __future__ import annotations

import html
import io
import json
import os
import random
import re
import string
import subprocess
import sys
from base64 import b64decode, b64encode
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

import pytest
import tomli_w
from werkzeug import Response

from conformance.commands.main import main
from conformance.report.formats import FORMATS, MATRIX_FORMATS
from reference_server import ReferenceServer
from reference_server.faults import Fault
from reference_server.model import Credentials
from reference_server.rules import ready_made
from reference_server.rules.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from reference_server.http.request import Request

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("secrets")]

ROUNDS = 3
PIECE = 8
"""Characters of a piece: a leak of twice this length has a whole one in it."""

SIGNS = "\"<&'>%/\\+=?#@;$()`|!*~^{}[],._-"
CHECKS = (
    "auth.error-no-leak",
    "auth.upload.bearer",
    "clients.pip.index-url",
    "clients.pip.wrong-token",
    "clients.twine.environment",
    "gitlab.file.bytes-exact",
    "gitlab.rest.lists-packages",
    "gitlab.token.deploy-read-cannot-publish",
    "gitlab.token.job-reads",
    "robustness.chunked",
    "simple.html.root",
    "upload.uv-end-to-end",
)


def _secret(chance: random.Random, *, signs: str = SIGNS) -> str:
    letters = string.ascii_letters + string.digits
    length = chance.randint(20, 48)
    body = [chance.choice(letters if chance.random() < 0.8 else signs) for _ in range(length)]
    return "".join([chance.choice(letters), *body, chance.choice(letters)])


def _decoded(text: str) -> Iterator[str]:
    """Yield a text read in each of the ways in which a program may have written it."""
    yield unquote(text)
    yield unquote(text, encoding="latin-1")
    yield html.unescape(text)
    yield re.sub(r"\\+u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), text).replace("\\", "")
    yield "".join(text.split())
    runs = re.findall(r"[A-Za-z0-9+/_-]{12,}", text)
    for skipped in range(4):
        yield "\n".join(_from_base64(run[skipped:]) for run in runs)


def _from_base64(run: str) -> str:
    whole = run[: len(run) // 4 * 4].replace("-", "+").replace("_", "/")
    return b64decode(whole, validate=False).decode("latin-1") if whole else ""


def _left(text: str, secrets: list[str]) -> list[str]:
    """Return what is around pieces of secrets in a text, read in up to two ways one after the other."""
    pieces = [
        secret[start : start + PIECE]
        for secret in secrets
        for start in range(0, len(secret) - PIECE + 1, PIECE)
    ]
    once = {text, *_decoded(text)}
    read = once.union(*(set(_decoded(each)) for each in once))
    places = ((each, each.find(piece)) for piece in pieces for each in read)
    return sorted({each[max(0, at - 80) : at + 80] for each, at in places if at >= 0}, key=len)[:5]


class RepeatsEverything(Fault):
    """Repeats the credential of each request in the reason phrase, header fields, body, links and redirects.

    It takes `token` as a user name, as some registries do.
    """

    def __init__(self, token: str, spellings: Callable[[str, str], list[str]]) -> None:
        self._token, self._spellings = token, spellings
        self.places: set[str] = set()

    def handle(self, request: Request) -> Response | None:
        secret = self._secret_of(request)
        if request.credentials.basic == (self._token, ""):
            request.credentials = Credentials(basic=("__token__", ready_made.PASSWORD))
        again = quote(secret, safe="")
        if secret and request.endpoint == "root_page" and not request.query_string:
            return Response(
                secret,
                status=f"302 {secret}",
                headers={"Location": f"{quote(request.path)}?token={again}&user={again}"},
            )
        return None

    def respond(self, request: Request, response: Response) -> Response:
        secret = self._secret_of(request)
        if not secret:
            return response
        sent = [
            value.rpartition(" ")[2]
            for name in ("Authorization", "Private-Token", "Job-Token")
            for value in request.headers.getlist(name)
        ]
        forms = [*self._spellings("", secret), *sent, *(b64encode(each.encode()).decode() for each in sent)]
        if response.status_code >= 400:
            self.places.add("body")
            text = "\n".join(["No:", *request.headers.getlist("Authorization"), *forms])
            response = Response(text, status=response.status_code, content_type="text/html; charset=utf-8")
        elif request.endpoint == "project_page" and response.mimetype == "text/html":
            self.places.add("link")
            links = f'href="{request.scheme}://{quote(secret, safe="")}@{request.host}'
            page = response.get_data(as_text=True)
            folder = request.path.partition("/simple/")[0]
            response.set_data(page.replace('href="../../', f"{links}{folder}/"))
        for number, form in enumerate(forms):
            response.headers[f"X-Said-{number}"] = form.encode().decode("latin-1")
        response.set_cookie("session", quote(secret))
        response.status = f"{response.status_code} {secret.encode('ascii', 'ignore').decode()}"
        return response

    def _secret_of(self, request: Request) -> str:
        given = request.credentials
        if given.basic == ("__token__", ready_made.PASSWORD):
            return self._token
        username, password = given.basic or ("", "")
        return password or username or given.private_token or given.bearer or given.deploy_token or ""


@dataclass
class Shown:
    """All that a run shows, by what showed it, and what its registry knows."""

    seed: int
    secrets: list[str]
    texts: dict[str, str] = field(default_factory=dict)
    codes: dict[str, int] = field(default_factory=dict)
    places: set[str] = field(default_factory=set)
    commands: set[str] = field(default_factory=set)


@pytest.fixture(scope="module", params=range(ROUNDS))
def shown(watch_for: Any, spellings: Any, tmp_path_factory: pytest.TempPathFactory) -> Shown:
    """What a run and its reports show with other secrets each time."""
    seed = random.randrange(2**32)  # noqa: S311 - for a test
    chance = random.Random(seed)  # noqa: S311 - for a test
    token = _secret(chance)
    folder = tmp_path_factory.mktemp("random")
    (folder / "home").mkdir()
    echo = RepeatsEverything(token, spellings)
    registry, known = _registry(chance)
    with ReferenceServer(registry=registry, faults=[echo]) as server:
        table, variables = server.target(), {"REGISTRY_CONFORMANCE_CREDENTIAL_DEFAULT_USERNAME": token}
        for name, credential in table["credentials"].items():
            variables[f"SECRET_{name.upper().replace('-', '_')}"] = known.get(credential["password"], token)
            del credential["password"]
            credential["password-env"] = f"SECRET_{name.upper().replace('-', '_')}"
        table["credentials"]["default"] = {"username": "", "password": ""}
        config = folder / "registry.toml"
        config.write_text(tomli_w.dumps(table), encoding="utf-8")
        shown = Shown(seed, [token, *known.values()], places=echo.places)
        watch = watch_for(*(secret.encode()[: 2 * PIECE] for secret in shown.secrets))
        with watch.watching():
            _run(shown, folder, variables)
        shown.commands = watch.commands
    registry.close()
    _report(shown, folder)
    return shown


def _registry(chance: random.Random) -> tuple[Registry, dict[str, str]]:
    """Return a registry with the ready-made tokens, with other secrets, and those by the ready-made ones."""
    known: dict[str, str] = {}
    registry = Registry(now=lambda: datetime.now(UTC))
    store = registry.store
    for gitlab_project in ready_made.GITLAB_PROJECTS:
        store.add_gitlab_project(gitlab_project)
    for personal in ready_made.PERSONAL_ACCESS_TOKENS:
        if personal.secret == ready_made.PASSWORD:
            store.add_personal_access_token(personal)
            continue
        known[personal.secret] = _secret(chance)
        store.add_personal_access_token(replace(personal, secret=known[personal.secret]))
    for deploy in ready_made.DEPLOY_TOKENS:
        known[deploy.secret] = _secret(chance, signs=f"{SIGNS}éÜ")
        store.add_deploy_token(replace(deploy, secret=known[deploy.secret]))
    for job in ready_made.JOB_TOKENS:
        known[job.secret] = _secret(chance)
        store.add_job_token(replace(job, secret=known[job.secret]))
    return registry, known


def _run(shown: Shown, folder: Path, variables: dict[str, str]) -> None:
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")},
        **variables,
        **dict.fromkeys(("HOME", "XDG_STATE_HOME"), str(folder / "home")),
    }
    run = ("run", "-k", " or ".join(CHECKS), "--keep", "--examples", "1", "-n", "1")
    for name, *command in (
        ("run", *run, "--json", "result.json"),
        ("annotated", *run[:1], "-k", "auth.error", "--json", "annotated.json"),
        ("doctor", "doctor"),
        ("script", "script", "result.json", "-o", "."),
    ):
        done = subprocess.run(
            [sys.executable, "-m", "conformance", *command]
            + (["--config", "registry.toml"] if name != "script" else []),
            cwd=folder,
            env=environment | ({"GITHUB_ACTIONS": "true"} if name == "annotated" else {}),
            capture_output=True,
            text=True,
            check=False,
        )
        shown.texts[name] = done.stdout + done.stderr
        shown.codes[name] = done.returncode


def _report(shown: Shown, folder: Path) -> None:
    result = str(folder / "result.json")
    for name in FORMATS:
        _command(shown, f"report {name}", "report", result, "--format", name, "-o", f"{result}.{name}")
    for name in MATRIX_FORMATS:
        _command(shown, f"matrix {name}", "matrix", result, "--format", name, "-o", f"{result}.matrix.{name}")
    _command(shown, "baseline", "baseline", "write", result, "-o", f"{folder}/baseline.toml")
    for path in folder.rglob("*"):
        if path.is_file() and path.name != "registry.toml":
            shown.texts[path.name] = path.read_text(encoding="utf-8")


def _command(shown: Shown, name: str, *arguments: str) -> None:
    with redirect_stdout(io.StringIO()) as out, redirect_stderr(out):
        shown.codes[name] = main(list(arguments))
    shown.texts[name] = out.getvalue()


def test_the_run_met_every_kind_of_repetition(shown: Shown) -> None:
    assert shown.places == {"body", "link"}
    result = json.loads(shown.texts["result.json"])
    exchanges = [each for row in result["results"] for each in row["exchanges"]]
    assert any(each["reason"] == "***" for each in exchanges), shown.texts["run"]
    assert any("?token=***" in each["request"] for each in exchanges)
    assert any("https://***@" in str(each) or "http://***@" in str(each) for each in exchanges)
    assert {each["request"].partition(" ")[0] for each in exchanges} >= {"GET", "POST", "pip", "twine", "uv"}
    assert shown.codes["run"] == 1, shown.texts["run"]
    assert {code for name, code in shown.codes.items() if name.startswith(("report", "matrix"))} == {0}
    assert any(name.startswith("reproduce") or name.endswith(".py") for name in shown.texts)


def test_nothing_shows_a_piece_of_a_secret(shown: Shown) -> None:
    left = {name: _left(text, shown.secrets) for name, text in shown.texts.items()}
    assert {name: pieces for name, pieces in left.items() if pieces} == {}, f"seed {shown.seed}"


def test_no_command_line_has_a_piece_of_a_secret(shown: Shown) -> None:
    assert shown.commands == set(), f"seed {shown.seed}"


def test_a_piece_is_found_however_it_is_written(spellings: Any) -> None:
    secret = _secret(random.Random(7))  # noqa: S311 - for a test
    for form in [*spellings("user", secret), b64encode(f"Basic {secret}".encode()).decode()]:
        assert _left(f"<{form}>", [secret]), form
