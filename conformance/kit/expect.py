"""Expectations: each raises Deviation with what was expected, what was found, and where.

The texts continue the sentences "expected …" and "found …": "every link to carry a hash", "status 500". They are the
same in every run on the same registry, since a baseline recognises a failure by them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Set
from textwrap import dedent
from typing import TYPE_CHECKING, Any, TypeVar

from conformance.kit.differences import alternatives, contrasted, excerpt, listed_lines
from conformance.pages import ProjectPage, RootPage
from conformance.verdicts import Deviation

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from conformance.clients import ClientRun
    from conformance.corpus import Corpus
    from conformance.kit.http import Answer
    from reference_server.distributions import Distribution

MOST_OUTPUT = 600
"""Characters of a client's output that a deviation holds: its end."""

Item = TypeVar("Item")


# Rules


def each(
    items: Iterable[Item],
    claim: str,
    holds: Callable[[Item], object],
    *,
    of: str,
    where: object,
    named: Callable[[Item], str] = str,
) -> None:
    """Require something of each item: `expect.each(links, "to carry a hash", has_hash, of="link", where=page)`.

    `of` is the noun for an item, and `named` is how one is named where `holds` is not true of it.
    """
    rule(f"every {of} {claim}", broken_by=[named(item) for item in items if not holds(item)], where=where)


def rule(text: str, *, broken_by: Iterable[object], where: object) -> None:
    """Require a rule that nothing breaks, such as "every link to carry a hash"; what breaks it is named."""
    wrong = sorted(broken_by, key=str) if isinstance(broken_by, Set) else list(broken_by)
    if wrong:
        raise Deviation(expected=text, found=listed_lines(wrong), where=str(where))


def rule_on_each(pages: Iterable[Item], text: str, *, broken_by: Callable[[Item], Iterable[object]]) -> None:
    """Require a rule of several pages at once: what breaks it is named, and so are the pages that it is on.

    The order on a page says nothing, and may be another one after the next start.
    """
    found = [(page, item) for page in pages for item in sorted(broken_by(page), key=str)]
    places = dict.fromkeys(_place(page) for page, _ in found)
    rule(text, broken_by=dict.fromkeys(item for _, item in found), where="; ".join(places))


def _place(page: object) -> str:
    return page.where if isinstance(page, ProjectPage | RootPage) else str(page)


# Values


def equal(found: Any, wanted: Any, *, of: str, where: object) -> None:
    """Require that something is exactly this. Of collections and long texts only what differs is named."""
    if found != wanted:
        right, wrong = contrasted(wanted, found)
        to_be = "to be" if right.startswith("\n") else "to be "  # entries stand on lines of their own
        raise Deviation(expected=f"{of} {to_be}{right}", found=wrong.removeprefix("\n"), where=str(where))


def contains(text: str, wanted: str, *, of: str, where: object) -> None:
    """Require a piece of text, in any case."""
    if wanted.lower() not in text.lower():
        found = excerpt(text) or "nothing"
        raise Deviation(expected=f"{of} to contain {wanted!r}", found=found, where=str(where))


# Answers


def allows(answer: Answer, method: str) -> None:
    """Require that the Allow of an answer lists a method. Source: RFC 9110, 10.2.1."""
    if method not in allowed(answer):
        found = excerpt(answer.headers.get("Allow", "")) or "nothing"
        raise Deviation(expected=f"Allow to list {method}", found=found, where=str(answer))


def allowed(answer: Answer) -> list[str]:
    """Return the methods that an answer's Allow lists."""
    return [each.strip() for each in answer.headers.get("Allow", "").split(",")]


def answered(answer: Answer | None, *, to: str) -> Answer:
    """Require that a request was answered, and return the answer; `to` names the request."""
    if answer is None:
        raise Deviation(expected="an answer", found="a closed or silent connection", where=to)
    return answer


def status(answer: Answer, *wanted: int) -> None:
    """Require one of these statuses."""
    if answer.status not in wanted:
        raise _answered_with(answer, expected=f"status {alternatives(wanted)}")


def no_server_error(answer: Answer) -> None:
    """Require any status below 500."""
    if answer.is_server_error:
        raise _answered_with(answer, expected="a status below 500")


def accepted(answer: Answer) -> None:
    """Require that an upload was accepted: any status from 200 to 299."""
    if not answer.is_success:
        raise _answered_with(answer, expected="the upload to be accepted (2xx)")


