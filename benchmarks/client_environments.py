"""Runs every client that `client_env` configures, with the credentials at each place where it reads them.

    python -m benchmarks.client_environments [CLIENT …]

The programs are those on PATH; a client that is not installed is left out. Each installs `demo`, or uploads a
distribution, from a registry over HTTP, and from one over HTTPS that requires a client certificate. A row has the
client, what it does, the place of its credentials, and what happened: `ok` is success with the credentials and, over
HTTPS, with the certificate; for the place `none`, a failure without credentials. Ends with 1 if anything else happened.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from reference_server import ReferenceServer
from reference_server.clients.configuration import CLIENTS
from reference_server.distributions import sdist, wheel

if TYPE_CHECKING:
    from collections.abc import Callable

PATIENCE = 60  # seconds
PYTHON = f">={sys.version_info.major}.{sys.version_info.minor}"

PROJECT = f'[project]\nname = "app"\nversion = "1.0"\ndescription = "x"\nrequires-python = "{PYTHON}"\n'
DEPENDENCIES = 'dependencies = ["demo"]\n'


def _files(folder: Path, **texts: str) -> None:
    for name, text in texts.items():
        (folder / name.replace("_", ".")).write_text(text, encoding="utf-8")


def _poetry_project(folder: Path, server: ReferenceServer) -> None:
    source = f'[[tool.poetry.source]]\nname = "registry"\nurl = "{server.index_url}"\npriority = "primary"\n'
    build = '[build-system]\nrequires = ["poetry-core"]\nbuild-backend = "poetry.core.masonry.api"\n'
    _files(folder, pyproject_toml=PROJECT + DEPENDENCIES + source + build)


def _pdm_project(folder: Path, server: ReferenceServer) -> None:
    del server
    _files(folder, pyproject_toml=PROJECT + DEPENDENCIES + "[tool.pdm]\ndistribution = false\n")


def _hatch_project(folder: Path, server: ReferenceServer) -> None:
    del server
    environment = '[tool.hatch.envs.default]\nskip-install = true\ndependencies = ["demo"]\n'
    _files(folder, pyproject_toml=PROJECT + environment)


def _flit_project(folder: Path, server: ReferenceServer) -> None:
    del server
    build = '[build-system]\nrequires = ["flit_core>=3"]\nbuild-backend = "flit_core.buildapi"\n'
    _files(folder, pyproject_toml=PROJECT + build, app_py='"""x"""\n')


def _tox_project(folder: Path, server: ReferenceServer) -> None:
    del server
    _files(folder, tox_ini="[tox]\nenv_list = x\n[testenv]\nskip_install = true\ndeps = demo\ncommands =\n")


def _empty(folder: Path, server: ReferenceServer) -> None:
    del folder, server


@dataclass(frozen=True)
class Use:
    """What a client does: its command, `{file}` being a distribution to upload, and the project that it needs."""

    client: str
    what: str
    command: str
    prepare: Callable[[Path, ReferenceServer], None] = _empty

    def run(self, folder: Path, place: str, *, secure: bool) -> str:
        """Return `ok`, or what happened."""
        home, work = folder / "home", folder / "work"
        work.mkdir(parents=True)
        with ReferenceServer(tls=secure, client_certificates=secure, users={"alice": "se-cret"}) as server:
            server.publish(wheel("demo", "1.0"))
            self.prepare(work, server)
            dist = work / "dist"
            dist.mkdir()
            file = (sdist if self.client == "flit" else wheel)("app", "1.0").save(dist)
            try:
                env = server.client_env(self.client, home, credentials=place)  # type: ignore[arg-type]  # of CLIENTS
            except ValueError as error:
                return f"not possible: {error}"
            command = [part.format(file=file, python=sys.executable) for part in self.command.split()]
            try:
                done = subprocess.run(
                    command, cwd=work, env=env, capture_output=True, text=True, check=False, timeout=PATIENCE
                )
            except subprocess.TimeoutExpired:
                return f"no end after {PATIENCE} s\n{server.requests!r}"
            use_is_upload = self.what == "upload"  # which clients refuse without credentials on their own
            requests = server.requests.uploads if use_is_upload else server.requests.pages
            if place == "none":
                refused = use_is_upload or bool(requests.answered(401))
                good = done.returncode != 0 and refused and not server.requests.with_credentials()
            else:
                good = done.returncode == 0 and bool(requests.with_credentials("alice").answered(200, 201))
            if secure:
                good = good and len(requests) == len(requests.with_certificate("client"))
            if good:
                return "ok"
            return f"exit code {done.returncode}\n{requests!r}\n{(done.stdout + done.stderr)[-2000:]}"


USES = (
    Use("pip", "install", "{python} -m pip download --dest got demo"),
    Use("uv", "install", "uv pip install --python {python} --target got demo"),
    Use("uv", "upload", "uv publish {file}"),
    Use("twine", "upload", "twine upload {file}"),
    Use("poetry", "lock", "poetry lock", _poetry_project),
    Use("poetry", "upload", "poetry publish --repository registry", _poetry_project),
    Use("pdm", "lock", "pdm lock", _pdm_project),
    Use("pdm", "upload", "pdm publish --no-build", _pdm_project),
    Use("hatch", "install", "hatch env create", _hatch_project),
    Use("hatch", "upload", "hatch publish --no-prompt {file}", _hatch_project),
    Use("flit", "upload", "flit publish --format wheel", _flit_project),
    Use("tox", "install", "tox run -e x", _tox_project),
)


def main() -> int:
    """Print the table."""
    chosen, failed = sys.argv[1:] or list(CLIENTS), 0
    print(f"{'client':8} {'what':8} {'credentials':12} {'HTTP':6} HTTPS, client certificate")
    for use in USES:
        if use.client not in chosen:
            continue
        if not shutil.which(use.client):
            print(f"{use.client:8} {use.what:8} not installed")
            continue
        for place in CLIENTS[use.client][0]:
            if place in {"netrc", "keyring"} and use.what == "upload":
                continue  # those are for what installs
            results = []
            for secure in (False, True):
                with tempfile.TemporaryDirectory() as folder:
                    results.append(use.run(Path(folder), place, secure=secure))
            print(f"{use.client:8} {use.what:8} {place:12} {results[0]:6} {results[1]}", flush=True)
            failed += sum(each != "ok" and not each.startswith("not possible") for each in results)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
