"""A reader of a page while something changes it."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Event
from typing import TYPE_CHECKING, Self

from conformance.kit.races.looks import Look, look, look_at, wrong_file
from conformance.kit.races.racers import DEADLINE, Racer, wait_for_all

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from types import TracebackType

    from conformance.pages import FileLink
    from conformance.target.registry_client import RegistryClient
    from conformance.wire import Answer

MOST_LOOKS = 5
"""How many times a page is read while something changes it."""


FIRST_PAUSE = 0.005
"""Seconds between the first two looks; each pause is twice the last, so that slow registries are seen too."""


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """A file that was fetched as soon as a page listed it; its metadata, where that was announced."""

    file: FileLink
    answer: Answer
    metadata: Answer | None

    @property
    def wrong(self) -> str:
        """What is wrong with the file; an empty text where nothing is."""
        return wrong_file(self.file, self.answer)


class Watch:
    """Reads a project's page again and again until the `with` block ends, and once more after it.

    Each file is fetched as soon as it is listed. Nothing else uses `reader` meanwhile.
    """

    def __init__(
        self, reader: RegistryClient, project: str, forms: Sequence[str], *, kept: Iterable[str] = ()
    ) -> None:
        self.project = project
        self.looks: list[Look] = []
        self.fetched: list[Fetched] = []
        self._forms = forms
        self._kept = frozenset(kept)
        self._over = Event()
        self._known: set[tuple[str, str]] = set()
        self._racer = Racer(self._look_on, reader)

    def __enter__(self) -> Self:
        self._racer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        if error is None:
            wait_for_all([self._racer])

    def _look_on(self, reader: RegistryClient) -> None:
        hasty = reader.hasty()
        for number in range(MOST_LOOKS):
            self._take(reader, look(hasty, self.project, self._forms[number % len(self._forms)]))
            if self._over.wait(FIRST_PAUSE * 2**number):
                break
        self._over.wait(DEADLINE)
        for each in look_at(reader, self.project, self._forms):
            self._take(reader, each)

    def _take(self, reader: RegistryClient, seen: Look) -> None:
        self.looks.append(seen)
        new: list[FileLink] = []
        for file in seen.page.files:
            key = (file.url, str(sorted(file.hashes.items())))
            if key not in self._known and file.filename not in self._kept:
                self._known.add(key)
                new.append(file)

        def fetch(file: FileLink) -> Fetched:
            answer = reader.download(file.url)
            announced = file.core_metadata is not None
            metadata = reader.download(f"{file.url}.metadata") if announced else None
            return Fetched(file=file, answer=answer, metadata=metadata)

        self.fetched += reader.read_each(fetch, new)

    def __str__(self) -> str:
        """Say where this was seen."""
        return f"{len(self.looks)} reads of {self.project}, the last of them {self.looks[-1].answer}"

    @property
    def last(self) -> tuple[Look, ...]:
        """The last read of each form, after the change."""
        return tuple(self.looks[-len(self._forms) :])

    @property
    def broken_pages(self) -> list[str]:
        """Every broken page: with more syntax errors than the last one, or without a file that has to stay."""
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
        """Every file that was not served as listed."""
        return [each.wrong for each in self.fetched if each.wrong]

    @property
    def missing_metadata(self) -> list[str]:
        """Every metadata file that was announced and not served."""
        answers = (each.metadata for each in self.fetched)
        return [str(answer) for answer in answers if answer is not None and answer.status != 200]
