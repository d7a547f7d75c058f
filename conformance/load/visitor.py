"""One user's connection to the registry: sends requests, and records what was asked and what came of it."""

from __future__ import annotations

import hashlib
import re
import time
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from conformance.corpus.ledger import Entry
from conformance.histories.operation import Kind, Operation, Outcome
from conformance.load.listing import is_beyond, listed, sha256_in
from conformance.load.record import Sample
from conformance.pages import JSON_V1, TEXT_HTML
from conformance.target import DEFAULT
from conformance.target.answered_pages import page_in
from conformance.verdicts import Deviation
from conformance.wire import BadAnswer, Follow, Session, Transcript, Unreachable, upload_form
from conformance.wire.budget import Throttled

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from random import Random

    from conformance.corpus.ledger import Ledger
    from conformance.load.names import Names
    from conformance.load.record import Recorder
    from conformance.pages import FileLink, ProjectPage
    from conformance.target import Target
    from conformance.wire import Answer, Exchange
    from reference_server.distributions import Distribution

TAKEN = frozenset({400, 403, 409, 422})
"""The statuses with which registries refuse a name that is taken."""

LATE = frozenset({408, 425, 429})
"""The statuses that refuse a moment, and not a file."""


RANGE = re.compile(r"bytes (\d+)-\d+/(?:\d+|\*)", re.IGNORECASE)
"""The Content-Range of one part (RFC 9110, 14.4)."""


class Counted(Transcript):
    """Numbers exchanges, and keeps none: a load has too many."""

    def __init__(self) -> None:
        super().__init__()
        self._number = 0

    def record(self, exchange: Exchange) -> Exchange:
        """Return an exchange with its number."""
        self._number += 1
        return replace(exchange, number=self._number)


