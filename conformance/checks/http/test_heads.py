"""Headers, byte for byte: the names of fields have no case, and some answers are a header alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from conformance.checks.http.page_readings import accept_of, readings
from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.http import upload_form
from conformance.kit.plain_reads import USUAL
from conformance.kit.uploads.raw_uploads import reaction_on, sized
from conformance.verdicts import NotApplicable, Untestable
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from conformance.checks.http.samples import Sample
    from conformance.kit.fixtures import Index, NewName, RegistryClient
    from conformance.kit.http import Answer
    from conformance.kit.uploads.raw_uploads import Headers, Reaction

SPELLINGS: Mapping[str, Callable[[str], str]] = {"in lower case": str.lower, "in upper case": str.upper}


@dataclass(frozen=True, kw_only=True)
class _Read:
    """A request without a body, and the fields that its answer depends on."""

    what: str
    url: str
    headers: Headers
    method: str = "GET"

    def of(self, registry: RegistryClient, *, named: Callable[[str], str] = str) -> Reaction:
        """Send it over a connection of its own, with the names of its fields written so."""
        with registry.connect(self.url) as connection:
            connection.request(self.method, headers=[*USUAL, *self.headers], named=named)
            return reaction_on(self.what, connection)


def _reads(index: Index, sample: Sample, unpacked_page: Answer) -> Iterator[_Read]:
    """Yield a request for each field that an answer may depend on."""
    for reading in readings(index):
        page = reading.answer
        yield _Read(
            what=f"a page as {page.content_type}", url=page.url, headers=[("Accept", accept_of(page))]
        )
    yield from _if_changed(unpacked_page)
    if index.registry.target.same_host(sample.file.url):
        yield _Read(what="a part of a file", url=sample.file.url, headers=[("Range", "bytes=0-9")])


def _if_changed(page: Answer) -> Iterator[_Read]:
    """Yield a request for a page that is known; none where the page has no ETag."""
    if tag := page.headers.get("ETag"):
        known = [("Accept", accept_of(page)), ("If-None-Match", tag)]
        yield _Read(what="a page that is known", url=page.url, headers=known)


@check("http.field-names")
def test_field_names(index: Index, sample: Sample, unpacked_page: Answer) -> None:
    """The twin has the names as they are usually written. Where it gets a server error, nothing is said."""
    registry = index.registry
    wrong, passing, where = [], [], registry.project_url(index.project)
    for read in _reads(index, sample, unpacked_page):
        twin = read.of(registry)
        if _is_error(twin) and _is_error(twin := read.of(registry)):
            passing.append(str(twin))
            continue
        usual = _kind_of(twin)
        for spelling, named in SPELLINGS.items():
            reaction = read.of(registry, named=named)
            found = _kind_of(reaction)
            if found == usual:
                continue
            again = _kind_of(read.of(registry, named=named)) if _is_error(reaction) else found
            if again == usual:
                passing.append(f"{read.what}, names {spelling}: {found} once")
            elif _kind_of(read.of(registry)) == usual:
                wrong.append(f"{read.what}, names {spelling}: {again}, not {usual}")
    expect.rule("the same answer whatever the case of field names", broken_by=wrong, where=where)
    if passing:
        raise Untestable(f"the server returns an error now and then: {passing[0]}")


def _is_error(reaction: Reaction) -> bool:
    """Tell whether a request has no answer, or a server error: a server that is busy, or one behind it, does that."""
    return reaction.answer is None or reaction.answer.is_server_error


@check("http.field-names.upload")
def test_field_names_of_uploads(registry: RegistryClient, new_name: NewName) -> None:
    """A spelling that is refused is sent once more, and then the names as they are usually written."""
    name = new_name("field-names")
    twin = _uploaded(registry, name, "1.0", str)
    if not twin.accepted:
        raise Untestable(f"an upload over a plain socket is not accepted: {twin}")
    wrong, passing = [], []
    for number, (spelling, named) in enumerate(SPELLINGS.items(), 1):
        reaction = _uploaded(registry, name, f"1.{number}", named)
        if reaction.accepted:
            continue
        again = _uploaded(registry, name, f"2.{number}", named)
        if not again.accepted and _uploaded(registry, name, f"3.{number}", str).accepted:
            wrong.append(f"names {spelling}: {again}")
        else:
            passing.append(f"names {spelling}: {reaction}")
    expect.rule(
        "uploads to be accepted whatever the case of field names",
        broken_by=wrong,
        where=registry.target.upload_url,
    )
    if passing:
        raise Untestable(f"the server refuses a usual upload now and then, too: {passing[0]}")


def _uploaded(registry: RegistryClient, name: str, version: str, named: Callable[[str], str]) -> Reaction:
    distribution = wheel(name, version)
    form = upload_form(distribution)
    registry.announce(distribution)
    with registry.connect() as connection:
        connection.request("POST", headers=[*USUAL, *sized(form)], body=form.body(), named=named)
        return reaction_on("an upload", connection)


def _kind_of(reaction: Reaction) -> str:
    """Return what an answer is: its status, its type, and which part of a file it has."""
    answer = reaction.answer
    if answer is None:
        return str(reaction)
    part = answer.headers.get("Content-Range", "")
    return " ".join(filter(None, (f"status {answer.status}", answer.content_type, part)))


@check("http.head.no-body")
def test_no_body(index: Index, sample: Sample, unpacked_page: Answer, absent_pages: list[Answer]) -> None:
    """Over a connection that ends behind the answer: where the registry keeps it open, nothing is said."""
    accept = ("Accept", accept_of(unpacked_page))
    asked = [
        _Read(what=f"HEAD of {what}", method="HEAD", url=url, headers=[accept])
        for what, url in (
            ("a page", unpacked_page.url),
            ("a file", sample.file.url),
            ("an absent page", absent_pages[0].url),
        )
        if index.registry.target.same_host(url)
    ]
    asked += _if_changed(unpacked_page)
    endings = [ending for each in asked if (ending := _bytes_after(index.registry, each)) is not None]
    if not endings:
        raise Untestable("HEAD gets no answer, and no request for a page that is known a 304; see http.head")
    if not any(ended for ended, _ in endings):
        raise NotApplicable("the registry keeps connections open that it is to close")
    expect.rule(
        "nothing behind the header of an answer to HEAD, and of a 304",
        broken_by=[found for _, found in endings if found],
        where=unpacked_page.url,
    )


def _bytes_after(registry: RegistryClient, read: _Read) -> tuple[bool, str] | None:
    """Return whether more came behind the header of an answer or the connection ended, and where more did: which.

    None where no such answer came.
    """
    with registry.connect(read.url) as connection:
        connection.request(read.method, headers=[*USUAL, *read.headers])
        answer = connection.answer()
        if answer is None or (read.method == "GET" and answer.status != 304):
            return None
        if connection.hung_up():
            return True, ""
        return not connection.silent, "" if connection.silent else f"a body behind {read.what}: {answer}"
