"""What the users of a load have asked and seen, as data: it travels between processes, and is judged at the end."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from threading import Lock
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from conformance.histories.operation import Operation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


class Sample(Struct, frozen=True, array_like=True):
    """One request: when it was sent, what it was for, its seconds, and the status, 0 without an answer."""

    sent: float
    purpose: str
    seconds: float
    status: int

    @property
    def failed(self) -> bool:
        """Whether there was no answer, or a server error."""
        return not self.status or self.status >= 500


class Sighting(Struct, frozen=True, kw_only=True):
    """Something that a user noticed at once: a server error, bytes with another hash, an upload that was refused.

    `file` is the name of the file that it is about, if it is about one, and `content` the digest of its bytes where all
    of them were read.
    """

    kind: str
    found: str
    where: str
    file: str = ""
    content: str = ""


class Batch(Struct, frozen=True, kw_only=True):
    """What one process has recorded since its last batch; `is_last` says that there will be no other.

    `begun` and `not_begun` count the visits of an open load that began, and those that found no room, by the second.
    `number` counts the batches of a process from 0 on. `lag` is the most seconds by which the process itself was late.
    `sent` is the sender's clock, and `skew` by how much the receiver's clock was ahead of it.
    """

    process: str
    host: str
    operations: Sequence[Operation] = ()
    samples: Sequence[Sample] = ()
    sightings: Sequence[Sighting] = ()
    begun: Mapping[int, int] = {}
    not_begun: Mapping[int, int] = {}
    lag: float = 0.0
    is_last: bool = False
    number: int = 0
    sent: float = 0.0
    skew: float = 0.0

    def packed(self) -> bytes:
        """Return the batch as bytes. MessagePack keeps times without an end, which JSON does not."""
        return msgspec.msgpack.encode(self)


class Record(Struct, frozen=True, kw_only=True):
    """What the first process of a load writes at its end: why that came early, and all batches.

    `refusal` is the message and the hint of an error where the load could not begin.
    """

    ended: str
    batches: list[Batch]
    refusal: tuple[str, str] | None = None


def unpacked(packed: bytes) -> Batch:
    """Return a batch that another process of the load has packed."""
    return msgspec.msgpack.decode(packed, type=Batch)


class Recorder:
    """Records what the users of one process do, and hands each sample on. Safe to use from several threads."""

    def __init__(
        self, process: str = "", host: str = "", *, each_sample: Callable[[Sample], None] | None = None
    ) -> None:
        self._each_sample = each_sample
        self._process, self._host = process, host
        self._lock = Lock()
        self._operations: list[Operation] = []
        self._samples: list[Sample] = []
        self._sightings: list[Sighting] = []
        self._begun: Counter[int] = Counter()
        self._not_begun: Counter[int] = Counter()
        self._batches = 0
        self.lag = 0.0

    def add(self, operation: Operation) -> None:
        """Record an operation."""
        with self._lock:
            self._operations.append(operation)

    def sample(self, sample: Sample) -> None:
        """Record a request."""
        with self._lock:
            self._samples.append(sample)
        if self._each_sample:
            self._each_sample(sample)

    def notice(self, kind: str, found: str, where: object, *, file: str = "", content: str = "") -> None:
        """Record something that is wrong on its own."""
        with self._lock:
            self._sightings.append(
                Sighting(kind=kind, found=found, where=str(where), file=file, content=content)
            )

    def count_arrival(self, moment: float, *, begins: bool) -> None:
        """Count a visit of an open load."""
        with self._lock:
            (self._begun if begins else self._not_begun)[int(moment)] += 1

    def batch(self, *, is_last: bool = False) -> Batch:
        """Return what was recorded since the last batch."""
        with self._lock:
            batch = Batch(
                process=self._process,
                host=self._host,
                operations=self._operations,
                samples=self._samples,
                sightings=self._sightings,
                begun=self._begun,
                not_begun=self._not_begun,
                lag=self.lag,
                is_last=is_last,
                number=self._batches,
            )
            self._batches += 1
            self._operations, self._samples, self._sightings = [], [], []
            self._begun, self._not_begun = Counter(), Counter()
        return batch


def incomplete(batches: Iterable[Batch]) -> set[str]:
    """Return the processes of which a batch is missing: one in between, or the last one."""
    numbers: dict[str, set[int]] = {}
    ended: dict[str, int] = {}
    for each in batches:
        numbers.setdefault(each.process, set()).add(each.number)
        if each.is_last:
            ended[each.process] = max(each.number, ended.get(each.process, 0))
    return {
        process
        for process, found in numbers.items()
        if process not in ended or found != set(range(max(found) + 1)) or ended[process] != max(found)
    }


def percentile(seconds: Iterable[float], part: float) -> float:
    """Return the value that `part` of the values do not exceed; 0 without any (nearest rank)."""
    ordered = sorted(seconds)
    return ordered[max(0, math.ceil(part * len(ordered)) - 1)] if ordered else 0.0


def by_purpose(samples: Iterable[Sample]) -> Mapping[str, list[Sample]]:
    """Return the samples of each purpose."""
    found: dict[str, list[Sample]] = {}
    for each in samples:
        found.setdefault(each.purpose, []).append(each)
    return found
