"""Settling: a registry may accept an upload before its pages list the file, and readers wait for it.

How long that takes is for one requirement to judge, `upload.visible-after-success`. No other check may take a page
that was read too early for the last word. A run measures the time from its first upload on.
"""

from __future__ import annotations

import time
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from conformance.target.answered_pages import page_in, root_in
from conformance.wire.account import Account, Cell
from conformance.wire.stopping import pause

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conformance.pages import FileLink, ProjectPage
    from conformance.wire import Answer

SHORTEST_PAUSE, LONGEST_PAUSE = 0.01, 2.0
"""Seconds between two looks at a page, once it is late."""

FIRST_PAUSE, LONGER = 1 / 8, 3
"""The first of these pauses, as a part of the usual time, and how many times longer each next one is."""

SOONER = 0.9
"""The part of the usual time after which a page is looked at again: what is usual may become less."""

LATEST = 0.25
"""How much the latest change counts for what is usual."""

NEVER_SHOWN = 2
"""How many changes have to stay away for good before a run waits for less than the limit."""

LEAST_PATIENCE = 0.5
"""Seconds to wait, the limit permitting, once some changes have stayed away."""

MARGIN = 5
"""How many times the longest settling so far a run then waits: a busy registry takes longer."""

EARLY = frozenset({200, 403, 404, 410})
"""The statuses of a page that was read too early: without the file, or not there yet."""


@dataclass(kw_only=True, eq=False)
class Change:
    """Something that a page is going to show; `shown_on` tells whether an answer shows it.

    Of two changes of one subject, such as a file that is published and deleted, the later one counts.
    """

    subject: str
    shown_on: Callable[[Answer], bool]
    made: float = field(default_factory=time.monotonic)
    seen: bool = False
    """Whether a page has shown it."""
    is_awaited: bool = True
    """Whether it is worth a reader's patience: it has not stayed away before."""

    def is_on(self, answer: Answer) -> bool:
        """Tell whether an answer shows it, and remember that."""
        shown = self.shown_on(answer)
        self.seen |= shown
        return shown


