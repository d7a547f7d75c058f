"""A client of the target for checks: pages, files, uploads."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import quote

from packaging.utils import canonicalize_name

from conformance.corpus.ledger import Entry
from conformance.pages import ProjectPage, resolved
from conformance.target import DEFAULT
from conformance.target.answered_pages import page_in
from conformance.target.overlap import Overlap
from conformance.target.page_form import PageForm
from conformance.target.page_reader import PageReader
from conformance.target.project_spellings import ProjectSpellings
from conformance.target.settling import Change, Settling, lists, lists_project, omits
from conformance.target.tasks import task_of
from conformance.verdicts import Deviation
from conformance.wire import Follow, Unreachable, publication_of, upload_form

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from conformance.corpus.ledger import Ledger
    from conformance.target import Target
    from conformance.target.drivers.driver import File
    from conformance.wire import Answer, RawConnection, Session, Transcript, UploadForm
    from conformance.wire.credential import Credential
    from reference_server.distributions import Distribution

Item = TypeVar("Item")
Found = TypeVar("Found")

SIGNATURE = "gpg_signature"
"""The part of an upload form that holds the signature of the file."""


class RegistryClient:
    """A target and a session to talk to it. `as_` is the name of a credential, or `anonymous`.

    Each page is read once per credential and cached until this process publishes under its name; very large ones only
    while there is room. A page that may lack what was published a moment ago is read again, until it shows that or the
    patience of `settling` ends. Safe to use from several threads.
    """

    def __init__(
        self,
        target: Target,
        *,
        session: Session,
        transcript: Transcript,
        ledger: Ledger,
        settling: Settling | None = None,
        form: PageForm | None = None,
        spellings: ProjectSpellings | None = None,
        processes: int = 1,
        instead_of: int = 1,
    ) -> None:
        self.target = target
        self.spellings = spellings or ProjectSpellings()
        self.settling = settling or Settling(0)
        self._session = session
        self._processes = processes
        self._overlap = Overlap(session, self.settling, processes=processes, instead_of=instead_of)
        self._transcript = transcript
        self._ledger = ledger
        self._form = form or PageForm()
        self._pages = PageReader(
            target.index_url,
            ask=self._page,
            transcript=transcript,
            settling=self.settling,
            form=self._form,
            spellings=self.spellings,
        )

    def in_gitlab_project(self, role: str) -> RegistryClient:
        """Return a client of another GitLab project. Raises Untestable if none is configured."""
        return self._beside(self.target.in_gitlab_project(role))

    def at_project(self, project: str) -> RegistryClient:
        """Return a client of the GitLab project with another id or encoded path."""
        return self._beside(self.target.at_project(project))

    def in_group(self) -> RegistryClient:
        """Return a client that reads from the group of the target. Raises Untestable if none is configured."""
        return self._beside(self.target.in_group())

    def at_group(self, group: str) -> RegistryClient:
        """Return a client that reads from the group with another id or full path."""
        return self._beside(self.target.at_group(group))

    def knowing(self, **credentials: Credential) -> RegistryClient:
        """Return a client with further credentials, such as wrong ones."""
        known = {name.replace("_", "-"): credential for name, credential in credentials.items()}
        return self._beside(replace(self.target, credentials={**self.target.credentials, **known}))

    def twin(self) -> RegistryClient:
        """Return a client for another thread, with its own connections and page cache."""
        return self._beside(self.target, session=self._session.twin())

    def hasty(self) -> RegistryClient:
        """Return a client with its own page cache that reads each page once, however early."""
        return self._beside(self.target, settling=Settling(0))

    def connect(self, url: str | None = None, *, as_: str = DEFAULT) -> RawConnection:
        """Open a connection for requests byte for byte, by default to the upload URL.

        What is to be uploaded over it has to be announced before. Raises Unreachable.
        """
        if url:
            self._pages.await_named(url)
        return self._session.connect(
            url or self.target.upload_url, credential=self.target.credential(as_), credential_name=as_
        )

    def _beside(
        self, target: Target, *, session: Session | None = None, settling: Settling | None = None
    ) -> RegistryClient:
        return RegistryClient(
            target,
            session=session or self._session,
            transcript=self._transcript,
            ledger=self._ledger,
            settling=settling or self.settling,
            form=self._form,
            spellings=self.spellings,
            processes=self._processes,
        )

    def for_each(self, action: Callable[[Item], Found], items: Iterable[Item]) -> list[Found]:
        """Return what an action, which may use this client, returns for each item; see `Overlap.each`.

        The actions must not depend on each other: several run at once where the target is far away or late.
        """
        return self._overlap.each(action, items)

    def read_each(self, read: Callable[[Item], Found], items: Iterable[Item]) -> list[Found]:
        """Return what was read for each item. Reads change nothing, so none has to be tried alone; see `for_each`."""
        return self._overlap.each(read, items, reads=True)

    @property
    def at_once(self) -> int:
        """How many actions `for_each` runs at once."""
        return self._overlap.width

    def request(
        self,
        method: str,
        url: str,
        *,
        as_: str = DEFAULT,
        headers: Mapping[str, str | None] | None = None,
        follow: Follow = Follow.NO,
    ) -> Answer:
        """Send a request without a body and return the answer with any status.

        The credential stays on the target's hosts, wherever a page links to. What was published under a name in the
        URL is on its page before.
        """
        self._pages.await_named(url)
        return self._ask(method, url, as_=as_, headers=headers, follow=follow)

    def _ask(
        self, method: str, url: str, *, as_: str, headers: Mapping[str, str | None] | None, follow: Follow
    ) -> Answer:
        credential = self.target.credential(as_)
        return self._session.send(
            method,
            url,
            credential=credential if self.target.same_host(url) else None,
            credential_name=as_,
            headers=headers,
            follow=follow,
        )

    def request_bare(self, method: str, url: str, *, label: str, headers: Mapping[str, str]) -> Answer:
        """Send a request that carries its credential in `headers`; `label` names it in the transcript."""
        self._pages.await_named(url)
        return self._session.send(method, url, credential=None, credential_name=label, headers=headers)

    def project_url(self, name: str, *, exact: bool = False) -> str:
        """Return the URL of a project's page.

        A normalized name stands for the spelling under which the index is known to have the project, unless it is
        to be `exact`; any other text is spelled so.
        """
        return self._pages.url_of(name, exact=exact)

    def root_answer(self, *, accept: str | None = None, as_: str = DEFAULT, fresh: bool = False) -> Answer:
        """Return the answer for the list of projects, by default in the form that is offered; see `project_answer`."""
        return self._pages.read("", accept=accept, as_=as_, fresh=fresh)

    def project_answer(
        self,
        name: str,
        *,
        accept: str | None = None,
        as_: str = DEFAULT,
        fresh: bool = False,
        exact: bool = False,
    ) -> Answer:
        """Return the answer for a project's page, from the cache unless `fresh`; redirects are followed.

        Without a type to `accept` it is HTML, or JSON where the registry has no HTML. `exact` is as in `project_url`.
        """
        return self._pages.read(name, accept=accept, as_=as_, fresh=fresh, exact=exact)

    def _page(self, url: str, *, accept: str, as_: str) -> Answer:
        return self._ask("GET", url, as_=as_, headers={"Accept": accept}, follow=Follow.SAME_HOST)

    def await_page(self, name: str) -> None:
        """Wait until the page of a project, or with an empty name the root page, shows what was published."""
        self._pages.await_page(canonicalize_name(name))

    def expect_on_page(
        self, name: str, subject: str, shown_on: Callable[[Answer], bool], *, instead: bool = False
    ) -> Change:
        """Let readers wait for a change of a project, such as a yank; of one subject the last change counts.

        With `instead` it takes the place of every earlier change: a project in quarantine lists none of its files.
        """
        self.forget_pages(name)
        page = self._pages.awaited_at(name)
        return self.settling.expect(page, subject, shown_on, instead=instead)

    def project_page(
        self, name: str, *, as_: str = DEFAULT, fresh: bool = False, exact: bool = False
    ) -> ProjectPage:
        """Return a project's page in the form that is offered. A project that does not exist (404) has no files.

        Raises Deviation if the answer is neither a page nor 404.
        """
        answer = self.project_answer(name, as_=as_, fresh=fresh, exact=exact)
        if self.is_unknown(answer):
            return ProjectPage(files=(), where=str(answer))
        if answer.status != 200:
            raise Deviation(
                expected="a project page (200) or 404", found=f"status {answer.status}", where=str(answer)
            )
        return page_in(answer)

    def is_unknown(self, answer: Answer) -> bool:
        """Tell whether an answer says that there is no such project: 404, or the redirect that the target states."""
        return answer.status == 404 or self.is_sent_elsewhere(answer)

    def is_sent_elsewhere(self, answer: Answer) -> bool:
        """Tell whether an answer leads to another host, of a target with `fallback = "redirect"`."""
        location = answer.headers.get("Location")
        if self.target.fallback != "redirect" or not answer.is_redirect or not location:
            return False
        return not self.target.same_host(resolved(answer.url, location))

    def upload(
        self, distribution: Distribution, *, as_: str = DEFAULT, form: UploadForm | None = None
    ) -> Answer:
        """Upload a distribution, with `form` if a check has its own, and return the answer."""
        form = form or upload_form(distribution)
        entries = [self.announce(distribution)]
        if any(part.name == SIGNATURE for part in form.parts):
            entries.append(self._entry(distribution, f"{distribution.filename}.asc"))
            self._ledger.add(entries[-1])
        answer = self._session.send(
            "POST",
            self.target.upload_url,
            credential=self.target.credential(as_),
            credential_name=as_,
            headers={"Content-Type": form.content_type},
            body=form.body(),
            described=form.described(),
        )
        if answer.is_success:
            self.spellings.note(form.text("name") or distribution.name)
            answer = self.outcome(answer, distribution)
        if answer.is_client_error:
            for entry in entries:
                self._ledger.note_refusal(entry)
            self._session.budget.settle()
        elif answer.is_success:
            self._transcript.note(
                publication_of(
                    distribution,
                    url=self.target.upload_url,
                    credential=as_,
                    content_type=form.content_type,
                    body=answer.exchange.request_bytes,
                    number=answer.exchange.number,
                )
            )
        return answer

    def accepted(self, distribution: Distribution, *, sha256: str = "") -> Change:
        """Let readers wait for a distribution that was accepted; with a hash, for no other file of its name."""
        project, filename = canonicalize_name(distribution.name), distribution.filename
        self.spellings.note(distribution.name)
        change = self.expect_on_page(project, filename, lists(filename, sha256=sha256))
        self.settling.expect(self.target.index_url, project, lists_project(project))
        return change

    def deleted(self, file: File) -> None:
        """Let readers wait until a file that was deleted is gone."""
        self.changed(file, omits(file.filename))

    def changed(self, file: File, shown_on: Callable[[Answer], bool], *, instead: bool = False) -> None:
        """Let readers wait for a change of a published file; with `instead`, for no earlier change of its project.

        The root page may list the project with or without the file.
        """
        self.expect_on_page(file.name, file.filename, shown_on, instead=instead)
        self.settling.expect(self.target.index_url, canonicalize_name(file.name), lambda _: True)

    def outcome(self, answer: Answer, distribution: Distribution) -> Answer:
        """Return the answer that accepts an upload, with its failure where the registry only promised to try (202)."""
        change = self.accepted(distribution, sha256=distribution.sha256 if answer.status == 202 else "")
        if answer.status != 202 or not self.settling.limit:
            return answer
        with self.settling.waiting():
            # A task that goes on is no late page: it has as long as an answer.
            limit = max(self.settling.limit, self._session.timeout)
            task = task_of(answer, self._read_task, limit=limit)
            failure = task.failure
            change.made = time.monotonic()
            # A task that is done has accepted the file, under whatever name: the page is for others to judge.
            is_decided = failure or task.is_done
            if not is_decided and not self._comes_true(change, canonicalize_name(distribution.name)):
                failure = f"the file was not listed within {self.settling.limit:g} s"
        change.is_awaited = not failure
        return replace(answer, failure=failure)

    def _comes_true(self, change: Change, project: str) -> bool:
        """Tell whether the page of a project shows a change in time."""
        with self.settling.turn(self._pages.awaited_at(project), change):
            return change.seen or change.is_on(self.project_answer(project, fresh=True))

    def _read_task(self, url: str) -> Answer:
        return self.request("GET", url, headers={"Accept": "application/json"})

    def announce(self, distribution: Distribution) -> Entry:
        """Record a distribution in the ledger before this process or a client uploads it."""
        entry = self._entry(distribution, distribution.filename)
        self._ledger.add(entry)
        self._session.budget.owe()
        self.forget_pages(distribution.name)
        return entry

    def _entry(self, distribution: Distribution, filename: str) -> Entry:
        return Entry(
            url=self.target.url,
            project=distribution.name,
            version=distribution.version,
            filename=filename,
        )

    def forget_pages(self, name: str) -> None:
        """Remove the pages of a changed project from the cache."""
        self._pages.forget(name)

    def download(self, url: str, *, as_: str = DEFAULT) -> Answer:
        """Fetch a file and follow redirects, as clients do.

        Raises Deviation if the URL, which comes from a page, leads to a host that does not answer.
        """
        try:
            return self.request(
                "GET", url, as_=as_, headers={"Accept-Encoding": "identity"}, follow=Follow.ANY_HOST
            )
        except Unreachable as error:
            if self.target.same_host(url):
                raise
            raise Deviation(expected="a link to the file", found=str(error), where=url) from error


def file_url(registry: RegistryClient, distribution: Distribution) -> str:
    """Return the URL that GitLab documents for a file: files/<sha256>/<filename>. Raises Untestable."""
    return f"{registry.target.gitlab_registry}/files/{distribution.sha256}/{quote(distribution.filename)}"