def refused(answer: Answer) -> None:
    """Require that an upload was refused as the client's mistake: any status from 400 to 499."""
    if not answer.is_client_error:
        raise _answered_with(answer, expected="the upload to be refused (4xx)")


def forbidden(answer: Answer) -> None:
    """Require that a caller is refused: 401, 403, or 404 where not even the existence may be revealed."""
    status(answer, 401, 403, 404)


def same_bytes(answer: Answer, distribution: Distribution) -> None:
    """Require that a download is a distribution, byte for byte."""
    if answer.status != 200 or answer.content != distribution.content:
        found = hashlib.sha256(answer.content).hexdigest()
        raise Deviation(
            expected=f"the file of {len(distribution.content)} bytes with sha256 {distribution.sha256}",
            found=f"status {answer.status}, {len(answer.content)} bytes with sha256 {found}",
            where=str(answer),
        )


def _answered_with(answer: Answer, *, expected: str) -> Deviation:
    found = f"status {answer.status}"
    if answer.failure:
        found += f", and then {answer.failure}"
    elif body := answer.excerpt().strip():
        found += f": {_first_line(body) if answer.is_success else body}"
    return Deviation(expected=expected, found=found, where=str(answer))


def _first_line(text: str) -> str:
    """Return the beginning of a page: what it links to, and in which order, has nothing to do with its status."""
    first, *rest = text.splitlines()
    beginning, link, _ = first.partition("<a ")
    return f"{beginning.rstrip()} …" if link or rest else first


def requests(answers: Iterable[Answer]) -> str:
    """Return the `where` of a failure of several answers: one request a line."""
    return "\n".join(map(str, answers))


# Pages


def published(corpus: Corpus, role: str, *, on: ProjectPage) -> None:
    """Require that a distribution of the corpus was accepted, and is on its project's page."""
    item = corpus.published[role]
    if not item.accepted:
        raise Deviation(
            expected=f"version {item.distribution.version!r} to be accepted (2xx)",
            found=f"status {item.status}: {excerpt(item.text)}",
            where=item.where,
        )
    listed(on, [item.distribution.filename])


def listed(page: ProjectPage, filenames: Collection[str]) -> None:
    """Require that a project page lists these files."""
    if missing := sorted(set(filenames) - page.filenames):
        raise Deviation(
            expected=f"the page to list {', '.join(missing)}",
            found=listed_lines(sorted(page.filenames)) or "a page without files",
            where=page.where,
        )


def not_listed(page: ProjectPage, filenames: Collection[str]) -> None:
    """Require that a project page lists none of these files."""
    if present := sorted(set(filenames) & page.filenames):
        raise Deviation(
            expected="a page without the file", found=f"{', '.join(present)} on the page", where=page.where
        )


# Clients


def succeeded(run: ClientRun) -> None:
    """Require that a client ended with exit code 0."""
    ended_with(run, exit_code=0)


def gave_up(run: ClientRun, *, exit_code: int = 1) -> None:
    """Require that a client reported a failure, with this exit code."""
    ended_with(run, exit_code=exit_code)


def ended_with(run: ClientRun, *, exit_code: int) -> None:
    """Require that a client ended in time, with this exit code."""
    if run.timed_out or run.exit_code != exit_code:
        raise Deviation(
            expected=f"{run.client} to end with exit code {exit_code}",
            found=_ending(run),
            where=" ".join(run.command),
        )


def says(run: ClientRun, text: str) -> None:
    """Require that a client printed some text, however it wrapped it."""
    if not run.says(text):
        raise Deviation(
            expected=f"{run.client} to print {text!r}",
            found=_end_of(run.output),
            where=" ".join(run.command),
        )


def _ending(run: ClientRun) -> str:
    ending = f"no end within {run.duration:.0f} s" if run.timed_out else f"exit code {run.exit_code}"
    return f"{ending}: {_end_of(run.output)}"


def _end_of(output: str) -> str:
    """Return the last whole lines of a client's output, without common indentation."""
    text = output.rstrip()
    if len(text) <= MOST_OUTPUT:
        return dedent(text).strip()
    cut = text[-MOST_OUTPUT:]
    return "…" + dedent(cut.partition("\n")[2] or cut).strip()
