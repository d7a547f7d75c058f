"""Kills `reference-server serve --store` again and again while it is used, and counts what was lost.

    python benchmarks/kill_loop.py --kills 200 --seed 1

Several threads upload small and large wheels, some of them the same bytes to two GitLab projects at a time, some with
a name that is taken; they yank and delete some again, over the API or with the forms of the page. At a random moment
the server, its worker or both get SIGKILL. It is started again, and everything is read: each file has to be in a state
that its last acknowledged request explains, or one that may have been running. Ends with 1 otherwise. Loopback only.

A kill leaves what the kernel has been told: this does not try what a power failure does. That contents and folders are
synced before a row is committed is the subject of `tests/durability/test_order.py`.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

import requests

from reference_server.distributions import wheel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from reference_server.distributions import Distribution

UPLOADERS = 4
GITLAB_PROJECTS = {"1": "conformance/registry", "2": "conformance/public"}
"""Uploader N writes to project N modulo 2, and shares its wheels' bytes with its neighbour in the other."""
LARGE = 3_000_000  # bytes; what is above 1 MiB never lies in the server's memory as a whole
KEPT = 12
"""How many files an uploader leaves there before it deletes the oldest, so that reading everything stays quick."""
LATEST = 0.6  # seconds from the first upload to the kill
PATIENCE = 30.0

YANKED = " yanked"
"""What a yanked file has after its digest."""
JSON = "application/vnd.pypi.simple.v1+json"


@dataclass
class Tally:
    """What happened in all rounds."""

    kills: int = 0
    acknowledged: int = 0
    deleted: int = 0
    yanked: int = 0
    page_actions: int = 0
    """Yanks and deletions among these that were sent as forms of the page."""
    refused: int = 0
    interrupted: int = 0
    """Kills that hit at least one running upload."""
    survived: int = 0
    """Uploads that were running when the server was killed, and are there."""
    read: int = 0
    lost: list[str] = field(default_factory=list)
    half_stored: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    stray: list[str] = field(default_factory=list)
    starts: list[float] = field(default_factory=list)
    """Seconds from the start of the process to its first answer."""

    @property
    def failures(self) -> list[str]:
        """Give everything that is not as it should be."""
        return [*self.lost, *self.half_stored, *self.wrong, *self.stray]

    def __str__(self) -> str:
        starts = sorted(self.starts)
        return "\n".join(
            f"{name:<38}{value}"
            for name, value in {
                "kills": self.kills,
                "  that hit a running upload": self.interrupted,
                "acknowledged uploads": self.acknowledged,
                "acknowledged deletions": self.deleted,
                "acknowledged yanks, and undone ones": self.yanked,
                "  of both, over the page": self.page_actions,
                "refused uploads": self.refused,
                "unacknowledged uploads, there whole": self.survived,
                "files read after a restart": self.read,
                "restart, median and worst": f"{starts[len(starts) // 2]:.2f} s, {starts[-1]:.2f} s",
                "lost": len(self.lost),
                "half stored": len(self.half_stored),
                "wrong bytes or hashes": len(self.wrong),
                "stray files after a restart": len(self.stray),
            }.items()
        )


@dataclass
class Server:
    """A server that runs: its URL up to a GitLab project's id, and its process."""

    projects: str
    auth: tuple[str, str]
    process: subprocess.Popen[bytes]
    seconds: float

    def kill(self, store: Path, victim: str) -> None:
        """Send SIGKILL to the process, its worker or both, and wait until neither holds the store."""
        if victim == "both":
            os.killpg(self.process.pid, signal.SIGKILL)
        else:
            worker = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()[0]
            os.kill(self.process.pid if victim == "parent" else int(worker), signal.SIGKILL)
        self.process.wait()
        with (store / "lock").open("r+b") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)


