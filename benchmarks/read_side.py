"""How many pages a second the reference server gives out, beside nginx and two indexes that others wrote.

    python benchmarks/read_side.py

A project page of 100 files and a list of 2,000 projects, in HTML and JSON. nginx sends the reference server's own
bytes from files: as fast as it gets. Programs are taken from PATH: `nginx`, `pypi-server` and
`simple-repository-server`, and `wrk` to drive all of them; what is missing is named, and left out. Without wrk a
small client in Python takes its place, which is slower than some of the servers. Loopback only. Compare figures of
one run only.
"""

from __future__ import annotations

import http.client
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import requests

from reference_server.distributions import wheel
from reference_server.serving.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reference_server.distributions import Distribution

FILES, PROJECTS = 100, 2_000
CONNECTIONS = 8
SECONDS = 4.0
"""How long each cell of the table is measured, after a first part that is not counted."""
WARM_UP = 1.0
PATIENCE = 60.0
"""Seconds within which a server starts, and answers."""
HOST = "127.0.0.1"

HTML, JSON = "text/html", "application/vnd.pypi.simple.v1+json"
PROJECT = "hundred"
PAGES = {"project, HTML": (f"{PROJECT}/", HTML), "project, JSON": (f"{PROJECT}/", JSON)} | {
    "root, HTML": ("", HTML),
    "root, JSON": ("", JSON),
}
"""The columns of the table: a path below the index, and what is asked for."""

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
    types {{ text/html html; {json} json; }}
    map $http_accept $written_in {{ default html; {json} json; }}
    server {{
        listen {host}:{port};
        root {folder};
        location / {{ try_files ${{uri}}index.$written_in =404; }}
    }}
}}
"""


@dataclass(frozen=True)
class Server:
    """A server that runs: `index` is the URL of its list of projects; `forms` are the media types it has."""

    name: str
    index: str
    forms: tuple[str, ...] = (HTML, JSON)


def distributions() -> list[Distribution]:
    """Return a wheel for each of the projects; the first of them has all the files."""
    files = [wheel(PROJECT, f"1.{number}", requires_python=">=3.8") for number in range(FILES)]
    return files + [wheel(f"project-{number:04}", "1.0") for number in range(PROJECTS - 1)]


@contextmanager
def started(*command: str | Path, answers_at: str, folder: Path) -> Iterator[None]:
    """Run a server until the end of the block, once it answers; it is ended by its id."""
    log = folder / "log"
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=output, stderr=output, stdin=subprocess.DEVNULL
        )
        try:
            deadline = time.monotonic() + PATIENCE
            while not is_there(answers_at):
                if process.poll() is not None or time.monotonic() > deadline:
                    sys.exit(f"{command[0]} does not answer: {log.read_text(errors='replace')}")
                time.sleep(0.05)
            yield
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def is_there(url: str) -> bool:
    """Tell whether anything answers."""
    try:
        requests.get(url, timeout=PATIENCE)
    except requests.ConnectionError:
        return False
    return True


@contextmanager
def reference_server(folder: Path, published: list[Distribution]) -> Iterator[Server]:
    """The reference server on granian, filled with uploads; a public GitLab project, read by anybody."""
    port, described = free_port(HOST, 0), folder / "registry.toml"
    command = (sys.executable, "-m", "reference_server", "serve", "--port", str(port))
    origin = f"http://{HOST}:{port}"
    with started(*command, "--write-target", described, answers_at=origin, folder=folder):
        target = tomllib.loads(described.read_text(encoding="utf-8"))
        credential = target["credentials"]["default"]
        with requests.Session() as session:
            session.trust_env = False
            session.auth = (credential["username"], credential["password"])
            repository = f"{origin}/api/v4/projects/{target['gitlab-projects']['public']}/packages/pypi"
            for each in published:
                upload(session, repository, each)
        yield Server("reference server", f"{repository}/simple/")


def upload(session: requests.Session, url: str, distribution: Distribution) -> None:
    """Publish as twine does."""
    file = {"content": (distribution.filename, distribution.content)}
    answer = session.post(url, data=list(distribution.form()), files=file, timeout=PATIENCE)
    if not answer.ok:
        sys.exit(f"an upload was refused: {answer.status_code} {answer.text}")


@contextmanager
def nginx(folder: Path, program: str, original: Server) -> Iterator[Server]:
    """The pages of another server as files behind nginx: one process, as the others have."""
    (folder / "simple" / PROJECT).mkdir(parents=True)
    for path, media_type in PAGES.values():
        answer = requests.get(original.index + path, headers={"Accept": media_type}, timeout=PATIENCE)
        name = "index.json" if media_type == JSON else "index.html"
        (folder / "simple" / path / name).write_bytes(answer.content)
    port = free_port(HOST, 0)
    settings = folder / "nginx.conf"
    settings.write_text(NGINX.format(folder=folder, host=HOST, port=port, json=JSON), encoding="utf-8")
    command = (program, "-p", folder, "-c", settings)
    url = f"http://{HOST}:{port}/simple/"
    for parent in (folder, *folder.parents):
        if parent.is_relative_to(tempfile.gettempdir()) and parent != Path(tempfile.gettempdir()):
            parent.chmod(0o755)  # its worker is another user, when this one is root
    with started(*command, answers_at=url, folder=folder):
        yield Server("nginx, files", url)


@contextmanager
def pypiserver(folder: Path, program: str, published: list[Distribution]) -> Iterator[Server]:
    """A folder of wheels behind pypiserver as it comes."""
    packages = folder / "packages"
    packages.mkdir()
    for each in published:
        each.save(packages)
    port = free_port(HOST, 0)
    command = (program, "run", "-i", HOST, "-p", str(port), "-P", ".", "-a", ".", "--disable-fallback")
    url = f"http://{HOST}:{port}/simple/"
    with started(*command, packages, answers_at=f"http://{HOST}:{port}", folder=folder):
        yield Server("pypiserver", url, (HTML,))


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
    url = f"http://{HOST}:{port}/simple/"
    with started(*command, answers_at=url, folder=folder):
        yield Server("simple-repository-server", url)


def is_right(url: str, media_type: str) -> bool:
    """Tell whether a page comes in the form that was asked for, with as many entries as it should have."""
    answer = requests.get(url, headers={"Accept": media_type}, timeout=PATIENCE)
    wanted = FILES if url.endswith(f"/{PROJECT}/") else PROJECTS
    found = answer.text.count('"filename"' if wanted == FILES else '"name"')
    entries = found if media_type == JSON else answer.text.count("<a ")
    return answer.ok and answer.headers["Content-Type"].startswith(media_type) and entries == wanted


def rate_by_wrk(program: str, url: str, media_type: str, seconds: float) -> float:
    """Return the requests per second that wrk counts; every answer has to be a success."""
    command = [
        program,
        "-t",
        "1",
        "-c",
        str(CONNECTIONS),
        "-d",
        f"{seconds:.0f}s",
        "-H",
        f"Accept: {media_type}",
    ]
    told = subprocess.run([*command, url], capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in told:
        sys.exit(f"{url} does not always succeed:\n{told}")
    match = re.search(r"Requests/sec:\s+([\d.]+)", told)
    return float(match[1]) if match else 0.0


def rate_by_python(url: str, media_type: str, seconds: float) -> float:
    """Return the requests per second of a client in two processes with four connections each."""
    processes = 2
    with ProcessPoolExecutor(processes) as pool:
        counts = pool.map(_count_in_threads, *zip(*[(url, media_type, seconds)] * processes, strict=True))
        return sum(counts) / seconds


def _count_in_threads(url: str, media_type: str, seconds: float) -> int:
    threads = CONNECTIONS // 2
    with ThreadPoolExecutor(threads) as pool:
        return sum(pool.map(lambda _: _count(url, media_type, seconds), range(threads)))


def _count(url: str, media_type: str, seconds: float) -> int:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=PATIENCE)
    deadline, done = time.monotonic() + seconds, 0
    while time.monotonic() < deadline:
        connection.request("GET", parts.path, headers={"Accept": media_type})
        response = connection.getresponse()
        response.read()
        if response.status != 200:
            message = f"{url} answers {response.status}"
            raise RuntimeError(message)
        done += 1
    connection.close()
    return done


def measured(server: Server, wrk: str | None) -> dict[str, float]:
    """Return the requests per second for each page that the server has."""
    rates = {}
    for title, (path, media_type) in PAGES.items():
        url = server.index + path
        if media_type not in server.forms:
            continue
        if not is_right(url, media_type):
            sys.exit(f"{url} is not the page it should be in {media_type}")
        for seconds in (WARM_UP, SECONDS):
            rates[title] = (
                rate_by_wrk(wrk, url, media_type, seconds)
                if wrk
                else rate_by_python(url, media_type, seconds)
            )
    return rates


def show(table: dict[str, dict[str, float]], *, ideal: str) -> None:
    """Print the table, with each figure's part of the ideal server's."""
    print("| requests per second | " + " | ".join(PAGES) + " |")
    print("|---|" + "---:|" * len(PAGES))
    for server, rates in table.items():
        cells = []
        for title in PAGES:
            rate, best = rates.get(title), table.get(ideal, {}).get(title)
            part = f" ({rate / best:.3f})" if rate is not None and best else ""
            cells.append(f"{rate:,.{0 if rate >= 10 else 1}f}{part}" if rate is not None else "-")
        print(f"| {server} | " + " | ".join(cells) + " |")


def main() -> None:
    """Measure each server alone, one after the other, and print the table."""
    wrk = shutil.which("wrk")
    print(
        f"driven by {'wrk' if wrk else 'a client in Python, for wrk is missing'}, {CONNECTIONS} connections"
    )
    print(f"load of the machine before: {os.getloadavg()[0]:.1f}, on {os.cpu_count()} cores\n")
    published = distributions()
    table: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory(prefix="read-side-") as folder:
        with ExitStack() as stack:
            original = stack.enter_context(reference_server(_made(folder, "reference"), published))
            if program := shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin"):
                ideal = stack.enter_context(nginx(_made(folder, "nginx"), program, original))
                table[ideal.name] = measured(ideal, wrk)
            table[original.name] = measured(original, wrk)
        if program := shutil.which("simple-repository-server"):
            with simple_repository_server(_made(folder, "simple"), program, published) as server:
                table[server.name] = measured(server, wrk)
        if program := shutil.which("pypi-server"):
            with pypiserver(_made(folder, "pypiserver"), program, published) as server:
                table[server.name] = measured(server, wrk)
    show(table, ideal="nginx, files")
    everything = {"nginx, files", "simple-repository-server", "pypiserver"}
    if missing := sorted(everything - table.keys()):
        print(f"\nnot on PATH, and left out: {', '.join(missing)}")


def _made(folder: str, name: str) -> Path:
    made = Path(folder, name)
    made.mkdir()
    return made


if __name__ == "__main__":
    main()
