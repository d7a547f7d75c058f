"""The suite against a registry that answers as badly as it can: exit code, seconds, memory, what is reported.

    python -m benchmarks.hostile                           # every case, half an hour
    python -m benchmarks.hostile --only bomb --only file   # those whose name or place has one of these words

Each case is a command of its own, in a process with 1 GB of address space: a run that only reads, a run with uploads,
`doctor`, or `sweep`. A front before the reference server gives the hostile answer in one place (the root page, project
pages, files, metadata files, uploads, the API), from the beginning or, as `later`, from the first check on. A second
listener is the host that some answers lead to; `leaks` counts its requests that carry a credential. `memory` is the
largest resident set of the command, in MB; `cpu` the seconds that it computed; `says` what it reports. Slow answers are
judged by a few areas, with short limits. Ends with 1 where a command crashed, leaked, grew above 400 MB, took longer
than two minutes, or blamed itself (exit code 3) for an answer that arrived. Linux only. Loopback only.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.hostile.cases import Case, cases
from benchmarks.hostile.front import Elsewhere, Front, listening
from reference_server import ReferenceServer
from reference_server.distributions import sdist, wheel

if TYPE_CHECKING:
    from collections.abc import Sequence

ADDRESS_SPACE = 1024 * 1024 * 1024
MOST_MEMORY = 400
"""MB of a command that are not to be exceeded."""
MOST_SECONDS = 120
"""Seconds of a command that are not to be exceeded."""
LONGEST = 400
"""Seconds after which a command is ended, and counts as one that does not end."""
NO_ANSWER = frozenset({"no bytes", "silence"})
"""What may be the network's doing."""
REPOSITORY = "/api/v4/projects/1/packages/pypi"
PASSWORD = "reference-api-token"  # noqa: S105 - that of the reference server


@dataclass(frozen=True, kw_only=True)
class Measured:
    """How a command ended; the exit code is None where it had to be ended."""

    case: Case
    exit_code: int | None
    seconds: float
    cpu: float
    memory: float
    leaks: tuple[str, ...]
    crash: str
    says: str

    @property
    def is_right(self) -> bool:
        """Whether the command ended as it should."""
        unreached = self.case.answer in NO_ANSWER or self.case.command == "sweep"  # 3: something is left
        codes = {0, 1, 2, 3, 5} if unreached else {0, 1, 2, 5}
        ended = self.exit_code in codes and not self.crash
        within_limits = self.memory <= MOST_MEMORY and self.seconds <= MOST_SECONDS
        return ended and within_limits and not self.leaks


