"""What is wrong with lists of projects for good, and not because a copy of one is older than the other."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from packaging.utils import canonicalize_name

from conformance.kit.kept_answers import WAIT_LONGER, may_be_kept
from conformance.kit.project_names import absent
from conformance.verdicts import Untestable
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from conformance.kit.fixtures import NewName
    from conformance.kit.http import Answer
    from conformance.kit.index import Index
    from conformance.pages import RootPage
    from conformance.target.settling import Settling

FIRST_PAUSE, LONGEST_PAUSE = 0.02, 2.0
"""Seconds between two looks; each pause is twice the last."""


class Copy(NamedTuple):
    """A list of projects, as an answer has it."""

    answer: Answer
    page: RootPage


@dataclass(frozen=True, kw_only=True)
class Look:
    """Of which projects something is wrong on lists, by normalized names, at one look; where that was seen."""

    wrong: frozenset[str]
    copies: tuple[Copy, ...]
    where: object


@dataclass(frozen=True)
class _Landmarks:
    """Two projects that were published one after the other, as far as the registry took them."""

    names: tuple[str, ...]

    def are_passed_by(self, copy: Copy) -> bool:
        """Tell whether a copy of the list was made after their beginning. One of them may be what it lacks for good."""
        return not self.names or absent(self.names, copy.page) != [*self.names]

    def known_to(self, copies: Iterable[Copy]) -> frozenset[str]:
        """Return the first, if all copies list the second: they were made after both."""
        if self.names and not any(absent(self.names[1:], copy.page) for copy in copies):
            return frozenset(self.names[:1])
        return frozenset()


def lasting(
    look: Callable[[], Look], index: Index, new_name: NewName, *, ours: frozenset[str] = frozenset()
) -> Look:
    """Return what is wrong of the projects of a first look, in copies that were all made after it.

    A cache may keep one copy for longer than another, and longer than a run waits. Of two copies that list a project
    which is published after the first look, none is older. What is still wrong then is looked at once more, beside
    projects that are published later still: somebody else may have deleted a project after the one copy was made.
    Where nothing can be published, a cache shows itself. Projects in `ours` were published before the first look, and
    no copy may lack them.
    Raises Untestable where a copy may be older when the time is over that pages may take.
    """
    first = look()
    if not first.wrong:
        return first
    known = {hash(canonicalize_name(name)) for copy in first.copies for name in copy.page.names}
    del first  # lists may be long
    settling = index.registry.settling
    landmarks = _published(index, new_name)
    now = _waited_for(_Wait(look, landmarks, frozenset(known), ours), settling)
    if now.wrong and landmarks.names:
        still = frozenset(map(hash, now.wrong))
        later = _published(index, new_name)
        now = _waited_for(_Wait(look, later, still, until_passed=True), settling)
    return now


@dataclass(frozen=True)
class _Wait:
    """What is waited for: that nothing is wrong of known projects, or that all copies are later than the landmarks."""

    look: Callable[[], Look]
    landmarks: _Landmarks
    known: frozenset[int]
    """Hashes of normalized names."""
    ours: frozenset[str] = frozenset()
    until_passed: bool = False

    def lasting(self, now: Look) -> frozenset[str]:
        """Return what is wrong at a look, without projects that are younger than the first one."""
        others = self.ours | self.landmarks.known_to(now.copies)
        return frozenset(name for name in now.wrong if hash(name) in self.known or name in others)

    def is_over(self, now: Look, wrong: frozenset[str]) -> bool:
        """Tell whether another look would say the same."""
        if self.until_passed and not self.older(now):
            return True
        return not wrong and now.wrong.isdisjoint(self.landmarks.names)

    def older(self, now: Look) -> list[Copy]:
        """Return the copies of the list that may have been made before the landmarks."""
        return [copy for copy in now.copies if not self.landmarks.are_passed_by(copy)]


def _waited_for(wait: _Wait, settling: Settling) -> Look:
    """Look again until the wait is over. Raises Untestable where a copy may be older at the end."""
    deadline, pause = time.monotonic() + settling.patience, FIRST_PAUSE
    while True:
        now = wait.look()
        wrong = wait.lasting(now)
        if wait.is_over(now, wrong):
            break
        if time.monotonic() >= deadline:
            _require_no_cache(wait.older(now), () if wait.landmarks.names else now.copies, settling.limit)
            break
        with settling.waiting():
            time.sleep(min(pause, max(0.0, deadline - time.monotonic())))
        pause = min(2 * pause, LONGEST_PAUSE)
    return replace(now, wrong=wrong)


def _published(index: Index, new_name: NewName) -> _Landmarks:
    """Publish the landmarks; none where the run or the registry takes no new projects."""
    names = [f"{new_name('landmark')}-{which}" for which in "ab"] if index.offer.has("upload") else []
    taken = all(index.registry.upload(wheel(name, "1.0")).is_success for name in names)
    return _Landmarks(tuple(names) if taken else ())


def _require_no_cache(older: Sequence[Copy], copies: Sequence[Copy], limit: float) -> None:
    """Require copies of one time: none older than the landmarks, and none from a cache. Raises Untestable."""
    kept = older or [copy for copy in copies if may_be_kept(copy.answer, limit)]
    if kept:
        raise Untestable(
            f"a copy of the list may be older than the other, as caches keep it ({kept[0].answer}), so a difference "
            f"proves nothing; {WAIT_LONGER}"
        )
