"""Requests that meet: several senders who start at the same moment, and a reader who looks on.

One round of a race shows almost nothing. It is run in rounds, by turns in a new project and in one that is
there already, and each round is read back.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, replace
from threading import Barrier, Event, Thread
from typing import TYPE_CHECKING, Generic, Self, TypeVar

from conformance.pages import (
    HTML_V1,
    JSON_V1,
    TEXT_HTML,
    ProjectPage,
    read_html,
    read_json,
    read_project_json,
    read_project_page,
)
from conformance.verdicts import Deviation
from conformance.wire import Unreachable
from reference_server.distributions import sdist, wheel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from types import TracebackType

    from conformance.pages import FileLink
    from conformance.run.features import OfferedFeatures
    from conformance.target.registry_client import Registry
    from conformance.wire import Answer
    from reference_server.distributions import Distribution


T = TypeVar("T")

SENDERS = 4
"""How many start at the same moment, where nothing else is said."""

DEADLINE = 90.0
"""Seconds within which whoever was started has to end: more than one request may take."""

MOST_LOOKS = 5
"""How many pages a reader takes while something goes on."""

FIRST_PAUSE = 0.005
"""Seconds between the first two looks; each pause is twice the last, so that slow registries are seen too."""

TYPES = {"html": (TEXT_HTML, HTML_V1), "json": (JSON_V1,)}
"""The media types of each form, the one to ask for first."""


def forms_of(offer: OfferedFeatures) -> tuple[str, ...]:
    """Return the forms in which a target offers its pages: `html`, `json`."""
    return tuple(form for form in TYPES if offer.has(form))


class Race:
    """Starts several actions at the same moment, and hands each a registry with connections of its own.

    The connections are kept from race to race: opening one would take longer than the race.
    """

    def __init__(self, registry: Registry, forms: tuple[str, ...]) -> None:
        self._registry = registry
        self.forms = forms
        """The forms in which pages are read: `html`, `json`."""
        self._lanes: list[Registry] = []
        self.reader = registry.twin()
        """A connection more, for whoever looks on."""

    def __call__(self, *actions: Callable[[Registry], T]) -> list[T]:
        """Return what the actions returned, in their order; raise what one of them raised, deviations first."""
        while len(self._lanes) < len(actions):
            self._lanes.append(self._registry.twin())
        line = Barrier(len(actions))
        racers = [_Racer(action, lane, line) for action, lane in zip(actions, self._lanes, strict=False)]
        for racer in racers:
            racer.start()
        _end(racers)
        return [racer.returned for racer in racers]

    def watch(self, project: str, *, kept: Iterable[str] = ()) -> Watch:
        """Return what reads a project's page while something goes on, over a connection of its own."""
        return Watch(self.reader, project, self.forms, kept=kept)


class _Racer(Thread, Generic[T]):
    """A thread that keeps what its action returned or raised."""

    returned: T

    def __init__(self, action: Callable[[Registry], T], lane: Registry, line: Barrier | None = None) -> None:
        super().__init__(daemon=True)
        self._action = action
        self._lane = lane
        self._line = line
        self.raised: BaseException | None = None

    def run(self) -> None:
        try:
            if self._line is not None:
                self._line.wait(DEADLINE)
            self.returned = self._action(self._lane)
        except BaseException as error:  # noqa: BLE001 - carried to the thread that waits for it
            self.raised = error


def _end(racers: Sequence[_Racer[T]]) -> None:
    """Wait for all of them. Raises what they raised, and Unreachable when one does not end."""
    deadline = time.monotonic() + DEADLINE
    for racer in racers:
        racer.join(max(0.0, deadline - time.monotonic()))
    if any(racer.is_alive() for racer in racers):
        raise Unreachable(f"no end within {DEADLINE:.0f} s of requests that were sent at the same moment")
    raised = [racer.raised for racer in racers if racer.raised is not None]
    for error in sorted(raised, key=lambda error: not isinstance(error, Deviation)):
        raise error


@dataclass(frozen=True, kw_only=True)
class Look:
    """A project's page, as it came once. What is no page has no files."""

    form: str
    answer: Answer
    page: ProjectPage

    @property
    def is_page(self) -> bool:
        """Whether this is a page in the form that was asked for."""
        return self.answer.status == 200 and self.answer.content_type in TYPES[self.form]

    @property
    def errors(self) -> frozenset[str]:
        """The kinds of errors in its syntax, or what it is instead of a page; 404 says that there are no files."""
        if self.is_page and self.form == "json":
            return frozenset(read_json(self.answer.content).problems)
        if self.is_page:
            return frozenset(error.rpartition(": ")[2] for error in read_html(self.answer.text).errors)
        if self.answer.status == 404:
            return frozenset()
        return frozenset({f"status {self.answer.status} of the type {self.answer.content_type!r}"})


