"""Files of a project, read whole, that further requests are compared with."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from conformance.checks.http.page_readings import readings
from conformance.kit.http import Follow, Unreachable
from conformance.kit.registry import ANONYMOUS, DEFAULT
from conformance.verdicts import NotApplicable, Untestable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.kit.http import Answer
    from conformance.kit.index import Index
    from conformance.kit.registry import RegistryClient
    from conformance.pages import FileLink, ProjectPage

IDENTITY = {"Accept-Encoding": "identity"}


@dataclass(frozen=True)
class Sample:
    """A file that a project page lists, and the answer that brought it whole."""

    file: FileLink
    answer: Answer
    registry: RegistryClient

    @property
    def content(self) -> bytes:
        """The bytes of the file."""
        return self.answer.content

    def get(self, *, method: str = "GET", **headers: str) -> Answer:
        """Ask for the file again; `if_range=…` is the header If-Range."""
        named = {name.replace("_", "-").title(): value for name, value in headers.items()}
        return fetch(self.registry, self.file.url, method=method, headers={**IDENTITY, **named})


def metadata_of(sample: Sample) -> Sample | None:
    """Return the metadata file of a sample, read whole; None where it is not announced, not served, or has no ETag."""
    if not sample.file.core_metadata:
        return None
    file = replace(sample.file, url=f"{sample.file.url}.metadata")
    answer = fetch(sample.registry, file.url, headers=IDENTITY)
    return (
        Sample(file, answer, sample.registry) if answer.status == 200 and "ETag" in answer.headers else None
    )


def fetch(registry: RegistryClient, url: str, *, method: str = "GET", headers: Mapping[str, str]) -> Answer:
    """Ask for a file as clients do: redirects are followed, other hosts learn no credential."""
    as_ = DEFAULT if registry.target.same_host(url) else ANONYMOUS
    try:
        return registry.request(method, url, as_=as_, headers=headers, follow=Follow.ANY_HOST)
    except Unreachable as error:
        if registry.target.same_host(url):
            raise
        raise Untestable(f"the link to a file that this check reads leads nowhere: {error}") from error


def read_samples(index: Index) -> tuple[Sample, ...]:
    """Read the smallest wheel and the smallest sdist of the first project with any, whole and not compressed.

    Raises Untestable when a file cannot be fetched, or none of those that were published is listed; NotApplicable
    when a run that only reads finds none.
    """
    chosen = _smallest(readings(index)[-1].page)  # JSON, where it is offered, tells sizes
    others = (name for name in index.projects if name != index.project)
    while not chosen and (name := next(others, None)):
        chosen = _smallest(index.pages(name)[-1])
    if not chosen and index.offer.has("upload"):
        raise Untestable(f"{index.project} lists no wheel and no sdist; see the checks of links")
    if not chosen:
        raise NotApplicable(f"{index.project} has neither a wheel nor an sdist")
    answers = [fetch(index.registry, file.url, headers=IDENTITY) for file in chosen]
    for answer in answers:
        if answer.status != 200:
            raise Untestable(
                f"the registry does not serve a file that this check reads: {answer}; see the checks of links"
            )
    return tuple(Sample(file, answer, index.registry) for file, answer in zip(chosen, answers, strict=True))


def _smallest(page: ProjectPage) -> list[FileLink]:
    wheels = [file for file in page.files if file.filename.endswith(".whl")]
    sdists = [file for file in page.files if file.filename.endswith(".tar.gz")]
    return [min(group, key=lambda file: file.size or 0) for group in (wheels, sdists) if group]


def absent_file(sample: Sample) -> Answer:
    """Ask for a file near the sample that was never published, by a digest or folder that there is not."""
    url = urljoin(sample.file.url, "../conformance-absent/conformance_absent-1.0.tar.gz")
    return fetch(sample.registry, url, headers=IDENTITY)
