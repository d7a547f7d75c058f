"""Default runs against the reference server behind fronts that do what registries in production do.

    python -m benchmarks.fronts                          # every front, in full
    python -m benchmarks.fronts --front late-2s -k upload

A front moves the addresses, lists uploads late, answers 202, throttles, caches, offers one form of its pages, or has
its clock wrong. That breaks
the requirements that are about it, which each front declares, and no others. The table counts, per front, the judged
requirements, those about it that deviated, the others that deviated, and what the run left behind; `exit` is the exit
code; `waits` is how often a check waited for the registry, for so many seconds (`waited`) of all processes together.
Ends with 1 if a front is not as declared. Loopback only.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from conformance.run.checks_run import run_checks
from conformance.run.selection import Selection
from conformance.target import target_from_table
from conformance.verdicts.options import RunOptions
from reference_server import ReferenceServer
from reference_server.faults import Fault
from reference_server.serving.create_app import create_app
from reference_server.serving.default_registry import default_registry
from reference_server.serving.wsgi_server import Server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from reference_server.rendering.pages import FileLink, ProjectPage
    from reference_server.rules.registry import Registry

    Place = AbstractContextManager[tuple[Registry, dict[str, Any]]]
    """A registry that is served, and the table of the target that it is for a guest."""

DEVIATED = frozenset({"failed", "warned", "noted", "error"})
_WAITS = re.compile(r"waited for it (\d+) times?, for (\d+) s")
REPOSITORY = "/api/v4/projects/1/packages/pypi"
UPLOADS, PAGES = "/intake/wheels", "/shelf"


@dataclass(frozen=True, kw_only=True)
class Front:
    """A way to serve the reference registry, and what a run is expected to find there.

    `about` are the ids of the requirements that this front breaks; every other one has to pass. `note` begins a note
    of the run.
    """

    name: str
    open: Callable[[], Place]
    about: frozenset[str] = frozenset()
    note: str = ""
    exit_code: int = 0


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A run at a front.

    Of the requirements that are about it, some deviated and others passed. `unexpected` has the messages of all others
    that deviated, by id. `left` are packages on the registry, and ledgers.
    """

    front: Front
    judged: int
    about: frozenset[str]
    passed: frozenset[str]
    unexpected: dict[str, str]
    exit_code: int
    left: tuple[str, ...]
    notes: tuple[str, ...]
    requests: int
    seconds: float
    slowest: tuple[str, ...]
    """The requirements that took the most time, with their seconds."""

    @property
    def waits(self) -> tuple[str, str]:
        """How often and how many seconds the checks waited, from the note of the run."""
        found = next(filter(None, map(_WAITS.search, self.notes)), None)
        return (found[1], found[2]) if found else ("-", "-")

    @property
    def as_declared(self) -> bool:
        """Whether the run ended as the front declares, and left nothing behind."""
        noted = any(note.startswith(self.front.note) for note in self.notes)
        clean = not (self.unexpected or self.passed or self.left)
        return clean and noted and self.exit_code == self.front.exit_code

    def __str__(self) -> str:
        """What is not as declared, a line each."""
        lines = [f"  left     {left}" for left in self.left]
        lines += [f"  passed   {row}, which this front breaks" for row in sorted(self.passed)]
        lines += [f"  {row}: {message}".replace("\n", "\n      ") for row, message in self.unexpected.items()]
        ended = f"{self.front.name}: exit code {self.exit_code}, expected {self.front.exit_code}"
        return "\n".join((ended, *lines, *self.notes))


class Moved:
    """Serves what an application has below one path below another one, and nothing else, as gateways do."""

    def __init__(self, app: WSGIApplication, *, here: str, there: str = REPOSITORY) -> None:
        self._app = app
        self._here = here
        self._there = there

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        if f"{environ['PATH_INFO']}/".startswith(f"{self._here}/"):
            for name in ("PATH_INFO", "RAW_URI", "REQUEST_URI"):
                environ[name] = self._there + environ[name].removeprefix(self._here)
            return self._app(environ, start_response)
        start_response("404 Not Found", [("Content-Length", "0")])
        return [b""]


class ProvenanceMoved(Fault):
    """Links provenance objects where the gateway of the pages has them."""

    def project_page(self, page: ProjectPage) -> ProjectPage:
        """Rewrite the absolute URLs of a page."""

        def moved(file: FileLink) -> FileLink:
            url = file.provenance
            return file if url is None else replace(file, provenance=url.replace(REPOSITORY, PAGES))

        return page.each(moved)


@contextmanager
def elsewhere() -> Iterator[tuple[Registry, dict[str, Any]]]:
    """Serve uploads, pages and API on unrelated hosts, ports and paths."""
    registry = default_registry()
    app = create_app(registry, faults=[ProvenanceMoved()])
    with ExitStack() as stack:
        uploads = stack.enter_context(Server(Moved(app, here=UPLOADS), "127.0.0.1", 0))
        pages = stack.enter_context(Server(Moved(app, here=PAGES), "localhost", 0))
        api = stack.enter_context(ReferenceServer(host="127.0.0.2", registry=registry))
        addresses = {
            "upload-url": f"{uploads.origin}{UPLOADS}",
            "index-url": f"{pages.origin}{PAGES}/simple/",
            "api-url": f"{api.origin}/api/v4/projects/1",
        }
        yield registry, {key: value for key, value in api.target().items() if key != "url"} | addresses
    registry.close()


