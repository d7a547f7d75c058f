"""Compares what fakes of a package index cost their users: the reference server and three others.

    python -m benchmarks.fakes_installed [--folder FOLDER]

Each is installed alone, with pytest, in a virtual environment below FOLDER (default: a temporary one; existing ones are
used again). Columns: packages and megabytes beside pytest's own; processor time of the import beyond that of an empty
program; processor time of `pytest --collect-only` of a project with one test beyond that without the fake; time until
the first answer, and until the end; time of an index with one package for each test. The reference server makes a
registry for each test on one port, pytest-httpserver prepares a page and forgets it, and the others start and stop.
"""

from __future__ import annotations

import argparse
import os
import resource
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

ROOT = Path(__file__).parents[1]
TURNS = 9

Command = tuple[str | Path, ...]

IN_PROCESS = """
import statistics, sys, time
{setup}
from urllib.request import urlopen
from urllib.error import HTTPError
times = [[], []]
for _ in range({turns}):
    begun = time.perf_counter()
    server = make()
    server.start()
    try:
        urlopen(url(server)).close()
    except HTTPError as error:
        error.close()
    times[0].append(time.perf_counter() - begun)
    begun = time.perf_counter()
    server.stop()
    times[1].append(time.perf_counter() - begun)
print(*(statistics.median(each) * 1000 for each in times))
"""
PER_TEST = """
import statistics, time
from reference_server.distributions import wheel
from reference_server.serving.registry_host import RegistryHost
demo, times = wheel("demo", "1.0"), []
with RegistryHost() as host:
    for _ in range(200):
        begun = time.perf_counter()
        with host.add() as tenant:
            tenant.publish(demo)
        times.append(time.perf_counter() - begun)
print(statistics.median(times) * 1000)
"""
PER_TEST_HTTPSERVER = """
import statistics, time
from pytest_httpserver import HTTPServer
page, times = '<a href="demo-1.0-py3-none-any.whl">demo-1.0-py3-none-any.whl</a>', []
with HTTPServer() as server:
    for _ in range(200):
        begun = time.perf_counter()
        server.expect_request("/simple/demo/").respond_with_data(page)
        server.clear()
        times.append(time.perf_counter() - begun)
print(statistics.median(times) * 1000)
"""


@dataclass(frozen=True)
class Fake:
    """A fake: what to install and import, and how it is started, in a program or as one."""

    name: str
    requirement: str
    imports: str
    setup: str = ""
    command: str = ""
    before: str = ""
    per_test: str = ""


FAKES = (
    Fake(
        "reference server",
        str(ROOT),
        "from reference_server import ReferenceServer",
        setup="from reference_server import ReferenceServer as make\nurl = lambda server: server.index_url",
        per_test=PER_TEST,
    ),
    Fake(
        "pytest-httpserver",
        "pytest-httpserver",
        "import pytest_httpserver",
        setup="from pytest_httpserver import HTTPServer as make\nurl = lambda server: server.url_for('/')",
        per_test=PER_TEST_HTTPSERVER,
    ),
    Fake("pypiserver", "pypiserver", "import pypiserver", command="pypi-server run -i 127.0.0.1 -p {port} ."),
    Fake(
        "devpi-server",
        "devpi-server",
        "import devpi_server.main",
        before="devpi-init --serverdir data --no-root-pypi",
        command="devpi-server --serverdir data --host 127.0.0.1 --port {port} --offline",
    ),
)


def environment(folder: Path, name: str, *requirements: str) -> Path:
    """Return the Python of a virtual environment with pytest and these, made if it is missing."""
    place = folder / name.replace(" ", "-")
    python = place / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", place], check=True)
        install: list[str | Path] = [
            python,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "pytest",
        ]
        subprocess.run([*install, *requirements], check=True)
        subprocess.run([python, "-m", "compileall", "-q", place / "lib"], check=False)
    return python


def size(python: Path) -> tuple[int, float]:
    """Return the number of distributions in an environment beside pip, and their megabytes without bytecode."""
    (site,) = (python.parents[1] / "lib").glob("python*/site-packages")
    ours = [path for path in site.iterdir() if path.name.partition("-")[0] != "pip"]
    files = (path for place in ours for path in (place, *place.rglob("*")) if path.is_file())
    size = sum(path.stat().st_size for path in files if path.suffix != ".pyc")
    return sum(path.suffix == ".dist-info" for path in ours), size / 1e6


def processor_time(command: Command, without: Command, folder: Path) -> float:
    """Return the processor time of a command beyond that of another, in milliseconds: the least of each, by turns."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(TURNS):
        for kept, each in zip(times, (command, without), strict=True):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            subprocess.run(each, cwd=folder, check=True, capture_output=True)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            kept.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return (min(times[0]) - min(times[1])) * 1000


def printed(python: Path, program: str) -> list[float]:
    """Run a program and return the numbers that it prints."""
    return [float(each) for each in subprocess.check_output([python, "-c", program], text=True).split()]


def started(fake: Fake, python: Path) -> tuple[float, float]:
    """Return the time until the first answer and until the end, in milliseconds: the median of several turns."""
    if not fake.command:
        start, stop = printed(python, IN_PROCESS.format(setup=fake.setup, turns=TURNS))
        return start, stop
    turns = sorted(_as_a_program(fake, python) for _ in range(3))
    return turns[1]


def _as_a_program(fake: Fake, python: Path) -> tuple[float, float]:
    with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        taken.close()
        programs = os.environ | {"PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}"}
        if fake.before:
            subprocess.run(fake.before.split(), cwd=folder, env=programs, check=True, capture_output=True)
        begun = time.perf_counter()
        command = fake.command.format(port=port).split()
        with subprocess.Popen(
            command, cwd=folder, env=programs, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as server:
            while True:
                with suppress(HTTPError, OSError), urlopen(f"http://127.0.0.1:{port}/") as answer:
                    answer.read()
                    break
                if time.perf_counter() - begun > 60:
                    raise TimeoutError(fake.name)
                time.sleep(0.005)
            answered = time.perf_counter()
            server.terminate()  # a background job of a shell ignores SIGINT, and so do its children
            server.wait()
    return (answered - begun) * 1000, (time.perf_counter() - answered) * 1000


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument(
        "--folder", type=Path, help="where the environments are (default: a temporary folder)"
    )
    given = parser.parse_args().folder
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.absolute() if given else Path(temporary)
        project = Path(temporary) / "unrelated"
        project.mkdir()
        (project / "test_it.py").write_text("def test_it():\n    pass\n", encoding="utf-8")
        collect = ("-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider")
        plain = environment(folder, "plain")
        packages, megabytes = size(plain)
        print("                    packages    MB  import  collect   first answer     end  per test   ms")
        for fake in FAKES:
            python = environment(folder, fake.name, fake.requirement)
            more, larger = size(python)
            imported = processor_time((python, "-c", fake.imports), (python, "-c", "pass"), project)
            collecting = processor_time((python, *collect), (plain, *collect), project)
            start, stop = started(fake, python)
            each = printed(python, fake.per_test)[0] if fake.per_test else start + stop
            print(
                f"{fake.name:20} {more - packages:7} {larger - megabytes:5.1f} {imported:7.0f} {collecting:8.0f} "
                f"{start:14.1f} {stop:7.1f} {each:9.2f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
