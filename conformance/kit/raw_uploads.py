"""Uploads that are sent byte by byte, and the reaction to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from conformance.kit import expect
from conformance.kit.differences import listed_lines
from conformance.kit.http import Unreachable
from conformance.kit.scenarios import link_to
from conformance.verdicts import Deviation

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator

    from conformance.kit.http import Answer, RawConnection, UploadForm
    from conformance.kit.registry import Registry
    from reference_server.distributions import Distribution

    Headers = Iterable[tuple[str, str]]

ANY_REFUSAL = range(400, 500)


@dataclass(frozen=True, kw_only=True)
class Reaction:
    """What a request has led to: an answer, the end of the connection, or nothing in good time."""

    to: str
    answer: Answer | None
    silent: bool

    def __str__(self) -> str:
        if self.answer is not None:
            return f"{self.to}: {self.answer} {self.answer.excerpt()}".rstrip()
        return f"{self.to}: no answer, and the connection {'stays open' if self.silent else 'was closed'}"

    @property
    def accepted(self) -> bool:
        """Whether the upload was taken."""
        return self.answer is not None and self.answer.is_success

    def refused(self, statuses: Container[int] = ANY_REFUSAL, *, may_hang_up: bool = False) -> bool:
        """Tell whether the upload was turned down; where nobody listens any more, hanging up says so too."""
        if self.answer is None:
            return may_hang_up and not self.silent
        return self.answer.status in statuses


def sized(form: UploadForm) -> list[tuple[str, str]]:
    """Return the header of a form that comes whole."""
    return [("Content-Type", form.content_type), ("Content-Length", str(len(form.body())))]


def chunked(form: UploadForm) -> list[tuple[str, str]]:
    """Return the header of a form that comes in chunks."""
    return [("Content-Type", form.content_type), ("Transfer-Encoding", "chunked")]


def chunks(body: bytes, *, size: int) -> Iterator[bytes]:
    """Cut a body into chunks, the last and empty one included. Source: RFC 9112, 7.1."""
    for start in range(0, len(body), size):
        piece = body[start : start + size]
        yield f"{len(piece):x}\r\n".encode() + piece + b"\r\n"
    yield b"0\r\n\r\n"


def reaction_to(
    what: str,
    registry: Registry,
    distribution: Distribution,
    *,
    headers: Headers,
    body: bytes = b"",
    ends: bool = False,
) -> Reaction:
    """Post bytes as they are to the upload URL; `ends` says that no more will follow, whatever was promised."""
    registry.announce(distribution)
    with registry.connect() as connection:
        connection.request("POST", headers=headers, body=body)
        if ends:
            connection.end()
        return reaction_on(what, connection)


def reaction_on(what: str, connection: RawConnection) -> Reaction:
    """Read what a connection has to say to the request that was sent over it."""
    answer = connection.answer()
    return Reaction(to=what, answer=answer, silent=answer is None and connection.silent)


def reaction_to_form(what: str, registry: Registry, distribution: Distribution, form: UploadForm) -> Reaction:
    """Post a form that is well framed, however odd it is, with the time that any upload has."""
    try:
        answer = registry.upload(distribution, form=form)
    except Unreachable:
        registry.project_answer(distribution.name)  # no answer either when it is the network's fault
        return Reaction(to=what, answer=None, silent=True)
    return Reaction(to=what, answer=answer, silent=False)


def refused_and_nothing_stored(
    registry: Registry, distribution: Distribution, *reactions: Reaction, may_hang_up: bool = False
) -> None:
    """Require that each upload was turned down, and that none of them has left a file in its project."""
    page = registry.project_page(distribution.name)
    wrong = [str(each) for each in reactions if not each.refused(may_hang_up=may_hang_up)]
    wrong += [f"{filename} is listed: {page.where}" for filename in sorted(page.filenames)]
    if wrong:
        refusal = "4xx, or a closed connection" if may_hang_up else "4xx"
        raise Deviation(
            expected=f"every upload to be refused ({refusal}) and to store nothing",
            found=listed_lines(wrong),
            where=registry.target.upload_url,
        )


def whole_or_refused(
    registry: Registry,
    distribution: Distribution,
    reaction: Reaction,
    *,
    refusals: Container[int] = ANY_REFUSAL,
    may_hang_up: bool = False,
) -> None:
    """Require that an upload was turned down and left no file, or was taken and is listed with its bytes."""
    if reaction.accepted:
        expect.same_bytes(registry.download(link_to(registry, distribution)), distribution)
        return
    page = registry.project_page(distribution.name)
    expect.not_listed(page, [distribution.filename])
    if not reaction.refused(refusals, may_hang_up=may_hang_up):
        allowed = "4xx" if refusals is ANY_REFUSAL else "411"
        raise Deviation(
            expected=f"the upload to be accepted (2xx) and stored whole, or to be refused ({allowed})",
            found=str(reaction),
            where=registry.target.upload_url,
        )