def with_faults(*faults: str, **table: str) -> Callable[[], Place]:
    """Return what serves the registry with these faults, as a target with these further keys."""

    @contextmanager
    def opened() -> Iterator[tuple[Registry, dict[str, Any]]]:
        with ReferenceServer(faults=faults) as server:
            yield server.registry, server.target() | table

    return opened


LATE = frozenset({"upload.visible-after-success"})
QUEUED = LATE | {
    "clients.twine.duplicate-fails",
    "upload.dup.different",
    "upload.dup.message",
    "upload.error-reason",
    "upload.status-200",
}
"""The status and the body of an answer tell a client nothing, where every answer is 202."""

ANY_REGISTRY = {"profile": "pep503-upload", "layout": "gitlab-project"}
"""Of a registry that answers 202: GitLab documents 201, and 400 for what is invalid."""
LIKE_GITLAB = frozenset({"upload.dup.identical"})
"""What the reference registry does as GitLab does, and other registries do otherwise."""

CLOCK = "The checks go by the clock of the registry"
WAITED = "The registry took up to"

FRONTS = (
    Front(name="elsewhere", open=elsewhere),
    Front(name="late-50ms", open=with_faults("listed-late,seconds=0.05"), about=LATE, note=WAITED),
    Front(name="late-50ms-all", open=with_faults("served-late,seconds=0.05"), about=LATE, note=WAITED),
    Front(name="late-2s", open=with_faults("listed-late,seconds=2"), about=LATE, note=WAITED),
    Front(name="late-2s-all", open=with_faults("served-late,seconds=2"), about=LATE, note=WAITED),
    Front(
        name="queued",
        open=with_faults("processed-late,seconds=0.2,task=none", **ANY_REGISTRY),
        about=QUEUED,
        note=WAITED,
        exit_code=1,
    ),
    Front(
        name="queued-task",
        open=with_faults("processed-late,seconds=0.2", **ANY_REGISTRY),
        about=QUEUED | LIKE_GITLAB,
        exit_code=1,
    ),
    Front(
        name="throttled",
        open=with_faults("throttled,requests=20"),
        note="The registry throttled this run",
    ),
    Front(name="shared-validator", open=with_faults("shared-validator")),
    Front(name="clock-fast", open=with_faults("clock-wrong,hours=24"), note=CLOCK),
    Front(name="clock-slow", open=with_faults("clock-wrong,hours=-24"), note=CLOCK),
    Front(name="json-only", open=with_faults("one-form,form=json")),
    Front(
        name="json-for-all",
        open=with_faults("one-form,form=json,otherwise=page"),
        about=frozenset({"negotiation.unsupported.406"}),
    ),
    Front(name="html-only", open=with_faults("one-form,form=html")),
    Front(name="cached", open=with_faults("pages-cached,seconds=1"), note=WAITED),
)


def judge(front: Front, selection: Selection, options: RunOptions) -> Judged:
    """Run the suite at a front; look at the verdicts, and at what is left on the registry and in ledgers."""
    began = perf_counter()
    with front.open() as (registry, table):
        result = run_checks(target_from_table(table), options, selection)
        packages = [
            f"{package.name} {package.version}"
            for project in range(1, 6)
            for package in registry.packages(registry.gitlab_project(str(project)))
        ]
    deviated = {
        each.id: f"{each.verdict}: {each.message}" for each in result.results if each.verdict in DEVIATED
    }
    slowest = sorted(result.results, key=lambda each: -each.duration)[:40]
    passed = {each.id for each in result.results if each.verdict == "passed"}
    return Judged(
        front=front,
        judged=result.summary.judged,
        about=front.about & deviated.keys(),
        passed=front.about & passed,
        unexpected={row: message for row, message in deviated.items() if row not in front.about},
        exit_code=result.summary.exit_code,
        left=(*packages, *(path.name for path in options.ledger_folder.glob("*"))),
        notes=result.summary.notes,
        requests=result.summary.requests,
        slowest=tuple(f"{each.duration:8.1f} s {each.requests:5} requests  {each.id}" for each in slowest),
        seconds=perf_counter() - began,
    )


def row(judged: Judged) -> str:
    """Return the line of the table."""
    waits, waited = judged.waits
    return (
        f"{judged.front.name:16} {judged.judged:6} {len(judged.about):9} {len(judged.unexpected):10} "
        f"{judged.exit_code:5} {len(judged.left):5} {judged.requests:9} {waits:>6} {waited:>7} {judged.seconds:8.0f}"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Judge the fronts; print the table, and then what was not as declared. Return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    names = [front.name for front in FRONTS]
    parser.add_argument(
        "--front", action="append", choices=names, help="one front (default: all; repeatable)"
    )
    parser.add_argument("-k", dest="keyword", help="run only matching checks (default: all)")
    parser.add_argument("-n", dest="processes", help="processes of each run (default: one)")
    parser.add_argument("--slowest", action="store_true", help="show the slowest checks of each run")
    parser.add_argument("--seed", type=int, default=0, help="seed of the examples (default: 0)")
    given = parser.parse_args(arguments)
    selection = Selection(keyword=given.keyword, processes=given.processes)
    print(
        "front            judged  about it      others  exit  left  requests  waits  waited  seconds",
        flush=True,
    )
    wrong = []
    for front in FRONTS:
        if front.name in (given.front or names):
            with tempfile.TemporaryDirectory() as folder:
                options = RunOptions(seed=given.seed, ledger_folder=Path(folder))
                judged = judge(front, selection, options)
            print(row(judged), flush=True)
            if given.slowest:
                print(*judged.slowest, sep="\n", flush=True)
            wrong += [] if judged.as_declared else [judged]
    for judged in wrong:
        print(f"\n{judged}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
