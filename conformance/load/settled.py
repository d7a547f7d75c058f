"""What is there once a load has ended and the registry has had time to show it."""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from conformance.histories.operation import Kind, Operation, Outcome
from conformance.load.traffic import SettledProject
from conformance.pages import JSON_V1, TEXT_HTML, ProjectPage
from conformance.target.answered_pages import page_in, root_in
from conformance.verdicts import Deviation
from conformance.wire import BadAnswer, Follow, Unreachable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from conformance.target.registry_client import RegistryClient
    from conformance.wire import Answer

PAUSE = 0.2
"""Seconds between two looks at a page that lacks something."""

MOST_DOWNLOADS = 1_000
"""How many files are downloaded at the end, of all projects together."""


class SettledLook:
    """Looks at every project once more. `deadline` is the steady time until which a page is read again."""

    def __init__(self, registry: RegistryClient, clock: Callable[[], float], deadline: float) -> None:
        self._registry = registry
        self._clock = clock
        self._deadline = deadline
        self.operations: list[Operation] = []
        self.downloads = 0

    def project(self, name: str, accepted: Mapping[str, frozenset[str]]) -> SettledProject:
        """Return what a project has, with the bytes of the files that were accepted."""
        html = self._page(name, TEXT_HTML, accepted)
        json = self._page(name, JSON_V1, accepted)
        page = json or html
        served = {}
        for file in page.files if page else ():
            if file.filename in accepted and self.downloads < MOST_DOWNLOADS:
                served[file.filename] = self._download(name, file.filename, file.url)
        for missing in accepted.keys() - served.keys():
            if page is not None and page.file(missing) is None:
                served[missing] = ""
        return SettledProject(
            name=name,
            html=_listed(html),
            json=_listed(json),
            where=page.where if page else f"GET {self._registry.project_url(name)}",
            served=served,
        )

    def projects(self, wanted: frozenset[str]) -> tuple[frozenset[str], str]:
        """Return the projects that the root page lists, once it lists these or time is over, and where."""
        while True:
            answer = self._registry.root_answer(fresh=True)
            listed = frozenset(map(canonicalize_name, root_in(answer).names))
            if wanted <= listed or time.monotonic() > self._deadline:
                return listed, str(answer)
            time.sleep(PAUSE)

    def _page(self, name: str, accept: str, accepted: Mapping[str, frozenset[str]]) -> ProjectPage | None:
        """Return a page in one form, read again until it has what was accepted; None where the form is not offered."""
        while True:
            called = self._clock()
            answer = self._get(self._registry.project_url(name), accept)
            page = _page_of(answer, accept)
            if page is not None:
                self.operations.append(
                    Operation(
                        kind=Kind.LIST,
                        project=name,
                        called=called,
                        returned=self._clock(),
                        listed=_listed(page),
                        who="last look",
                    )
                )
            if page is None or accepted.keys() <= page.filenames or time.monotonic() > self._deadline:
                return page
            time.sleep(PAUSE)

    def _download(self, project: str, filename: str, url: str) -> str:
        self.downloads += 1
        called = self._clock()
        answer = self._get(url, "*/*", follow=Follow.ANY_HOST)
        if answer is None or answer.status not in {200, 404, 410}:
            return ""
        found = answer.status == 200
        digest = hashlib.sha256(answer.content).hexdigest() if found else ""
        self.operations.append(
            Operation(
                kind=Kind.DOWNLOAD,
                project=project,
                called=called,
                returned=self._clock(),
                file=filename,
                content=digest,
                outcome=Outcome.DONE if found else Outcome.REFUSED,
                who="last look",
            )
        )
        return digest

    def _get(self, url: str, accept: str, follow: Follow = Follow.SAME_HOST) -> Answer | None:
        try:
            return self._registry.request("GET", url, headers={"Accept": accept}, follow=follow)
        except (Unreachable, BadAnswer):
            return None


def _page_of(answer: Answer | None, accept: str) -> ProjectPage | None:
    """Return the page of an answer in the form that was asked for; a project that is not there has no files."""
    if answer is None:
        return None
    if answer.status == 404:
        return ProjectPage(files=(), where=str(answer))
    is_json = answer.content_type == JSON_V1
    if answer.status != 200 or is_json != (accept == JSON_V1):
        return None
    try:
        return page_in(answer)
    except Deviation:
        return None


def _listed(page: ProjectPage | None) -> dict[str, str] | None:
    return None if page is None else {file.filename: file.hashes.get("sha256", "") for file in page.files}