class Visitor:
    """One user. `clock` gives the seconds of operations, the same for all processes of a machine.

    `forms` are the media types that pages come in: a 404 for another one says nothing about the project.
    `beyond` lets requests for files go to hosts other than this machine. Raises Throttled where the registry throttles
    to the end: the visit is over.
    """

    def __init__(
        self,
        who: str,
        *,
        target: Target,
        session: Session,
        ledger: Ledger,
        names: Names,
        recorder: Recorder,
        random: Random,
        clock: Callable[[], float] = time.monotonic,
        forms: Collection[str] = (TEXT_HTML, JSON_V1),
        beyond: bool = False,
    ) -> None:
        self.who = who
        self.names = names
        self.random = random
        self._target = target
        self._session = session
        self._ledger = ledger
        self._recorder = recorder
        self._clock = clock
        self._forms = forms
        self._beyond = beyond

    def close(self) -> None:
        """Close the connections of this user."""
        self._session.close()

    def page(self, project: str, headers: Mapping[str, str]) -> tuple[ProjectPage | None, Answer | None]:
        """Read a project's page, and record what it lists: nothing where there is no such project (404)."""
        called = self._clock()
        answer = self._ask("GET", f"{self._target.index_url}{project}/", "page", headers)
        if answer is None or answer.status not in {200, 404}:
            return None, answer
        if answer.status == 404 and not any(form in headers.get("Accept", form) for form in self._forms):
            return None, answer
        try:
            page = page_in(answer) if answer.status == 200 else None
        except (Deviation, BadAnswer) as error:
            self._recorder.notice("no-page", str(error).replace("\n", "; "), answer)
            return None, answer
        self._add(Operation(kind=Kind.LIST, project=project, called=called, listed=listed(page)))
        return page, answer

    def root(self, headers: Mapping[str, str]) -> None:
        """Read the list of projects. It is judged once the load has ended: it may be large."""
        self._ask("GET", self._target.index_url, "project list", headers)

    def download(self, project: str, file: FileLink, headers: Mapping[str, str]) -> bytes | None:
        """Download a file, compare it with its hash, and record its content or that there is none (404, 410)."""
        called = self._clock()
        answer = self._ask_for_file("GET", file.url, "file", headers)
        if answer is None or answer.status not in {200, 404, 410}:
            return None
        made = Operation(kind=Kind.DOWNLOAD, project=project, called=called, file=file.filename)
        if answer.status != 200:
            self._add(replace(made, outcome=Outcome.REFUSED))
            return None
        content = answer.content
        digest = hashlib.sha256(content).hexdigest()
        self.compare(
            file.filename, digest, sha256_in(file.hashes), answer, file=file.filename, content=digest
        )
        self._add(replace(made, content=digest))
        return bytes(content)

    def metadata(self, file: FileLink) -> None:
        """Download the metadata of a file, and compare it with its hash."""
        hashes = file.core_metadata if isinstance(file.core_metadata, dict) else {}
        answer = self._ask_for_file("GET", f"{file.url}.metadata", "metadata", {"Accept": "*/*"})
        if answer is not None and answer.status == 200:
            digest = hashlib.sha256(answer.content).hexdigest()
            self.compare(f"{file.filename}.metadata", digest, sha256_in(hashes), answer, file=file.filename)

    def part(self, file: FileLink, last: int) -> tuple[int, bytes] | None:
        """Download the last bytes of a file, as uv does to read metadata; return them with the place of the first.

        None where no part is sent, or one that does not say where it is.
        """
        headers = {"Range": f"bytes=-{last}", "Accept-Encoding": "identity"}
        answer = self._ask_for_file("GET", file.url, "part of a file", headers)
        if answer is None or answer.status != 206 or "Content-Encoding" in answer.headers:
            return None
        match = RANGE.fullmatch(answer.headers.get("Content-Range", "").strip())
        return (int(match[1]), bytes(answer.content)) if match else None

    def head(self, file: FileLink) -> None:
        """Ask for the header of a file."""
        self._ask_for_file("HEAD", file.url, "header of a file", {"Accept-Encoding": "identity"})

    def compare(
        self, what: str, found: str, stated: str, where: object, *, file: str, content: str = ""
    ) -> None:
        """Notice bytes of a file, all of them (`content`) or a part, with another hash than the page states."""
        if stated and found != stated:
            text = f"{what} has sha256 {found}, and the page states {stated}"
            self._recorder.notice("other-hash", text, where, file=file, content=content)

    def upload(self, distribution: Distribution, *, alone: bool) -> None:
        """Upload a file, and record what came of it. `alone` says that no other user uploads a file of its name."""
        entry = Entry(
            url=self._target.upload_url,
            project=distribution.name,
            version=distribution.version,
            filename=distribution.filename,
        )
        self._ledger.add(entry)
        self._session.budget.owe()
        made = Operation(
            kind=Kind.UPLOAD,
            project=distribution.name,
            called=self._clock(),
            file=distribution.filename,
            content=distribution.sha256,
            outcome=Outcome.UNKNOWN,
        )
        try:
            answer = self._post(distribution)
        except Throttled:
            self._forget(entry)  # the registry refused before it looked
            raise
        except BaseException:
            self._recorder.add(replace(made, who=self.who))  # it may have arrived, whatever ended this user
            raise
        if answer is not None and answer.is_success and answer.status != 202:
            made = replace(made, outcome=Outcome.DONE)
        elif answer is not None and answer.is_client_error:
            self._forget(entry)
            if alone and answer.status not in LATE:
                self._recorder.notice("new-file-refused", f"{distribution.filename}: {answer.status}", answer)
            if not alone and answer.status in TAKEN:
                made = replace(made, outcome=Outcome.REFUSED)
        self._add(made)

    def _forget(self, entry: Entry) -> None:
        self._ledger.note_refusal(entry)
        self._session.budget.settle()

    def _post(self, distribution: Distribution) -> Answer | None:
        form = upload_form(distribution)
        headers = {"Content-Type": form.content_type, "Accept": "*/*"}
        return self._ask("POST", self._target.upload_url, "upload", headers, body=form.body())

    def _ask_for_file(self, method: str, url: str, purpose: str, headers: Mapping[str, str]) -> Answer | None:
        """Send a request to where a page links, except to another machine without consent."""
        if not self._beyond and is_beyond(url):
            self._recorder.notice("left-out", urlsplit(url).hostname or url, url)
            return None
        return self._ask(
            method, url, purpose, headers, follow=Follow.ANY_HOST if self._beyond else Follow.SAME_HOST
        )

    def _ask(
        self,
        method: str,
        url: str,
        purpose: str,
        headers: Mapping[str, str],
        *,
        body: bytes | None = None,
        follow: Follow = Follow.SAME_HOST,
    ) -> Answer | None:
        """Send a request; return None without an answer. The seconds of an answer are the registry's alone."""
        started = self._clock()
        answer = None
        seconds, status = 0.0, 0
        try:
            answer = self._session.send(
                method,
                url,
                credential=self._target.credential(DEFAULT) if self._target.same_host(url) else None,
                credential_name=DEFAULT,
                headers=headers,
                body=body,
                follow=follow,
            )
            seconds, status = answer.exchange.seconds, answer.status
        except (Unreachable, BadAnswer):
            seconds = self._clock() - started  # counted as a request without an answer
        except Throttled:
            self._recorder.sample(Sample(started, purpose, seconds, 429))
            raise
        self._recorder.sample(Sample(started, purpose, seconds, status))
        if answer is not None and answer.is_server_error and status != 503:
            self._recorder.notice("server-error", f"status {status} for {method} ({purpose})", answer)
        return answer

    def _add(self, operation: Operation) -> None:
        unknown = operation.outcome is Outcome.UNKNOWN
        returned = operation.returned if unknown else self._clock()
        self._recorder.add(replace(operation, returned=returned, who=self.who))