@contextmanager
def started(store: Path, folder: Path) -> Iterator[Server]:
    """Start the server in a process group of its own, and leave nothing of it at the end of the block."""
    described, log = folder / "registry.toml", folder / "log"
    described.unlink(missing_ok=True)
    command = [sys.executable, "-m", "reference_server", "serve", "--port", "0", "--store", str(store)]
    began = time.monotonic()
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, "--write-target", str(described)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        while not (answer := _answer(described)):
            if process.poll() is not None or time.monotonic() > began + PATIENCE:
                sys.exit(f"the server does not answer: {log.read_text(errors='replace')}")
            time.sleep(0.01)
        yield Server(*answer, process, time.monotonic() - began)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _answer(described: Path) -> tuple[str, tuple[str, str]] | None:
    try:
        target = tomllib.loads(described.read_text(encoding="utf-8"))
        credential = target["credentials"]["default"]
        auth = credential["username"], credential["password"]
        requests.get(f"{target['url']}/simple/", auth=auth, timeout=PATIENCE)
    except (FileNotFoundError, KeyError, requests.ConnectionError):
        return None
    return target["url"].rpartition("/projects/")[0] + "/projects", auth


class Uploader:
    """One client with files of its own, each with the states that it may be in: a digest, or None for absent."""

    def __init__(self, number: int, seed: int) -> None:
        self._gitlab_project = [*GITLAB_PROJECTS][number % len(GITLAB_PROJECTS)]
        self._name = f"pair-{number // len(GITLAB_PROJECTS)}"
        self._random = random.Random(f"{seed} {number}")  # noqa: S311 - it has to be the same again
        self._next = 0
        self.states: dict[str, set[str | None]] = {}
        self.running: str | None = None
        """The file whose upload has no answer yet."""
        self._csrf = ""

    def run(self, server: Server, tally: Tally, stop: Event) -> None:
        """Upload and delete until the server is gone."""
        self._csrf = ""
        with requests.Session() as session:
            session.trust_env = False
            session.auth = server.auth
            try:
                while not stop.is_set():
                    self._step(session, server, tally)
            except requests.RequestException:
                return

    def observe(self, files: dict[tuple[str, str], str], tally: Tally) -> None:
        """Compare what is there with what may be there, and take it as known from now on."""
        for filename, states in self.states.items():
            found = files.get((self._gitlab_project, filename))
            if found not in states:
                where = f"{filename} in {self._gitlab_project}: {found}, expected one of {states}"
                (tally.wrong if found else tally.lost).append(where)
            elif filename == self.running and found and None in states:
                tally.survived += 1
            self.states[filename] = {found}
        self.running = None

    def expected(self) -> set[tuple[str, str]]:
        """Give the GitLab project and the name of each file that was ever sent."""
        return {(self._gitlab_project, filename) for filename in self.states}

    def _step(self, session: requests.Session, server: Server, tally: Tally) -> None:
        there = [filename for filename, states in self.states.items() if states != {None}]
        if there and self._random.random() < 0.15:
            number = int(self._random.choice(there).split("-")[-4].removeprefix("1."))
            self._upload(session, server, tally, number, marker=f"other {self._random.random()}")
        elif len(there) > KEPT:
            self._delete(session, server, tally, self._random.choice(there[: KEPT // 2]))
        elif there and self._random.random() < 0.3:
            self._yank(session, server, tally, self._random.choice(there))
        else:
            self._next += 1
            self._upload(session, server, tally, self._next)

    def _upload(
        self, session: requests.Session, server: Server, tally: Tally, number: int, marker: str = ""
    ) -> None:
        made = made_wheel(self._name, number, marker)
        states = self.states.setdefault(made.filename, {None})
        self.running = made.filename
        if None in states:
            self.states[made.filename] = states | {made.sha256}
        file = {"content": (made.filename, made.content)}
        url = f"{server.projects}/{self._gitlab_project}/packages/pypi"
        status = _status(session.post(url, data=list(made.form()), files=file, timeout=PATIENCE))
        if status == 201:
            tally.acknowledged += 1
            if None not in states:
                tally.lost.append(f"{made.filename} was taken again with {states} there")
            self.states[made.filename] = {made.sha256}
        else:
            tally.refused += 1
            if status != 400 or states == {None}:
                tally.wrong.append(f"{made.filename} was refused with {status}, and was {states}")
            self.states[made.filename] = states - {None} or {None}
        self.running = None

    def _delete(self, session: requests.Session, server: Server, tally: Tally, filename: str) -> None:
        states = self.states[filename]
        self.states[filename] = states | {None}
        if self._changed(session, server, tally, filename, "delete"):
            tally.deleted += 1
        elif None not in states:
            tally.lost.append(f"{filename} could not be deleted, and was {states}")
        self.states[filename] = {None}

    def _yank(self, session: requests.Session, server: Server, tally: Tally, filename: str) -> None:
        states = self.states[filename]
        if len(states) != 1:
            return
        (state,) = states
        is_yanked = str(state).endswith(YANKED)
        after = str(state).removesuffix(YANKED) if is_yanked else f"{state}{YANKED}"
        self.states[filename] = {state, after}
        if not self._changed(session, server, tally, filename, "unyank" if is_yanked else "yank"):
            tally.lost.append(f"{filename} could not be yanked, and was {states}")
        tally.yanked += 1
        self.states[filename] = {after}

    def _changed(
        self, session: requests.Session, server: Server, tally: Tally, filename: str, action: str
    ) -> bool:
        """Change a file over the page or the API. Return whether the server said that it did."""
        if self._random.random() < 0.5:
            is_done = self._changed_on_the_page(session, server, filename, action)
            tally.page_actions += is_done
            return is_done
        path = f"/{self._gitlab_project}/packages/pypi/{self._name}/files/{filename}"
        url = (
            server.projects.replace("/api/v4/", "/-/reference/")
            + path
            + ("" if action == "delete" else "/yank")
        )
        method = {"delete": "DELETE", "yank": "PUT", "unyank": "DELETE"}[action]
        return _status(session.request(method, url, timeout=PATIENCE)) == 204

    def _changed_on_the_page(
        self, session: requests.Session, server: Server, filename: str, action: str
    ) -> bool:
        origin = server.projects.partition("/api/")[0]
        if not self._csrf:  # sessions end with the server
            signed_in = {"token": server.auth[1], "return_to": "/"}
            answer = session.post(f"{origin}/users/sign_in", data=signed_in, timeout=PATIENCE)
            _status(answer)  # a server that is stopping signs no one in
            self._csrf = answer.text.partition('name="authenticity_token" value="')[2].partition('"')[0]
        version = filename.split("-")[-4]
        package_id = self._package_id(session, server, version)
        if package_id is None:
            return False
        package = f"{origin}/{GITLAB_PROJECTS[self._gitlab_project]}/-/packages/{package_id}/{action}"
        sent = {"authenticity_token": self._csrf}
        answer = session.post(package, data=sent, timeout=PATIENCE, allow_redirects=False)
        return _status(answer) == 303

    def _package_id(self, session: requests.Session, server: Server, version: str) -> int | None:
        """Return the id of a version. Packages whose files are deleted stay, so that the list has many pages."""
        page = "1"
        while page:
            answer = session.get(
                f"{server.projects}/{self._gitlab_project}/packages",
                params={"package_name": self._name, "per_page": "100", "page": page},
                timeout=PATIENCE,
            )
            _status(answer)
            for each in answer.json():
                if (each["name"], each["version"]) == (self._name, version):
                    return int(each["id"])
            page = answer.headers["X-Next-Page"]
        return None


def _status(answer: requests.Response) -> int:
    """Return the status of an answer. A worker whose parent was killed acknowledges nothing any more: 503."""
    if answer.status_code == 503:
        raise requests.ConnectionError("the server is stopping")
    return answer.status_code


def made_wheel(name: str, number: int, marker: str = "") -> Distribution:
    """Make a wheel that is the same whenever it is asked for; every fifth is a large one."""
    size = LARGE if number % 5 == 0 else None
    return wheel(name, f"1.{number}", size=size, marker=marker)


def everything(server: Server, tally: Tally) -> dict[tuple[str, str], str]:
    """Read each page and each file; give the digest of each by GitLab project and file name."""
    found = {}
    with requests.Session() as session:
        session.trust_env = False
        session.auth = server.auth
        session.headers["Accept"] = JSON
        for gitlab_project in GITLAB_PROJECTS:
            index = f"{server.projects}/{gitlab_project}/packages/pypi/simple/"
            for project in session.get(index, timeout=PATIENCE).json()["projects"]:
                page = session.get(f"{index}{project['name']}/", timeout=PATIENCE)
                for file in page.json()["files"]:
                    url = requests.compat.urljoin(page.url, file["url"])
                    answer = session.get(url, timeout=PATIENCE)
                    sha256, told = hashlib.sha256(answer.content).hexdigest(), file["hashes"]["sha256"]
                    tally.read += 1
                    if answer.status_code != 200 or len(answer.content) != file["size"]:
                        tally.half_stored.append(f"{file['filename']}: {answer.status_code}")
                    elif sha256 != told:
                        tally.wrong.append(f"{file['filename']}: {sha256}, listed as {told}")
                    is_yanked = file.get("yanked", False) is not False
                    found[gitlab_project, file["filename"]] = told + (YANKED if is_yanked else "")
    return found


def look_for_strays(store: Path, digests: set[str], tally: Tally) -> None:
    """Compare the files in the directory with those that are listed."""
    tally.stray += [str(path) for path in (store / "incoming").iterdir()]
    tally.stray += [str(path) for path in (store / "blobs").glob("*/*") if path.name not in digests]


def run(kills: int, seed: int, folder: Path, *, latest: float = LATEST) -> Tally:
    """Kill the server so many times, at the latest after so many seconds, and look at what is there after each."""
    chance = random.Random(seed)  # noqa: S311 - it has to be the same again
    tally, store = Tally(), folder / "store"
    uploaders = [Uploader(number, seed) for number in range(UPLOADERS)]
    for round_ in range(kills + 1):
        with started(store, folder) as server:
            if round_:
                tally.starts.append(server.seconds)
                files = everything(server, tally)
                look_for_strays(store, {state.removesuffix(YANKED) for state in files.values()}, tally)
                interrupted = any(each.running for each in uploaders)
                tally.interrupted += interrupted
                unknown = files.keys() - set().union(*(each.expected() for each in uploaders))
                tally.wrong += [f"{unexpected}: nobody has sent it" for unexpected in sorted(unknown)]
                for each in uploaders:
                    each.observe(files, tally)
            if tally.failures:
                break
            if round_ < kills:
                victim = chance.choice(("both", "parent", "worker"))
                kill = partial(server.kill, store, victim)
                _kill_while_used(server, uploaders, tally, chance.uniform(0, latest), kill)
                tally.kills += 1
    return tally


def _kill_while_used(
    server: Server, uploaders: list[Uploader], tally: Tally, delay: float, kill: Callable[[], None]
) -> None:
    stop = Event()
    with ThreadPoolExecutor(len(uploaders)) as pool:
        running = [pool.submit(each.run, server, tally, stop) for each in uploaders]
        time.sleep(delay)
        kill()
        stop.set()
        for each in running:
            each.result()


def main() -> None:
    """Read the options, run, print the tally; end with 1 when anything was lost."""
    parser = argparse.ArgumentParser(description="Kill the reference server while it takes uploads.")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--latest",
        type=float,
        default=LATEST,
        help="seconds until a kill (default: %(default)s)",
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kill-loop-") as folder:
        tally = run(options.kills, options.seed, Path(folder), latest=options.latest)
    print(tally)
    for failure in tally.failures[:20]:
        print(f"  {failure}")
    sys.exit(bool(tally.failures))


if __name__ == "__main__":
    main()