def look(registry: Registry, project: str, form: str) -> Look:
    """Read a project's page in one form, `html` or `json`, whatever comes."""
    answer = registry.project_answer(project, accept=TYPES[form][0], fresh=True)
    seen = Look(form=form, answer=answer, page=ProjectPage(files=(), where=str(answer)))
    if not seen.is_page:
        return seen
    where = str(answer)
    if form == "json":
        return replace(seen, page=read_project_json(answer.content, url=answer.url, where=where))
    return replace(seen, page=read_project_page(answer.text, url=answer.url, where=where))


def look_at(registry: Registry, project: str, forms: Iterable[str]) -> tuple[Look, ...]:
    """Read a project's page in each of these forms."""
    return tuple(look(registry, project, form) for form in forms)


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """A file that was fetched as soon as a page listed it; its metadata, where that was announced."""

    file: FileLink
    answer: Answer
    metadata: Answer | None

    @property
    def wrong(self) -> str:
        """What is wrong with the file, or nothing."""
        return wrong_file(self.file, self.answer)


def wrong_file(file: FileLink, answer: Answer) -> str:
    """Say in which way a download is not the file that a page lists; nothing where it is."""
    if answer.status != 200:
        return f"{file.filename}: {answer}"
    if file.size is not None and file.size != len(answer.content):
        return f"{file.filename}: {len(answer.content)} bytes, listed with {file.size}: {answer}"
    for algorithm, digest in file.hashes.items():
        if algorithm in hashlib.algorithms_guaranteed and not algorithm.startswith("shake"):
            found = hashlib.new(algorithm, answer.content, usedforsecurity=False).hexdigest()
            if found != digest.lower():
                return f"{file.filename}: {algorithm} {found}, listed with {digest}: {answer}"
    return ""


class Watch:
    """Reads a project's page again and again until the `with` block ends, and once more when all is quiet.

    Each file is fetched as soon as it is listed. `reader` is used by nobody else meanwhile.
    """

    def __init__(
        self, reader: Registry, project: str, forms: Sequence[str], *, kept: Iterable[str] = ()
    ) -> None:
        self.project = project
        self.looks: list[Look] = []
        self.fetched: list[Fetched] = []
        self._forms = forms
        self._kept = frozenset(kept)
        self._over = Event()
        self._known: set[tuple[str, str]] = set()
        self._racer = _Racer(self._look_on, reader)

    def __enter__(self) -> Self:
        self._racer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        if error is None:
            _end([self._racer])

    def _look_on(self, reader: Registry) -> None:
        for number in range(MOST_LOOKS):
            self._take(reader, look(reader, self.project, self._forms[number % len(self._forms)]))
            if self._over.wait(FIRST_PAUSE * 2**number):
                break
        self._over.wait(DEADLINE)
        for each in look_at(reader, self.project, self._forms):
            self._take(reader, each)

    def _take(self, reader: Registry, seen: Look) -> None:
        self.looks.append(seen)
        for file in seen.page.files:
            key = (file.url, str(sorted(file.hashes.items())))
            if key not in self._known and file.filename not in self._kept:
                self._known.add(key)
                announced = file.core_metadata is not None
                self.fetched.append(
                    Fetched(
                        file=file,
                        answer=reader.download(file.url),
                        metadata=reader.download(f"{file.url}.metadata") if announced else None,
                    )
                )

    def __str__(self) -> str:
        """Say where this was seen."""
        return f"{len(self.looks)} reads of {self.project}, the last of them {self.looks[-1].answer}"

    @property
    def last(self) -> tuple[Look, ...]:
        """What was read when all was quiet, in each form."""
        return tuple(self.looks[-len(self._forms) :])

    @property
    def broken_pages(self) -> list[str]:
        """Every page that was not whole: its syntax is worse than that of the last, or a file is gone."""
        usual = {seen.form: seen.errors for seen in self.last if seen.answer.status == 200}
        broken = []
        for seen in self.looks:
            wrong = sorted(seen.errors - usual.get(seen.form, frozenset()))
            wrong += [f"without {name}" for name in sorted(self._kept - seen.page.filenames)]
            if wrong:
                broken.append(f"{', '.join(wrong)}: {seen.answer}")
        return broken

    @property
    def broken_files(self) -> list[str]:
        """Every file that was not to be had as it was listed."""
        return [each.wrong for each in self.fetched if each.wrong]

    @property
    def missing_metadata(self) -> list[str]:
        """Every metadata file that was announced and not to be had."""
        answers = (each.metadata for each in self.fetched)
        return [str(answer) for answer in answers if answer is not None and answer.status != 200]


