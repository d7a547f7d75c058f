"""Uploads that are sent byte by byte, and the reaction to them."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from conformance.kit import expect
from conformance.kit.differences import listed_lines
from conformance.kit.http import Unreachable
from conformance.kit.uploads.scenarios import link_to
from conformance.verdicts import Deviation

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator

    from conformance.kit.http import Answer, RawConnection, UploadForm
    from conformance.kit.registry import RegistryClient
    from conformance.pages import ProjectPage
    from reference_server.distributions import Distribution

    Headers = Iterable[tuple[str, str]]

ANY_REFUSAL = range(400, 500)
ANY_ANSWER = range(200, 600)
"""Statuses of an upload that is judged by what it left alone: a server error is no stored file, and Caddy answers 200
to a client that has left."""

FIRST_PAUSE, LONGEST_PAUSE = 0.02, 2.0
"""Seconds between two looks for a file that may be listed late; each pause is twice the last."""


@dataclass(frozen=True, kw_only=True)
class Reaction:
    """The reaction to a request: an answer, a closed connection, or neither in time."""

    to: str
    answer: Answer | None
    silent: bool

    def __str__(self) -> str:
        if self.answer is not None:
            return f"{self.to}: {self.answer} {self.answer.excerpt()}".rstrip()
        return f"{self.to}: no answer, and the connection {'stays open' if self.silent else 'was closed'}"

    @property
    def accepted(self) -> bool:
        """Whether the upload was accepted."""
        return self.answer is not None and self.answer.is_success

    def refused(self, statuses: Container[int] = ANY_REFUSAL, *, may_hang_up: bool = False) -> bool:
        """Tell whether the upload was refused; with `may_hang_up`, by closing the connection, too."""
        if self.answer is None:
            return may_hang_up and not self.silent
        return self.answer.status in statuses or bool(self.answer.failure)


def sized(form: UploadForm) -> list[tuple[str, str]]:
    """Return the header fields of a form that is sent whole."""
    return [("Content-Type", form.content_type), ("Content-Length", str(len(form.body())))]


def chunked(form: UploadForm) -> list[tuple[str, str]]:
    """Return the header fields of a form that is sent in chunks."""
    return [("Content-Type", form.content_type), ("Transfer-Encoding", "chunked")]


def chunks(body: bytes, *, size: int) -> Iterator[bytes]:
    """Cut a body into chunks, the last and empty one included. Source: RFC 9112, 7.1."""
    for start in range(0, len(body), size):
        piece = body[start : start + size]
        yield f"{len(piece):x}\r\n".encode() + piece + b"\r\n"
    yield b"0\r\n\r\n"


def reaction_to(
    what: str,
    registry: RegistryClient,
    distribution: Distribution,
    *,
    headers: Headers,
    body: bytes = b"",
    ends: bool = False,
) -> Reaction:
    """Post bytes as they are to the upload URL; with `ends`, close the sending side after them."""
    registry.announce(distribution)
    with registry.connect() as connection:
        connection.request("POST", headers=headers, body=body)
        if ends:
            connection.end()
        return reaction_on(what, connection)


def reaction_on(what: str, connection: RawConnection) -> Reaction:
    """Read the reaction to the request that was sent over a connection."""
    answer = connection.answer()
    return Reaction(to=what, answer=answer, silent=answer is None and connection.silent)


def reaction_to_form(
    what: str, registry: RegistryClient, distribution: Distribution, form: UploadForm
) -> Reaction:
    """Post a well-framed form, with the time limit of any upload."""
    try:
        answer = registry.upload(distribution, form=form)
    except Unreachable:
        registry.project_answer(distribution.name)  # raises, too, where the network is at fault
        return Reaction(to=what, answer=None, silent=True)
    return Reaction(to=what, answer=answer, silent=False)


def refused_and_nothing_stored(
    registry: RegistryClient,
    distribution: Distribution,
    *reactions: Reaction,
    refusals: Container[int] = ANY_REFUSAL,
    may_hang_up: bool = False,
) -> None:
    """Require that each upload was refused, and that none of them left a file in its project.

    Where success (2xx) is among the refusals, what is listed counts, and pages may list it late.
    """
    is_open = any(each.accepted and each.refused(refusals) for each in reactions)
    page = _page_in_time(registry, distribution.name) if is_open else registry.project_page(distribution.name)
    listed = [f"{filename} is listed: {page.where}" for filename in sorted(page.filenames)]
    wrong = [
        str(each)
        for each in reactions
        if not each.refused(refusals, may_hang_up=may_hang_up) or (listed and each.accepted)
    ]
    wrong += listed
    if wrong:
        refusal = "4xx, or a closed connection" if may_hang_up else "4xx"
        raise Deviation(
            expected=f"every upload to be refused ({refusal}) and to store nothing",
            found=listed_lines(wrong),
            where=registry.target.upload_url,
        )


def _page_in_time(registry: RegistryClient, name: str) -> ProjectPage:
    """Return the page of a project once it lists a file, or when the run's patience has ended.

    That no file appears is right, and does not count as a change that the registry never shows.
    """
    settling = registry.settling
    deadline, pause = time.monotonic() + settling.patience, FIRST_PAUSE
    page = registry.project_page(name, fresh=True)
    while not page.filenames and (now := time.monotonic()) < deadline:
        settling.wait_until(min(now + pause, deadline))
        pause = min(2 * pause, LONGEST_PAUSE)
        page = registry.project_page(name, fresh=True)
    return page


def whole_or_refused(
    registry: RegistryClient,
    distribution: Distribution,
    reaction: Reaction,
    *,
    refusals: Container[int] = ANY_REFUSAL,
    may_hang_up: bool = False,
) -> None:
    """Require that an upload was refused and left no file, or was accepted and is served whole.

    A proxy may hang up, or answer, before it has the answer of a registry that accepted the upload: with 200 among
    the refusals, what is listed counts.
    """
    if reaction.accepted and reaction.answer is not None:
        reaction = replace(reaction, answer=registry.outcome(reaction.answer, distribution))
    if reaction.accepted and 200 not in refusals:
        expect.same_bytes(registry.download(link_to(registry, distribution)), distribution)
        return
    page = registry.project_page(distribution.name)
    is_open = reaction.accepted or (may_hang_up and reaction.answer is None)
    if is_open and page.file(distribution.filename):
        expect.same_bytes(registry.download(link_to(registry, distribution)), distribution)
    else:
        expect.not_listed(page, [distribution.filename])
    if not reaction.refused(refusals, may_hang_up=may_hang_up):
        allowed = "4xx" if 400 in refusals else "411"
        raise Deviation(
            expected=f"the upload to be accepted (2xx) and stored whole, or to be refused ({allowed})",
            found=str(reaction),
            where=registry.target.upload_url,
        )
