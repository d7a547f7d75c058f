"""Whether what the server does takes longer with more projects, or with more files in a project.

    python -m benchmarks.growth [--most N]

Milliseconds of processor time of the application alone for each request, the least of several, with 10 projects of
up to 10 files, with N projects (default: 10,000), and with N files in one project; in memory and with a store. `again`
is an answer that was given before, `in full` one to a request with another header field, `after a change` one whose
page is made anew: only that one may grow, with the page. Nothing is sent over a network.
"""

from __future__ import annotations

import argparse
import io
import os
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder, run_wsgi_app

from reference_server import create_app
from reference_server.distributions import wheel
from reference_server.rules.ready_made import PASSWORD
from reference_server.serving.default_registry import default_registry
from reference_server.store.sqlite import SQLiteStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from _typeshed.wsgi import WSGIEnvironment

    from reference_server.rules.registry import Registry

FEW = 10
TURNS = 25
PROJECT = "/api/v4/projects/1/packages"
BASE = f"{PROJECT}/pypi"
MANAGED = "/-/reference/projects/1/packages/pypi"
LARGEST, OTHER = "largest", "project-00001"


@dataclass(frozen=True)
class Size:
    """How much a registry has: its projects, and the files of one of them."""

    projects: int
    files: int


class Requests:
    """The requests to a registry of one size. Each method prepares one, so that only its answer is measured."""

    def __init__(self, registry: Registry, size: Size) -> None:
        self._registry = registry
        self._numbers = count(size.files)
        with registry.store.lock:  # one transaction
            first, *_ = [self._published(LARGEST, f"1.{number}") for number in range(size.files)]
            for number in range(1, size.projects):
                self._published(f"project-{number:05}", "1.0")
        self._file = f"{BASE}/files/{first}"

    def by_name(self) -> Mapping[str, Callable[[], WSGIEnvironment]]:
        """Return what prepares each request."""
        pages = {
            "page of the largest project": f"{BASE}/simple/{LARGEST}/",
            "page of another project": f"{BASE}/simple/{OTHER}/",
            "root": f"{BASE}/simple/",
            "file": self._file,
        }
        found: dict[str, Callable[[], WSGIEnvironment]] = {
            "upload, largest project": partial(self._upload, LARGEST),
            "upload, another project": partial(self._upload, OTHER),
            "upload, new project": partial(self._upload, ""),
            "yank, largest project": partial(self._change, "PUT", "/yank"),
            "delete, largest project": partial(self._change, "DELETE", ""),
        }
        for name, path in pages.items():
            found[f"{name}, again"] = partial(asked, "GET", path)
            found[f"{name}, in full"] = partial(self._in_full, path)
        found["page of largest project, after a change"] = partial(self._after, LARGEST, LARGEST)
        found["page of another project, after a change"] = partial(self._after, OTHER, OTHER)
        found["page of largest project, after another's"] = partial(self._after, OTHER, LARGEST)
        found["root, after a change"] = partial(self._after, OTHER, "")
        found["list of packages"] = partial(self._in_full, PROJECT)
        return found

    def _published(self, project: str, version: str) -> str:
        made = wheel(project, version)
        self._registry.publish(made.filename, made.content)
        return f"{made.sha256}/{made.filename}"

    def _upload(self, project: str) -> WSGIEnvironment:
        number = next(self._numbers)
        made = wheel(project or f"new-{number}", f"1.{number}")
        content = (io.BytesIO(made.content), made.filename)
        return asked("POST", BASE, data=[*made.form(), ("content", content)])

    def _in_full(self, path: str) -> WSGIEnvironment:
        return asked("GET", path, turn=str(next(self._numbers)))

    def _change(self, method: str, what: str) -> WSGIEnvironment:
        version = f"1.{next(self._numbers)}"
        self._published(LARGEST, version)
        return asked(method, f"{MANAGED}/{LARGEST}/versions/{version}{what}")

    def _after(self, changed: str, read: str) -> WSGIEnvironment:
        self._published(changed, f"1.{next(self._numbers)}")
        return asked("GET", f"{BASE}/simple/{read}/" if read else f"{BASE}/simple/")


def asked(method: str, path: str, *, data: Iterable[tuple[str, Any]] = (), turn: str = "") -> WSGIEnvironment:
    """Return a request with the server's token, and with a header field by which it differs from others."""
    form: dict[str, list[Any]] = {}
    for name, value in data:
        form.setdefault(name, []).append(value)
    headers = Headers({"PRIVATE-TOKEN": PASSWORD, "X-Turn": turn})
    return EnvironBuilder(path, method=method, data=form or None, headers=headers).get_environ()


def measured(registry: Registry, size: Size) -> dict[str, float]:
    """Return the milliseconds of each request."""
    requests = Requests(registry, size).by_name()
    app = create_app(registry)
    found = {}
    for name, prepared in requests.items():
        times = []
        for _ in range(TURNS):
            environ = prepared()
            began = time.process_time()
            body, status, _ = run_wsgi_app(app, environ)
            sent = b"".join(body)
            times.append(time.process_time() - began)
            if not status.startswith("2"):
                raise SystemExit(f"{name}: {status} {sent[:200]!r}")
        found[name] = min(times) * 1000
    return found


def main() -> None:
    """Print a table per kind of store."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--most", type=int, default=10_000, help="default: %(default)s")
    most = parser.parse_args().most
    sizes = {
        "10 of each": Size(FEW, FEW),
        f"{most:,} projects": Size(most, FEW),
        f"{most:,} files": Size(FEW, most),
    }
    for kind in ("memory", "store"):
        columns = {}
        for title, size in sizes.items():
            with tempfile.TemporaryDirectory(prefix="growth-") as folder:
                store = SQLiteStore(Path(folder, "store")) if kind == "store" else None
                with closing(default_registry(store=store)) as registry:
                    columns[title] = measured(registry, size)
        print(f"\n| {kind}, ms | " + " | ".join(columns) + " |\n|---" + "|---:" * len(columns) + "|")
        for name in next(iter(columns.values())):
            print(
                f"| {name} | " + " | ".join(f"{each[name]:.3f}" for each in columns.values()) + " |",
                flush=True,
            )
    print(f"\nload {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
