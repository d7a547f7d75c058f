"""Assertion helpers: each raises Deviation with what was expected, what came, and where."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, TypeVar

from conformance.pages import ProjectPage, RootPage
from conformance.verdicts import Deviation

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from conformance.clients import ClientRun
    from conformance.corpus import Corpus
    from conformance.wire import Answer
    from reference_server.distributions import Distribution


Seen = TypeVar("Seen")


SHOWN = 300


def status(answer: Answer, *wanted: int) -> None:
    """Require one of these statuses."""
    if answer.status not in wanted:
        raise Deviation(
            expected="status " + " or ".join(map(str, wanted)),
            found=f"{answer.status} {answer.excerpt()}".strip(),
            where=str(answer),
        )


def accepted(answer: Answer) -> None:
    """Require that an upload was taken: any status from 200 to 299."""
    if not answer.is_success:
        raise Deviation(
            expected="the upload is accepted (2xx)",
            found=f"{answer.status} {answer.excerpt()}".strip(),
            where=str(answer),
        )


def refused(answer: Answer) -> None:
    """Require that an upload was turned down as the sender's mistake: any status from 400 to 499."""
    if not answer.is_client_error:
        raise Deviation(
            expected="the upload is refused (4xx)",
            found=f"{answer.status} {answer.excerpt()}".strip(),
            where=str(answer),
        )


def forbidden(answer: Answer) -> None:
    """Require that a caller is turned away: 401, 403, or 404 where not even the existence may show."""
    status(answer, 401, 403, 404)


def published(corpus: Corpus, role: str, *, on: ProjectPage) -> None:
    """Require that a distribution of the corpus was accepted, and is on its project's page."""
    item = corpus.published[role]
    if not item.accepted:
        raise Deviation(
            expected=f"version {item.distribution.version!r} is accepted (2xx)",
            found=f"{item.status} {item.text[:SHOWN]}".strip(),
            where=item.where,
        )
    listed(on, [item.distribution.filename])


def same_bytes(answer: Answer, distribution: Distribution) -> None:
    """Require that a download is a distribution, byte for byte."""
    if answer.status != 200 or answer.content != distribution.content:
        found = hashlib.sha256(answer.content).hexdigest()
        raise Deviation(
            expected=f"{len(distribution.content)} bytes with sha256 {distribution.sha256}",
            found=f"status {answer.status}, {len(answer.content)} bytes with sha256 {found}",
            where=str(answer),
        )


def equal(found: Any, wanted: Any, *, of: str, where: object) -> None:
    """Require that something is exactly this."""
    if found != wanted:
        raise Deviation(expected=f"{of} {_shown(wanted)}", found=_shown(found), where=str(where))


def contains(text: str, wanted: str, *, of: str, where: object) -> None:
    """Require a piece of text, in any case."""
    if wanted.lower() not in text.lower():
        raise Deviation(expected=f"{of} with {wanted!r}", found=text[:SHOWN] or "nothing", where=str(where))


def nothing(*, of: Iterable[object], is_: str, where: object) -> None:
    """Require that no item is as `is_` says; all that are get named."""
    if wrong := [_shown(item) for item in of]:
        raise Deviation(expected=f"nothing {is_}", found=", ".join(wrong), where=str(where))


def listed(page: ProjectPage, filenames: Collection[str]) -> None:
    """Require that a project page lists these files."""
    if missing := sorted(set(filenames) - page.filenames):
        raise Deviation(
            expected=f"a page that lists {', '.join(missing)}",
            found=", ".join(sorted(page.filenames)) or "no files",
            where=page.where,
        )


def not_listed(page: ProjectPage, filenames: Collection[str]) -> None:
    """Require that a project page lists none of these files."""
    if present := sorted(set(filenames) & page.filenames):
        raise Deviation(expected="a page without the file", found=", ".join(present), where=page.where)


def succeeded(run: ClientRun) -> None:
    """Require that a client ended with exit code 0."""
    if run.exit_code != 0:
        raise Deviation(
            expected=f"{run.client} ends with exit code 0", found=_ending(run), where=" ".join(run.command)
        )


def gave_up(run: ClientRun, *, exit_code: int = 1) -> None:
    """Require that a client said no, by itself and with this exit code."""
    if run.timed_out or run.exit_code != exit_code:
        raise Deviation(
            expected=f"{run.client} ends with exit code {exit_code}",
            found=_ending(run),
            where=" ".join(run.command),
        )


def says(run: ClientRun, text: str) -> None:
    """Require that a client printed some text, however it wrapped it."""
    if not run.says(text):
        raise Deviation(
            expected=f"{run.client} prints {text!r}",
            found=run.output[-SHOWN * 2 :],
            where=" ".join(run.command),
        )


def _ending(run: ClientRun) -> str:
    ending = f"no end within {run.duration:.0f} s" if run.timed_out else f"exit code {run.exit_code}"
    return f"{ending}: {run.output[-SHOWN * 2 :].strip()}"


def _shown(value: object) -> str:
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= SHOWN else text[:SHOWN] + "…"


def no_server_error(answer: Answer) -> None:
    """Require any status below 500."""
    if answer.is_server_error:
        raise Deviation(
            expected="a status below 500",
            found=f"{answer.status} {answer.excerpt()}".strip(),
            where=str(answer),
        )


def nothing_on(pages: Iterable[Seen], wrong: Callable[[Seen], Iterable[object]], *, is_: str) -> None:
    """Require that `wrong` finds nothing on any page; name all that it finds, and the pages they are on."""
    found = [(page, item) for page in pages for item in wrong(page)]
    nothing(
        of=[item for _, item in found],
        is_=is_,
        where="; ".join(dict.fromkeys(place(page) for page, _ in found)),
    )


def place(page: object) -> str:
    """Say where a page was seen."""
    return page.where if isinstance(page, ProjectPage | RootPage) else str(page)
