"""Uploads that come in another way than as one piece of known length."""

from __future__ import annotations

import gzip
from functools import partial
from typing import TYPE_CHECKING

from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.http import upload_form
from conformance.kit.plain_reads import bound_by_http_1_1, read_plainly
from conformance.kit.uploads.raw_uploads import (
    Reaction,
    chunked,
    chunks,
    reaction_on,
    reaction_to,
    sized,
    whole_or_refused,
)
from conformance.verdicts import Deviation, NotApplicable, Untestable
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from conformance.kit.fixtures import NewName, RegistryClient
    from reference_server.distributions import Distribution

CHUNK = 512
"""Bytes: the file comes in several chunks."""


@check("robustness.chunked")
def test_chunked(registry: RegistryClient, new_name: NewName) -> None:
    distribution = wheel(new_name("chunked"), "1.0")
    form = upload_form(distribution)
    body = b"".join(chunks(form.body(), size=CHUNK))
    reaction = reaction_to("chunks", registry, distribution, headers=chunked(form), body=body)
    whole_or_refused(registry, distribution, reaction, refusals={411})


def _upper(chunk: bytes) -> bytes:
    size, _, rest = chunk.partition(b"\r\n")
    return size.upper() + b"\r\n" + rest


SPELLINGS: Mapping[str, Callable[[list[bytes]], Iterable[bytes]]] = {
    "sizes in upper case": lambda each: map(_upper, each),
    "leading zeros": lambda each: (b"00" + chunk for chunk in each),
    "chunk extensions": lambda each: (chunk.replace(b"\r\n", b";conformance=1\r\n", 1) for chunk in each),
    "a trailer": lambda each: [*each[:-1], b"0\r\nX-Conformance: trailer\r\n\r\n"],
}
"""Chunks in other spellings, which mean the same. Source: RFC 9112, 7.1."""

SEVERAL_PIECES = 150_000
"""Bytes of a file that is larger than what servers read at once."""

LETTERS = 0xAB
"""Bytes of a chunk whose size is written with letters."""


@check("robustness.chunked-syntax")
def test_chunked_syntax(registry: RegistryClient, new_name: NewName) -> None:
    """The twin has sizes in lower case and nothing else. Where that is refused, all may be.

    It is sent once more after each refusal, which may have another reason.
    """
    name = new_name("chunk-syntax")
    twin = _in_chunks(registry, file := wheel(name, "1.0"), "chunks", lambda each: each)
    if twin.refused({411}):
        raise NotApplicable("uploads in chunks are refused with 411")
    if not _is_stored(registry, file, twin):
        raise Untestable(
            f"uploads in chunks are not accepted, or not stored whole; see robustness.chunked: {twin}"
        )
    wrong: list[str] = []
    unjudged: list[str] = []
    for number, (what, spelled) in enumerate(SPELLINGS.items(), 1):
        file = wheel(name, f"1.{number}")
        reaction = _in_chunks(registry, file, what, spelled)
        if reaction.accepted:
            whole_or_refused(registry, file, reaction)
        elif not _is_for_its_chunks(
            reaction,
            plain=partial(_is_taken_plainly, registry, wheel(name, f"2.{number}")),
            again=partial(_in_chunks, registry, wheel(name, f"3.{number}"), what, spelled),
        ):
            unjudged.append(str(reaction))
        else:
            wrong.append(str(reaction))
    expect.rule("chunks to be read in every spelling", broken_by=wrong, where=registry.target.upload_url)
    if unjudged:
        raise Untestable(f"an upload is neither taken nor refused for its chunks: {unjudged[0]}")


def _is_taken_plainly(registry: RegistryClient, file: Distribution) -> bool:
    return _is_stored(registry, file, _in_chunks(registry, file, "chunks", lambda each: each))


def _is_stored(registry: RegistryClient, file: Distribution, reaction: Reaction) -> bool:
    """Tell whether an upload was accepted, and is served whole."""
    if not reaction.accepted:
        return False
    listed = registry.project_page(file.name).file(file.filename)
    return listed is not None and registry.download(listed.url).content == file.content


def _is_for_its_chunks(
    reaction: Reaction, *, plain: Callable[[], bool], again: Callable[[], Reaction]
) -> bool:
    """Tell whether an upload is refused for how its chunks are written: one in plain chunks is taken.

    Where the server is busy or has a limit, any upload may be. An error of the server has to come again.
    """
    answer = reaction.answer
    if (answer is not None and answer.status in {413, 503}) or not plain():
        return False
    return answer is None or not answer.is_server_error or not again().accepted


def _in_chunks(
    registry: RegistryClient,
    file: Distribution,
    what: str,
    spelled: Callable[[list[bytes]], Iterable[bytes]],
) -> Reaction:
    form = upload_form(file)
    body = b"".join(spelled(list(chunks(form.body(), size=LETTERS))))
    return reaction_to(what, registry, file, headers=chunked(form), body=body)


@check("robustness.expect-continue")
def test_expect_continue(registry: RegistryClient, new_name: NewName) -> None:
    """A file that a registry reads in several pieces, as curl asks before large bodies alone."""
    distribution = wheel(new_name("expect"), "1.0", size=SEVERAL_PIECES)
    form = upload_form(distribution)
    registry.announce(distribution)
    with registry.connect() as connection:
        connection.request("POST", headers=[*sized(form), ("Expect", "100-continue")])
        if connection.asks_for_body():
            connection.send(form.body())
            reaction = reaction_on("the body, after 100", connection)
        else:
            reaction = before_the_body(reaction_on("Expect: 100-continue", connection))
    if reaction.answer is None:
        bound_by_http_1_1(
            read_plainly(registry, registry.target.upload_url, what="a usual request", headers=())
        )
    whole_or_refused(registry, distribution, reaction)


def before_the_body(reaction: Reaction) -> Reaction:
    """Return the reaction to a form that was not sent yet. Raises Deviation when it is said to be accepted."""
    if reaction.accepted:
        raise Deviation(
            expected="100 or a refusal before the body is sent",
            found=str(reaction),
            where="Expect: 100-continue",
        )
    return reaction


@check("robustness.encoded-request")
def test_encoded_request(registry: RegistryClient, new_name: NewName) -> None:
    distribution = wheel(new_name("gzipped"), "1.0")
    form = upload_form(distribution)
    body = gzip.compress(form.body(), mtime=0)
    headers = [
        ("Content-Type", form.content_type),
        ("Content-Encoding", "gzip"),
        ("Content-Length", str(len(body))),
    ]
    reaction = reaction_to("a gzipped form", registry, distribution, headers=headers, body=body)
    whole_or_refused(registry, distribution, reaction)
