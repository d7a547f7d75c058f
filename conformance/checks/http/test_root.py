"""The list of projects in each content coding."""

from __future__ import annotations

import time
import zlib
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from packaging.utils import canonicalize_name

from conformance.checks.http.samples import IDENTITY
from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.kept_answers import WAIT_LONGER, may_be_kept
from conformance.kit.plain_reads import USUAL
from conformance.kit.project_lists import Copy, Look, lasting
from conformance.kit.project_names import absent, only_in
from conformance.kit.uploads.publishing import publish
from conformance.pages import read_root_json, read_root_page
from conformance.verdicts import Deviation, NotApplicable, Untestable
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from conformance.kit.fixtures import Index, NewName
    from conformance.kit.http import Answer

LONGEST = 5_000_000
"""Characters of the longest list that is read once more."""


@check("http.root.gzip")
def test_root_gzip(index: Index, new_name: NewName) -> None:
    seen = lasting(partial(_look, index), index, new_name)
    expect.rule(
        "the list of projects without compression to be the compressed one",
        broken_by=seen.wrong,
        where=seen.where,
    )


@check("http.root.first-after-upload", alone=True)  # what is deleted meanwhile is on no later list
def test_root_first_after_upload(index: Index, new_name: NewName) -> None:
    """A server that keeps the list makes it anew then, and may send it while it does.

    Each answer is read as it is: a session asks once more where one is broken.
    """
    lists = {form: _kept_at(index, form) for form in index.media_types}
    for form, url in lists.items():
        for coding in ("gzip", "identity"):
            _first_has_all(index, _Asked(form, coding, url), new_name)


class _Asked(NamedTuple):
    """A list of projects to ask for: its form, the content coding that is accepted, and where it is kept."""

    form: str
    coding: str
    url: str


def _first_has_all(index: Index, asked: _Asked, new_name: NewName) -> None:
    """Require of the first list after an upload to have all that were there before.

    A server of several may have a copy from before. Where the list may be one, it is asked for once more, when the
    time is over that copies may be kept for. Raises Untestable where that may be one, too.
    """
    settling = index.registry.settling
    _as_it_is(
        index, asked, "identity"
    )  # the first list after what was published before may lack something, too
    before = _as_it_is(index, asked, "identity")
    made = time.monotonic()
    first, lost = _after_upload(index, asked, new_name, before)
    if lost and _may_be_older(first):
        settling.wait_out(made)
        first, lost = _after_upload(index, asked, new_name, before)
        if lost and _may_be_older(first) and may_be_kept(first.copy.answer, settling.limit):
            raise Untestable(
                f"a cache may keep the list for longer than the run waits ({first.copy.answer}), so what it lacks "
                f"proves nothing; {WAIT_LONGER}"
            )
    expect.rule(
        f"the first list of projects as {index.media_types[asked.form]} after an upload to have all that were "
        "there before",
        broken_by=sorted(lost),
        where=first.copy.answer,
    )


class _First(NamedTuple):
    """The first list of projects after an upload, and the project that was published."""

    copy: Copy
    published: str


def _after_upload(index: Index, asked: _Asked, new_name: NewName, before: Copy) -> tuple[_First, set[str]]:
    """Publish a project; return the list that is asked for first, and what it lacks that is not gone by then."""
    new = wheel(new_name(f"listed-{asked.form}-{asked.coding}"), "1.0")
    publish(index.registry, new)
    first = _as_it_is(index, asked, asked.coding)
    if lost := only_in(before.page, first.page):
        lost -= only_in(before.page, _as_it_is(index, asked, asked.coding).page)
    return _First(first, new.name), lost


def _may_be_older(first: _First) -> bool:
    """Tell whether a list may be from before the upload: it lacks what was published."""
    return bool(absent([canonicalize_name(first.published)], first.copy.page))


def _kept_at(index: Index, form: str) -> str:
    """Return the URL at which the list of projects is: the index may redirect to it."""
    return index.registry.root_answer(accept=index.media_types[form]).url


def _as_it_is(index: Index, asked: _Asked, coding: str) -> Copy:
    """Ask for the list of projects over a connection of its own.

    Raises Untestable where there is no list, and NotApplicable for a long one.
    """
    sent = [(name, value) for name, value in USUAL if name != "Accept-Encoding"]
    sent += [("Accept", index.media_types[asked.form]), ("Accept-Encoding", coding)]
    with index.registry.connect(asked.url) as connection:
        connection.request("GET", headers=sent)
        answer = connection.answer()
    if answer is None:
        raise Untestable("a request for the list of projects over a new connection gets no answer")
    if answer.status != 200:
        raise Untestable(f"a request for the list of projects over a new connection gets no list: {answer}")
    content = _unpacked(answer)
    if len(content) > LONGEST:
        raise NotApplicable("the list of projects is too long to be read several times")
    if asked.form == "html":
        text = content.decode(errors="replace")
        return Copy(answer, read_root_page(text, url=answer.url, where=str(answer)))
    return Copy(answer, read_root_json(content, where=str(answer)))


def _unpacked(answer: Answer) -> bytes:
    if answer.headers.get("Content-Encoding", "").lower() not in {"gzip", "x-gzip"}:
        return answer.content
    unpacker = zlib.decompressobj(wbits=31)
    try:
        content = unpacker.decompress(answer.content, LONGEST + 1)
    except zlib.error as error:
        raise Deviation(expected="a body in gzip", found=str(error), where=str(answer)) from None
    if not unpacker.eof and len(content) <= LONGEST:
        raise Deviation(
            expected="a body in gzip", found="a body that ends before its data do", where=str(answer)
        )
    return content


def _look(index: Index) -> Look:
    """Find the projects that one of both lists lacks. Raises NotApplicable for a list too long to read twice."""
    is_html = "html" in index.media_types
    packed = index.html_root(fresh=True) if is_html else index.json_root(fresh=True)
    if len(packed.answer.text) > LONGEST:
        raise NotApplicable("the list of projects is too long to be read once more without compression")
    headers = {"Accept": index.media_type, **IDENTITY}
    answer = index.registry.request("GET", packed.answer.url, headers=headers)
    expect.status(answer, 200)
    if is_html:
        unpacked = read_root_page(answer.text, url=answer.url, where=str(answer))
    else:
        unpacked = read_root_json(answer.content, where=str(answer))
    return Look(
        wrong=frozenset(only_in(packed.page, unpacked) | only_in(unpacked, packed.page)),
        copies=(Copy(packed.answer, packed.page), Copy(answer, unpacked)),
        where=answer,
    )
