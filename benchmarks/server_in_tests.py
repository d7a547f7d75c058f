"""Measures what a registry in a test costs: its start and stop, a tenant, publishing, a request and its log.

    python -m benchmarks.server_in_tests [--tenants N]

Milliseconds, the median of many turns, on one line each; beside pytest-httpserver, where it is installed. At the end
`--tenants` registries (default: 1000) are made and dropped on one port: time, and memory that stays.
"""

from __future__ import annotations

import argparse
import base64
import gc
import statistics
import time
import tracemalloc
from typing import TYPE_CHECKING

from werkzeug.test import EnvironBuilder

from reference_server import ReferenceServer
from reference_server.distributions import wheel
from reference_server.http.request import Request
from reference_server.serving.registry_host import RegistryHost

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TURNS = 100
REQUESTS = 2000
VERSIONS = 1000


def median(action: Callable[[], object], turns: int = TURNS) -> float:
    """Return the median time of an action in milliseconds."""
    times = []
    for _ in range(turns):
        begun = time.perf_counter()
        action()
        times.append((time.perf_counter() - begun) * 1000)
    return statistics.median(times)


def phases(make: Callable[[], object], start: str, stop: str) -> tuple[float, float, float]:
    """Return the medians of making, starting and stopping a server, in milliseconds."""
    times: list[list[float]] = [[], [], []]
    for _ in range(TURNS):
        points = [time.perf_counter()]
        server = make()
        points.append(time.perf_counter())
        for name in (start, stop):
            getattr(server, name)()
            points.append(time.perf_counter())
        for kept, begun, ended in zip(times, points, points[1:], strict=False):
            kept.append((ended - begun) * 1000)
    make_time, start_time, stop_time = map(statistics.median, times)
    return make_time, start_time, stop_time


def request_times() -> tuple[float, float]:
    """Return the processor time of a request for a page, and the part of it that the log takes, in microseconds."""
    server = ReferenceServer()
    server.publish(wheel("demo", "1.0"))
    pair = base64.b64encode(f"{server.username}:{server.password}".encode()).decode()
    headers = [("Authorization", f"Basic {pair}"), ("User-Agent", "pip/26.0"), ("Accept", "application/json")]
    environ = EnvironBuilder(
        path="/api/v4/projects/1/packages/pypi/simple/demo/", headers=headers
    ).get_environ()

    def ask() -> None:
        answer = server.app(dict(environ), lambda *_: lambda _: None)
        for _ in answer:
            pass
        answer.close()  # type: ignore[attr-defined]  # what this application returns

    request, now = Request(environ), server.registry.now()

    def log() -> None:
        entry = server.requests.begin(now, request)
        entry.answered(200, None)
        server.requests.end(entry)

    return least(ask), least(log)


def least(action: Callable[[], object]) -> float:
    """Return the processor time of an action in microseconds: the least of several rounds."""
    rounds = []
    for _ in range(7):
        begun = time.process_time()
        for _ in range(REQUESTS):
            action()
        rounds.append((time.process_time() - begun) / REQUESTS * 1_000_000)
    return min(rounds)


def publishing(versions: int) -> float:
    """Return the time of `publish` beside this many versions, in milliseconds."""
    server = ReferenceServer()
    for number in range(versions):
        server.publish(wheel("demo", f"1.{number}"))
    further: Iterator[object] = iter([wheel("demo", f"2.{number}") for number in range(TURNS)])
    return median(lambda: server.publish(next(further)))  # type: ignore[arg-type]  # they are distributions


def tenants(number: int) -> tuple[float, float]:
    """Make and drop registries. Returns the time of each in milliseconds, and the memory that stays in MiB."""
    demo = wheel("demo", "1.0")
    with RegistryHost() as host:

        def turn() -> None:
            with host.add() as tenant:
                tenant.publish(demo)

        turn()
        gc.collect()
        tracemalloc.start()
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        begun = time.perf_counter()
        for _ in range(number):
            turn()
        each = (time.perf_counter() - begun) / number * 1000
        tracemalloc.start()
        for _ in range(100):
            turn()
        gc.collect()
        kept = tracemalloc.get_traced_memory()[0] - before
        tracemalloc.stop()
    return each, kept / 2**20


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument(
        "--tenants", type=int, default=1000, metavar="N", help="registries (default: %(default)s)"
    )
    number = parser.parse_args().tenants
    print(f"{'milliseconds':44} {'make':>8} {'start':>8} {'stop':>8}")
    rows: list[tuple[str, Callable[[], object]]] = [("ReferenceServer", ReferenceServer)]
    if _has("trustme"):
        rows.append(("ReferenceServer(tls=True)", lambda: ReferenceServer(tls=True)))
    if _has("pytest_httpserver"):
        from pytest_httpserver import HTTPServer

        rows.append(("pytest-httpserver", HTTPServer))
    for name, make in rows:
        print(f"{name:44} {' '.join(f'{each:8.3f}' for each in phases(make, 'start', 'stop'))}", flush=True)
    with RegistryHost() as host:
        print(f"{'tenant, made and dropped':44} {median(lambda: host.add().close()):8.3f}")
    print(f"{'publish, 1st version':44} {publishing(0):8.3f}")
    print(f"{f'publish beside {VERSIONS} versions':44} {publishing(VERSIONS):8.3f}", flush=True)
    whole, log = request_times()
    print(f"{'request for a page, microseconds':44} {whole:8.1f}\n{'  of which the log':44} {log:8.1f}")
    each, kept = tenants(number)
    print(f"{f'{number} tenants with a package, each':44} {each:8.3f}")
    print(f"{'  memory that 100 more leave, MiB':44} {kept:8.3f}")


def _has(module: str) -> bool:
    from importlib.util import find_spec

    return find_spec(module) is not None


if __name__ == "__main__":
    main()
