"""Servers that run for a benchmark of reading, each with the same distributions: what they are, and how they start."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import tomllib
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urljoin

import requests

from benchmarks.serving import running
from reference_server.serving.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from contextlib import AbstractContextManager

    from reference_server.distributions import Distribution

PATIENCE = 120.0
"""Seconds within which a server starts, and answers."""
HOST = "127.0.0.1"
HTML, JSON = "text/html", "application/vnd.pypi.simple.v1+json"

NGINX = """\
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log stderr error;
events {{}}
http {{
    access_log off;
    keepalive_requests 1000000000;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    types {{ text/html html; {json} json; application/octet-stream whl; }}
    map $http_accept $written_in {{ default html; {json} json; }}
    server {{
        listen {host}:{port};
        root {folder};
        location / {{ try_files $uri ${{uri}}index.$written_in =404; }}
    }}
}}
"""


@dataclass(frozen=True)
class Server:
    """A server that runs: the URL of its list of projects, the media types it has, and its process."""

    name: str
    index: str
    process: int
    forms: tuple[str, ...] = (HTML, JSON)

    def file(self, project: str, filename: str) -> str:
        """Return the URL of a file, which is on its project's page."""
        page = f"{self.index}{project}/"
        text = requests.get(page, headers={"Accept": HTML}, timeout=PATIENCE).text
        href = next(part.partition('"')[0] for part in text.split('href="')[1:] if filename in part)
        return urljoin(page, href).partition("#")[0]


def started(
    *command: str | Path, answers_at: str, folder: Path, environment: Mapping[str, str] | None = None
) -> AbstractContextManager[int]:
    """Run a server until the end of the block, once it answers, and give its id."""
    return running(*command, folder=folder, is_ready=lambda: is_there(answers_at), environment=environment)


def is_there(url: str) -> bool:
    """Return whether anything answers."""
    try:
        requests.get(url, timeout=PATIENCE)
    except requests.ConnectionError:
        return False
    return True


@contextmanager
def reference_server(folder: Path, published: list[Distribution], *options: str) -> Iterator[Server]:
    """The reference server on granian, filled with uploads; a public GitLab project, read without credentials."""
    port, described = free_port(HOST, 0), folder / "registry.toml"
    command = (sys.executable, "-m", "reference_server", "serve", "--port", str(port), *options)
    origin = f"http://{HOST}:{port}"
    with started(*command, "--write-target", described, answers_at=origin, folder=folder) as process:
        target = tomllib.loads(described.read_text(encoding="utf-8"))
        pair = target["credentials"]["default"]
        repository = f"{origin}/api/v4/projects/{target['gitlab-projects']['public']}/packages/pypi"
        upload(repository, (pair["username"], pair["password"]), published)
        name = f"reference server, {'SQLite' if options else 'memory'}"
        yield Server(name, f"{repository}/simple/", process)


def upload(url: str, credential: tuple[str, str], published: list[Distribution]) -> None:
    """Publish as twine does."""
    with requests.Session() as session:
        session.trust_env = False
        session.auth = credential
        for each in published:
            file = {"content": (each.filename, each.content)}
            answer = session.post(url, data=list(each.form()), files=file, timeout=PATIENCE)
            if not answer.ok:
                sys.exit(f"an upload was refused: {answer.status_code} {answer.text}")


@contextmanager
def nginx(folder: Path, program: str, original: Server, project: str, filename: str) -> Iterator[Server]:
    """Two pages and a file of another server, as files behind nginx: one process, as the others have."""
    for path in ("", f"{project}/"):
        (folder / "simple" / path).mkdir(parents=True, exist_ok=True)
        for media_type, name in ((HTML, "index.html"), (JSON, "index.json")):
            headers = {"Accept": media_type}
            answer = requests.get(original.index + path, headers=headers, timeout=PATIENCE)
            (folder / "simple" / path / name).write_bytes(answer.content)
    url = original.file(project, filename)
    copied = folder / url.partition("/packages/pypi/")[2]
    copied.parent.mkdir(parents=True)
    copied.write_bytes(requests.get(url, timeout=PATIENCE).content)
    port = free_port(HOST, 0)
    settings = folder / "nginx.conf"
    settings.write_text(NGINX.format(folder=folder, host=HOST, port=port, json=JSON), encoding="utf-8")
    command = (program, "-p", folder, "-c", settings, "-e", "stderr")
    for parent in (folder, *folder.parents):
        if parent.is_relative_to(tempfile.gettempdir()) and parent != Path(tempfile.gettempdir()):
            parent.chmod(0o755)  # its worker is another user, when this one is root
    index = f"http://{HOST}:{port}/simple/"
    with started(*command, answers_at=index, folder=folder) as process:
        yield Server("nginx, files", index, process)


@contextmanager
def pypiron(folder: Path, program: str, published: list[Distribution]) -> Iterator[Server]:
    """PypIron with a folder of its own, filled with uploads, once it lists them all."""
    port, password = free_port(HOST, 0), "benchmark"
    origin = f"http://{HOST}:{port}"
    environment = {
        "PYPIRON_ADMIN_PASS": password,
        "PYPIRON_ADVISORY_FEED": "",
        "PYPIRON_MALWARE_BLOCK": "false",
    }
    data, spool = folder / "data", folder / "spool"
    for each in (data, spool):
        each.mkdir()
    command = (
        *(program, "serve", "--bind-addr", f"{HOST}:{port}"),
        *("--data-dir", data, "--spool-dir", spool),
    )
    with started(*command, answers_at=f"{origin}/health", folder=folder, environment=environment) as process:
        upload(f"{origin}/legacy/", ("admin", password), published)
        yield Server("PypIron", f"{origin}/simple/", process)


@contextmanager
def pypiserver(folder: Path, program: str, published: list[Distribution]) -> Iterator[Server]:
    """A folder of wheels behind pypiserver as it comes."""
    packages = folder / "packages"
    packages.mkdir()
    for each in published:
        each.save(packages)
    port = free_port(HOST, 0)
    command = (program, "run", "-i", HOST, "-p", str(port), "-P", ".", "-a", ".", "--disable-fallback")
    origin = f"http://{HOST}:{port}"
    with started(*command, packages, answers_at=origin, folder=folder) as process:
        yield Server("pypiserver", f"{origin}/simple/", process, (HTML,))


@contextmanager
def simple_repository_server(folder: Path, program: str, published: list[Distribution]) -> Iterator[Server]:
    """A folder of wheels behind simple-repository-server as it comes."""
    packages = folder / "packages"
    for each in published:
        project = packages / each.name
        project.mkdir(parents=True, exist_ok=True)
        each.save(project)
    port = free_port(HOST, 0)
    command = (program, "--host", HOST, "--port", str(port), packages)
    index = f"http://{HOST}:{port}/simple/"
    with started(*command, answers_at=index, folder=folder) as process:
        yield Server("simple-repository-server", index, process)


def program(name: str) -> str | None:
    """Return where a program is, if it is installed."""
    return shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")
