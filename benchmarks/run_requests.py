"""Which requests a run makes, by purpose and by check.

    python -m benchmarks.run_requests                   # HTTP checks of a default run
    python -m benchmarks.run_requests -k upload --top 40

Judges the embedded reference server in one process. The first table divides the requests by what they are for, and by
who sends them: the run before its first check, fixtures, or checks. The second has the checks with the most requests; a
fixture that several checks share counts for the first of them. Requests of clients such as pip are not counted.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from conformance.run.checks_run import run_checks
from conformance.run.keys import MARK
from conformance.run.selection import Selection
from conformance.target.embedded import embedded_target
from conformance.verdicts.options import RunOptions
from conformance.wire.transcript import Transcript

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.report.result import RunResult
    from conformance.wire.exchange import Exchange

RUN = "the run"
SENDERS = (RUN, "fixtures", "checks")
"""Who sends requests, in the order of the columns."""

WAITING = frozenset({"_read_again", "_await_named", "await_page"})
"""Functions in which a page is read again only to wait for what was published."""


@dataclass(frozen=True, kw_only=True)
class Sent:
    """One request: the check that it belongs to, who sent it, and what it was for."""

    check: str
    sender: str
    purpose: str


class Recorder:
    """A plugin of pytest that notes each request of a run in this process."""

    def __init__(self) -> None:
        self.sent: list[Sent] = []
        self._check, self._sender = RUN, RUN

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Count what follows for the fixtures of a check."""
        mark = item.get_closest_marker(MARK)
        self._check, self._sender = mark.args[0] if mark else item.name, "fixtures"

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_call(self) -> None:
        """Count what follows for the check."""
        self._sender = "checks"

    def note(self, exchange: Exchange) -> None:
        """Note a request."""
        self.sent.append(Sent(check=self._check, sender=self._sender, purpose=purpose_of(exchange)))

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Note each exchange that is added to a transcript."""
        record, note = Transcript.record, self.note

        def recorded(self: Transcript, exchange: Exchange) -> Exchange:
            note(exchange)
            return record(self, exchange)

        Transcript.record = recorded  # type: ignore[method-assign]  # there is no other place that sees each
        try:
            yield
        finally:
            Transcript.record = record  # type: ignore[method-assign]


def purpose_of(exchange: Exchange) -> str:
    """Return what a request is for, from the request, its answer, and the code that sends it."""
    modules, functions = _senders()
    if any("/kit/races/" in each or "/checks/race/" in each for each in modules):
        return "races"
    if functions & WAITING:
        return "waiting for pages"
    method, _, url = exchange.request.partition(" ")
    if method in {"GET", "HEAD"}:
        return _read(url)
    if method != "POST":
        return "changes by an API"
    return "accepted uploads" if 200 <= (exchange.status or 0) < 300 else "refused uploads"


def _read(url: str) -> str:
    """Return what is read at a URL, which is only a path where it was asked for over a plain socket."""
    if "/files/" in url:
        return "files"
    return "pages" if "/simple/" in url else "other reads"


def _senders() -> tuple[set[str], set[str]]:
    """Return the files and the names of the functions that are being run."""
    modules, functions = set(), set()
    frame = sys._getframe(1)  # noqa: SLF001 - `inspect.stack` reads the source of each
    while frame.f_back is not None:
        frame = frame.f_back
        modules.add(frame.f_code.co_filename.replace("\\", "/"))
        functions.add(frame.f_code.co_name)
    return modules, functions


def judged(recorder: Recorder, keyword: str, options: RunOptions) -> RunResult:
    """Judge the embedded server, and note the requests."""
    with embedded_target() as target, recorder.listening():
        return run_checks(target, options, Selection(keyword=keyword), plugins=[recorder])


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description="count the requests of a run by purpose and by check")
    parser.add_argument("-k", dest="keyword", default="not clients", help="run only these checks")
    parser.add_argument("--top", type=int, default=20, help="list so many checks (default: 20)")
    arguments = parser.parse_args()
    recorder = Recorder()
    result = judged(recorder, arguments.keyword, RunOptions())
    by_purpose = Counter((each.purpose, each.sender) for each in recorder.sent)
    print(f"| purpose | {' | '.join(SENDERS)} | all |\n|---|{'---:|' * (len(SENDERS) + 1)}")
    for purpose, whole in Counter(each.purpose for each in recorder.sent).most_common():
        cells = " | ".join(str(by_purpose[purpose, sender]) for sender in SENDERS)
        print(f"| {purpose} | {cells} | {whole:,} |")
    checks = len(result.results)
    own = sum(each.check != RUN for each in recorder.sent)
    print(
        f"\n{len(recorder.sent):,} requests, {own:,} of them for {checks} checks: {own / checks:.2f} for each\n"
    )
    print("| check | requests |\n|---|---:|")
    for check, number in Counter(each.check for each in recorder.sent).most_common(arguments.top):
        print(f"| `{check}` | {number} |")


if __name__ == "__main__":
    main()
