"""What is there once a load has ended and the registry has had time to show it."""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from conformance.histories.operation import Kind, Operation, Outcome
from conformance.load.listing import differing, is_beyond, listed
from conformance.load.traffic import SettledProject
from conformance.pages import JSON_V1, TEXT_HTML, ProjectPage
from conformance.target.answered_pages import page_in, root_in
from conformance.verdicts import Deviation, NotJudged
from conformance.wire import BadAnswer, Follow, Unreachable

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from conformance.pages import FileLink
    from conformance.target.registry_client import RegistryClient
    from conformance.wire import Answer

PAUSE = 0.2
"""Seconds between two looks at a page that lacks something."""

MOST_DOWNLOADS = 1_000
"""How many files are downloaded at the end, of all projects together."""


class SettledLook:
    """Looks at every project once more. `deadline` is the steady time until which something is read again.

    What could not be read says nothing about the registry. `forms` are the media types that it offers: a 404 for
    another one says nothing, either. `beyond` lets downloads go to hosts other than this machine.
    """

    def __init__(
        self,
        registry: RegistryClient,
        clock: Callable[[], float],
        deadline: float,
        *,
        forms: Collection[str] = (TEXT_HTML, JSON_V1),
        beyond: bool = True,
    ) -> None:
        self._registry = registry
        self._clock = clock
        self._deadline = deadline
        self._forms_offered = forms
        self._beyond = beyond
        self._why = self._stopped = ""
        self.operations: list[Operation] = []
        self.downloads = 0

    def project(self, name: str, accepted: Mapping[str, frozenset[str]]) -> SettledProject:
        """Return what a project has, with the bytes of the files that were accepted."""
        html, json, unread = self._forms(name, accepted)
        page = json or html
        served = {}
        for file in page.files if page else ():
            if file.filename in accepted and self.downloads < MOST_DOWNLOADS:
                digest = self._download(name, file)
                if digest is not None:
                    served[file.filename] = digest
        return SettledProject(
            name=name,
            html=html,
            json=json,
            where=page.where if page else f"GET {self._registry.project_url(name)}",
            served=served,
            unread=unread,
        )

    def projects(self, wanted: frozenset[str]) -> tuple[frozenset[str] | None, str]:
        """Return the projects that the root page lists, once it lists these or time is over, and where.

        None stands for a root page that could not be read; in the place of where is why.
        """
        while True:
            found, where = self._root()
            if (found is not None and wanted <= found) or self._is_late:
                return found, where
            time.sleep(PAUSE)

    @property
    def _is_late(self) -> bool:
        return bool(self._stopped) or time.monotonic() > self._deadline

    def _root(self) -> tuple[frozenset[str] | None, str]:
        answer = self._got(lambda: self._registry.root_answer(fresh=True))
        if answer is None:
            return None, self._why
        if answer.status != 200:
            return None, str(answer)
        try:
            return frozenset(map(canonicalize_name, root_in(answer).names)), str(answer)
        except Deviation:
            return None, f"no list of projects: {answer}"

    def _forms(
        self, name: str, accepted: Mapping[str, frozenset[str]]
    ) -> tuple[ProjectPage | None, ProjectPage | None, str]:
        """Return both forms, None where one is not offered, and why one was not read.

        They are read again until they agree and list what was accepted.
        """
        while True:
            html, why_html = self._page(name, TEXT_HTML)
            json, why_json = self._page(name, JSON_V1)
            pages = [each for each in (html, json) if each is not None]
            unread = why_html or why_json or ("" if pages else f"no page of {name} in HTML or JSON")
            complete = all(accepted.keys() <= each.filenames for each in pages)
            same = html is None or json is None or not differing(html, json)
            if (complete and same and not unread) or self._is_late:
                return html, json, unread
            time.sleep(PAUSE)

    def _page(self, name: str, accept: str) -> tuple[ProjectPage | None, str]:
        """Return a page in one form, None where it is not offered; or why it was not read."""
        if accept not in self._forms_offered:
            return None, ""
        called = self._clock()
        answer = self._get(self._registry.project_url(name), accept)
        if answer is None:
            return None, self._why
        page, why = self._page_in(answer, accept)
        if page is not None:
            self.operations.append(
                Operation(
                    kind=Kind.LIST,
                    project=name,
                    called=called,
                    returned=self._clock(),
                    listed=listed(page),
                    who="last look",
                )
            )
        return page, why

    def _page_in(self, answer: Answer, accept: str) -> tuple[ProjectPage | None, str]:
        """Return the page of an answer; a project that does not exist has no files."""
        if self._registry.is_unknown(answer):
            return ProjectPage(files=(), where=str(answer)), ""
        is_json = answer.content_type == JSON_V1
        if answer.status != 200 or is_json != (accept == JSON_V1):
            return None, ""
        try:
            return page_in(answer), ""
        except Deviation:
            return None, f"no page: {answer}"

    def _download(self, project: str, file: FileLink) -> str | None:
        """Return the digest of a file, empty where it stays missing, and None where that is unknown."""
        if not self._beyond and is_beyond(file.url):
            return None
        self.downloads += 1
        while True:
            called = self._clock()
            answer = self._get(file.url, "*/*", Follow.ANY_HOST if self._beyond else Follow.SAME_HOST)
            digest = None
            if answer is not None and answer.status in {200, 404, 410}:
                found = answer.status == 200
                digest = hashlib.sha256(answer.content).hexdigest() if found else ""
                self.operations.append(
                    Operation(
                        kind=Kind.DOWNLOAD,
                        project=project,
                        called=called,
                        returned=self._clock(),
                        file=file.filename,
                        content=digest,
                        outcome=Outcome.DONE if found else Outcome.REFUSED,
                        who="last look",
                    )
                )
            if digest or self._is_late:
                return digest
            time.sleep(PAUSE)

    def _get(self, url: str, accept: str, follow: Follow = Follow.SAME_HOST) -> Answer | None:
        return self._got(
            lambda: self._registry.request("GET", url, headers={"Accept": accept}, follow=follow)
        )

    def _got(self, ask: Callable[[], Answer]) -> Answer | None:
        """Return an answer; None for a lost connection or a server error, which may pass, with the reason kept."""
        if self._stopped:
            return None
        try:
            answer = ask()
        except (BadAnswer, Unreachable) as error:
            self._why = str(error).replace("\n", "; ")
            if isinstance(error, Unreachable) and self._is_late:
                self._stopped = self._why
            return None
        except NotJudged as error:
            self._why = self._stopped = str(error)
            return None
        if answer.is_server_error:
            self._why = str(answer)
            return None
        return answer