@dataclass(frozen=True, kw_only=True)
class Round:
    """One of the rounds of a race: odd ones are run in a new project, even ones in that of the round before."""

    number: int
    project: str

    @property
    def is_new(self) -> bool:
        """Whether nothing has been published in the project before."""
        return self.number % 2 == 1

    def __str__(self) -> str:
        return f"round {self.number}, in the {'new' if self.is_new else 'existing'} project {self.project}"


def rounds_of(new_name: Callable[[str], str], purpose: str, count: int) -> Iterator[Round]:
    """Give as many rounds, two to a project."""
    project = ""
    for number in range(1, count + 1):
        project = new_name(purpose) if number % 2 else project
        yield Round(number=number, project=project)


@dataclass(frozen=True, kw_only=True)
class Heat:
    """What one round of uploads came to, and the pages once all was quiet, in each form."""

    round: Round
    sent: tuple[Distribution, ...]
    answers: tuple[Answer, ...]
    last: tuple[Look, ...]

    @property
    def accepted(self) -> tuple[Distribution, ...]:
        """What the registry says it has taken."""
        pairs = zip(self.sent, self.answers, strict=True)
        return tuple(distribution for distribution, answer in pairs if answer.is_success)

    @property
    def failures(self) -> list[str]:
        """The answers that are neither yes nor no. 503 asks to come again, and is a no."""
        wrong = (each for each in self.answers if not 200 <= each.status < 500 and each.status != 503)
        return [f"{each} {each.excerpt(120)}".strip() for each in wrong]

    def __str__(self) -> str:
        """Say where this was seen."""
        told = ", ".join(f"{each.status} [{each.exchange.number}]" for each in self.answers)
        pages = "; ".join(str(seen.answer) for seen in self.last)
        return f"{self.round}: who uploaded at the same moment was answered {told}; then {pages}"


@dataclass(frozen=True, kw_only=True)
class WatchedHeat(Heat):
    """A round of uploads with what was there before, and what was read meanwhile."""

    before: tuple[Distribution, ...]
    watch: Watch


def uploading(distribution: Distribution) -> Callable[[Registry], Answer]:
    """Return what uploads a distribution."""
    return lambda registry: registry.upload(distribution)


def upload_together(
    race: Race, rounds: Iterable[Round], make: Callable[[Round], Sequence[Distribution]]
) -> tuple[Heat, ...]:
    """Upload what `make` gives for a round, all of it at the same moment, and read the project back."""
    heats = []
    for each in rounds:
        sent = tuple(make(each))
        answers = tuple(race(*map(uploading, sent)))
        last = look_at(race.reader, each.project, race.forms)
        heats.append(Heat(round=each, sent=sent, answers=answers, last=last))
    return tuple(heats)


def watched_uploads(race: Race, rounds: Iterable[Round]) -> tuple[WatchedHeat, ...]:
    """Upload the files of a release matrix at the same moment, while a reader looks on."""
    heats: list[WatchedHeat] = []
    for each in rounds:
        last = () if each.is_new else heats[-1].last
        before = () if each.is_new else heats[-1].accepted
        sent = (
            *(wheel(each.project, f"{each.number}.{minor}") for minor in range(SENDERS - 1)),
            sdist(each.project, f"{each.number}.0"),
        )
        kept = frozenset.intersection(*(seen.page.filenames for seen in last)) if last else frozenset()
        with race.watch(each.project, kept=kept) as watch:
            answers = tuple(race(*map(uploading, sent)))
        heats.append(
            WatchedHeat(round=each, sent=sent, answers=answers, last=watch.last, before=before, watch=watch)
        )
    return tuple(heats)


def in_every(rounds: Sequence[T], wrong: Callable[[T], Iterable[str]], *, expected: str) -> None:
    """Require that nothing is wrong in any round. The deviation tells the first in which something is."""
    found = [(each, told) for each in rounds if (told := list(wrong(each)))]
    if found:
        first, told = found[0]
        raise Deviation(
            expected=expected,
            found=f"{'; '.join(told)}\nin {len(found)} of {len(rounds)} rounds",
            where=str(first),
        )


def few(rounds: int) -> int:
    """Return the number of rounds for what one round costs much, or shows well."""
    return max(1, rounds // 3)


def most(rounds: int) -> int:
    """Return the number of rounds for what every file of a round shows, and not only the one that wins."""
    return max(1, rounds * 2 // 3)