class Settling:
    """What a run has changed at its target, and how long the pages take to show it.

    It serves all threads of a process. With an `account` the processes of a run share what they have measured.
    A `limit` of 0 seconds waits for nothing.
    """

    def __init__(self, limit: float, account: Account | None = None) -> None:
        self.limit = limit
        self._account = account or Account()
        self._changes: dict[str, list[Change]] = {}
        self._lock = Lock()
        self._turns: defaultdict[str, Lock] = defaultdict(Lock)

    @property
    def longest(self) -> float:
        """The most seconds that a page has taken to show a change; 0 where every first look was enough."""
        with self._account.locked() as state:
            return state[Cell.SETTLED_AFTER]

    @property
    def usual(self) -> float:
        """The seconds that a change takes to be shown where the first look was too early; 0 where none was."""
        with self._account.locked() as state:
            return state[Cell.SETTLED_USUALLY]

    @property
    def patience(self) -> float:
        """How many seconds after a change a page is read again: the limit, until waiting has proved to be in vain."""
        with self._account.locked() as state:
            if state[Cell.NEVER_SHOWN] < NEVER_SHOWN:
                return self.limit
            return min(self.limit, max(LEAST_PATIENCE, MARGIN * state[Cell.SETTLED_AFTER]))

    def expect(
        self, page: str, subject: str, shown_on: Callable[[Answer], bool], *, instead: bool = False
    ) -> Change:
        """Record a change that a page, known by its URL, is going to show; `instead` of all earlier ones if so."""
        change = Change(subject=subject, shown_on=shown_on)
        with self._lock:
            recent = self._recent(page)
            others = [each for each in recent if each.subject != subject and not instead]
            for each in recent:
                each.is_awaited = each in others
            self._changes[page] = [*others, change]
        return change

    def is_awaited(self, page: str) -> bool:
        """Tell whether a page may lack a recent change, as far as any reader knows."""
        return any(not change.seen for change in self._recent(page))

    def awaited(self) -> list[str]:
        """Return the pages that may lack a recent change, as far as any reader knows."""
        with self._lock:
            self._changes = {page: recent for page in self._changes if (recent := self._recent(page))}
            return [page for page in self._changes if self.is_awaited(page)]

    def read(self, page: str, ask: Callable[[], Answer]) -> Answer:
        """Return an answer for a page, asked for until it shows what was changed before the first time.

        Returns the last answer where a change stays away until the run's patience ends.
        """
        recent = self._recent(page)
        answer = ask()
        missing = _lacking(answer, recent)
        if not missing:
            return answer
        with self.waiting():
            return self._read_again(answer, missing, ask)

    def _read_again(self, answer: Answer, early: list[Change], ask: Callable[[], Answer]) -> Answer:
        """Return an answer that shows what an early one lacks; the last one where the run's patience ends."""
        missing, usual = early, self.usual
        next_pause = max(SHORTEST_PAUSE, FIRST_PAUSE * usual)
        due = max(change.made for change in missing) + SOONER * usual
        while missing:
            now = time.monotonic()
            left = max(change.made for change in missing) + self.patience - now
            if left <= 0:
                self._give_up(missing)
                return answer
            if due <= now:
                due, next_pause = now + next_pause, min(LONGER * next_pause, LONGEST_PAUSE)
            pause(min(due - now, left))
            asked = time.monotonic()
            answer = ask()
            if answer.status not in EARLY:
                return answer
            missing = _lacking(answer, missing)
        if all(change.is_awaited for change in early):
            self.note(asked - min(change.made for change in early))
        return answer

    @contextmanager
    def turn(self, page: str, change: Change) -> Iterator[None]:
        """Let one thread at a time wait for a page, from the moment on at which it usually shows a change.

        What one has seen the others need not look for.
        """
        with self._lock:
            lock = self._turns[page]
        with lock:
            early = change.made + SOONER * self.usual - time.monotonic()
            if early > 0 and not change.seen:
                with self.waiting():
                    pause(early)
            yield

    def wait(self) -> None:
        """Wait as long as a page has ever taken to show a change, within the limit."""
        if seconds := min(self.longest, self.limit):
            with self.waiting():
                pause(seconds)

    def wait_out(self, made: float) -> None:
        """Wait until a change that was made at a moment (`time.monotonic`) has had all of the limit."""
        self.wait_until(made + self.limit)

    def wait_until(self, moment: float) -> None:
        """Wait until a moment (`time.monotonic`)."""
        left = moment - time.monotonic()
        if left > 0:
            with self.waiting():
                pause(left)

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Count a wait and its time."""
        began = time.monotonic()
        try:
            yield
        finally:
            with self._account.locked() as state:
                state[Cell.WAITS] += 1
                state[Cell.WAITED] += time.monotonic() - began

    @property
    def waits(self) -> tuple[int, float]:
        """How many times the processes of the run have waited, and for how many seconds together."""
        with self._account.locked() as state:
            return int(state[Cell.WAITS]), state[Cell.WAITED]

    def note(self, seconds: float) -> None:
        """Record how long a page took to show a change."""
        with self._account.locked() as state:
            state[Cell.SETTLED_AFTER] = max(state[Cell.SETTLED_AFTER], seconds)
            usual = state[Cell.SETTLED_USUALLY] or seconds
            state[Cell.SETTLED_USUALLY] = usual + LATEST * (seconds - usual)

    def _recent(self, page: str) -> list[Change]:
        since = time.monotonic() - self.limit
        changes = self._changes.get(page, ())
        return [change for change in changes if change.is_awaited and change.made > since]

    def _give_up(self, missing: list[Change]) -> None:
        """Let no reader wait for changes any more. However many threads waited for them, they count once."""
        with self._lock:
            is_first = any(change.is_awaited for change in missing)
            for change in missing:
                change.is_awaited = False
        if is_first:
            with self._account.locked() as state:
                state[Cell.NEVER_SHOWN] += 1


def _lacking(answer: Answer, changes: list[Change]) -> list[Change]:
    """Return the changes that an answer does not show; none where it was no early one.

    One that another thread has undone meanwhile will never be shown.
    """
    missing = [change for change in changes if change.is_awaited and not change.is_on(answer)]
    return missing if answer.status in EARLY else []


def lists(filename: str, *, sha256: str = "") -> Callable[[Answer], bool]:
    """Return whether a project's page lists a file; with a hash, without another one for it."""
    if sha256:
        return shows_file(filename, lambda file: file.hashes.get("sha256", sha256).lower() == sha256)
    on_page = shows(lambda page: filename in page.filenames)
    return lambda answer: answer.status == 200 and (filename in answer.text or on_page(answer))


def lists_project(name: str) -> Callable[[Answer], bool]:
    """Return whether the root page lists a project, in whatever spelling. A root that is no page lists nothing."""
    wanted = canonicalize_name(name)

    def shown_on(answer: Answer) -> bool:
        if answer.status != 200 or wanted in answer.text:
            return True
        return wanted in {canonicalize_name(each) for each in root_in(answer).names}

    return shown_on


def omits(filename: str) -> Callable[[Answer], bool]:
    """Return whether a project's page is without a file, or gone."""
    return lambda answer: answer.status != 200 or filename not in answer.text


def shows(holds: Callable[[ProjectPage], bool]) -> Callable[[Answer], bool]:
    """Return whether something holds of a project's page."""
    return lambda answer: answer.status == 200 and holds(page_in(answer))


def shows_file(filename: str, holds: Callable[[FileLink], bool]) -> Callable[[Answer], bool]:
    """Return whether a project's page lists a file of which something holds."""
    return shows(lambda page: (file := page.file(filename)) is not None and holds(file))