def measured(case: Case) -> Measured:
    """Run the command of a case."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        behind = stack.enter_context(ReferenceServer())
        project = behind.registry.gitlab_project("1")
        for file in (wheel("demo", "1.0", requires_python=">=3.8"), sdist("demo", "1.0")):
            _publish(behind.url, file.filename, file.content, dict(file.form()))
        assert behind.registry.packages(project)
        other = Elsewhere()
        stack.enter_context(listening(other))
        front = Front(case, behind=behind.origin, elsewhere=other.origin, result=folder / "result.json")
        stack.enter_context(listening(front))
        if case.command == "sweep":
            _leave_ledger(folder / "ledgers", f"{front.origin}{REPOSITORY}")
        found = _ended(case, [*case.arguments(folder), f"{front.origin}{REPOSITORY}"], folder)
        return replace(found, leaks=tuple(other.leaks))


def _publish(url: str, filename: str, content: bytes, form: dict[str, str]) -> None:
    import requests

    requests.post(
        url, data=form, files={"content": (filename, content)}, auth=("__token__", PASSWORD), timeout=60
    ).raise_for_status()


def _leave_ledger(folder: Path, url: str) -> None:
    """Write the ledger of an earlier run."""
    folder.mkdir()
    entry = {"url": url, "project": "conformance-abcdefgh-1-x", "version": "1.0"}
    line = json.dumps(entry | {"filename": "conformance_abcdefgh_1_x-1.0-py3-none-any.whl"})
    (folder / "abcdefgh.jsonl").write_text(f"{line}\n", encoding="utf-8")


def _ended(case: Case, arguments: Sequence[str], folder: Path) -> Measured:
    """Run the suite with little memory; return how it ended."""
    path = folder / "output"
    began, before = time.monotonic(), _cpu()
    with path.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "conformance", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, "REGISTRY_CONFORMANCE_PASSWORD": PASSWORD},
        )
    resource.prlimit(process.pid, resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    memory = 0.0
    while process.poll() is None and time.monotonic() < began + LONGEST:
        memory = max(memory, _peak(process.pid))
        time.sleep(0.02)
    code = process.poll()
    if code is None:
        process.send_signal(signal.SIGKILL)
        process.wait()
    text = path.read_text(errors="replace")
    return Measured(
        case=case,
        exit_code=code,
        seconds=time.monotonic() - began,
        cpu=_cpu() - before,
        memory=memory,
        leaks=(),
        crash=_crash(text, folder / "result.json"),
        says=_says(text, folder / "result.json"),
    )


def _cpu() -> float:
    """Return the seconds that all commands have computed so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _peak(pid: int) -> float:
    """Return the largest resident set of a process so far, in MB; `ru_maxrss` would count this program's as well."""
    with suppress(OSError):
        if found := re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(encoding="ascii")):
            return int(found[1]) / 1024
    return 0.0


def _results(path: Path) -> list[dict[str, str]]:
    with suppress(OSError, ValueError):
        found: list[dict[str, str]] = json.loads(path.read_bytes())["results"]
        return found
    return []


def _crash(text: str, result: Path) -> str:
    """Return what a command or one of its checks broke down with."""
    for each in _results(result):
        if "Traceback (most" in each["message"]:
            return f"{each['id']}: {each['message'][-600:]}"
    for line in text.splitlines():
        if "Traceback (most" in line or "internal error" in line or "MemoryError" in line:
            return line
    return ""


def _says(text: str, result: Path) -> str:
    """Return what a command reports, in short."""
    verdicts = [each["verdict"] for each in _results(result)]
    if verdicts:
        counts = {name: verdicts.count(name) for name in ("passed", "failed", "warned", "error")}
        limits = {
            each["found"]
            for each in _results(result)
            if each["found"].startswith(("more than that", "no end"))
        }
        found = sum(each["found"] in limits for each in _results(result))
        return (
            ", ".join(f"{name} {number}" for name, number in counts.items() if number)
            + f"; {found} beyond limits"
        )
    lines = [line for line in text.splitlines() if line.strip()]
    return max(lines, key=lambda line: ("expected" in line, "nothing was judged" in line), default="")[:160]


def row(found: Measured) -> str:
    """Return the line of the table."""
    code = "-" if found.exit_code is None else found.exit_code
    return (
        f"{found.case.name:52} {code!s:>4} {found.seconds:7.1f} {found.cpu:5.1f} "
        f"{found.memory:6.0f} {len(found.leaks):5}  "
        f"{found.crash and 'CRASH '}{found.says}"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table. Return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "--only", action="append", metavar="WORD", help="cases with a word in their name; repeatable"
    )
    parser.add_argument(
        "--but", action="append", default=[], metavar="WORD", help="no case with this word; repeatable"
    )
    given = parser.parse_args(arguments)
    chosen = [each for each in cases() if not given.only or any(word in each.name for word in given.only)]
    chosen = [each for each in chosen if not any(word in each.name for word in given.but)]
    print(f"{'case':52} exit seconds   cpu memory leaks  says", flush=True)
    wrong = []
    for case in chosen:
        found = measured(case)
        print(row(found), flush=True)
        wrong += [] if found.is_right else [found]
    for each in wrong:
        print(f"\nwrong: {row(each)}\n  {each.crash}\n  {each.leaks}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
