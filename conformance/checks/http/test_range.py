"""Parts of files."""

from __future__ import annotations

import io
from datetime import timedelta
from email.utils import format_datetime, parsedate_to_datetime
from typing import TYPE_CHECKING
from zipfile import BadZipFile

from conformance.checks.http.byte_ranges import RangedFile, is_truthful_part, parts_of, right_part
from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.http import Unreachable
from conformance.kit.properties import strategies
from conformance.kit.zip_archives import wheel_metadata
from conformance.verdicts import Deviation, NotApplicable, Untestable

if TYPE_CHECKING:
    from conformance.checks.http.samples import Sample
    from conformance.kit.fixtures import Examples
    from conformance.kit.http import Answer

BEYOND = 10**9
HUGE = 10**24
DAY = timedelta(days=1)


@check("http.range.honest")
def test_honest(first_ten: Answer, sample: Sample) -> None:
    if sample.answer.headers.get("Accept-Ranges", "").lower() != "bytes":
        raise NotApplicable("files come without Accept-Ranges: bytes")
    expect.status(first_ten, 206)


@check("http.range.single")
def test_single(sample: Sample, examples: Examples) -> None:
    def asked(example: tuple[str, slice]) -> None:
        header, part = example
        right_part(sample.get(range=header), sample.content, part)

    examples.each(
        strategies.closed_byte_ranges(len(sample.content)),
        asked,
        named=lambda example: f"Range: {example[0]}",
        independent=True,
    )


@check("http.range.open-ended")
def test_open_ended(sample: Sample) -> None:
    start = len(sample.content) // 2
    right_part(sample.get(range=f"bytes={start}-"), sample.content, slice(start, None))


@check("http.range.suffix")
def test_suffix(sample: Sample) -> None:
    for count in (10, BEYOND):
        right_part(sample.get(range=f"bytes=-{count}"), sample.content, slice(-count, None))


@check("http.range.clamp")
def test_clamp(sample: Sample) -> None:
    """A number of more than 64 bits may be refused; it is no reason to fail, or to close the connection."""
    right_part(sample.get(range=f"bytes=0-{BEYOND}"), sample.content, slice(0, BEYOND + 1))
    try:
        answer = sample.get(range=f"bytes=0-{HUGE}")
    except Unreachable as error:
        if sample.get(range="bytes=0-9").is_success:
            raise Deviation(
                expected="an answer to a range that ends beyond 64 bits",
                found=str(error),
                where=f"{sample.file.url}, Range: bytes=0-{HUGE}",
            ) from error
        raise
    if not answer.is_client_error:
        right_part(answer, sample.content, slice(0, None))


@check("http.range.unsatisfiable")
def test_unsatisfiable(sample: Sample) -> None:
    """One that begins behind the end, and the last zero bytes."""
    size = len(sample.content)
    for header in (f"bytes={size}-", "bytes=-0"):
        answer = sample.get(range=header)
        expect.status(answer, 416, 200)
        if answer.status == 416:
            stated = answer.headers.get("Content-Range")
            expect.equal(stated, f"bytes */{size}", of="the Content-Range of the 416", where=answer)


@check("http.range.other-unit")
def test_other_unit(sample: Sample) -> None:
    """The twin in bytes may get a part; one in a unit that no registry knows gets what no range gets."""
    answer = sample.get(range="conformance-units=0-9")
    expect.status(answer, 200)
    right_part(answer, sample.content, slice(0, None))


@check("http.range.head")
def test_head(sample: Sample) -> None:
    plain = sample.get(method="HEAD")
    if plain.status != 200:
        raise Untestable(f"HEAD without a range is not answered as GET is: {plain}; see http.head")
    ranged = sample.get(method="HEAD", range="bytes=0-9")
    if ranged.is_server_error:
        raise Untestable(f"HEAD with a range ends in a server error: {ranged}; see http.head")
    expect.status(ranged, 200)
    sizes = [answer.headers.get("Content-Length", "") for answer in (ranged, plain)]
    if all(sizes):
        expect.equal(sizes[0], sizes[1], of="Content-Length, as without a range,", where=ranged)


@check("http.range.multi")
def test_multi(sample: Sample) -> None:
    answer = sample.get(range="bytes=0-1,5-6")
    expect.status(answer, 200, 206)
    if answer.status == 200:
        right_part(answer, sample.content, slice(0, None))
        return
    parts = list(parts_of(answer))
    wrong = [
        f"{content[:50]!r} as {stated or 'no range'!r}"
        for stated, content in parts
        if not is_truthful_part(stated, content, sample.content)
    ]
    expect.rule(
        "every part to hold the bytes that its Content-Range states",
        broken_by=wrong or ([] if parts else ["an answer without parts"]),
        where=answer,
    )


@check("http.range.if-range")
def test_if_range(sample: Sample) -> None:
    answer = sample.get(range="bytes=0-9", if_range='"of-another-file"')
    expect.status(answer, 200)
    right_part(answer, sample.content, slice(0, 10))


@check("http.range.if-range.date")
def test_if_range_date(sample: Sample, first_ten: Answer) -> None:
    """The twin of each is the date as it is stated: a registry may send the whole file for that, too."""
    stated = sample.answer.headers.get("Last-Modified", "")
    if not stated:
        raise NotApplicable("files come without Last-Modified")
    _require_parts(first_ten)
    try:
        date = parsedate_to_datetime(stated)
        others = [format_datetime(date + days, usegmt=True) for days in (-DAY, DAY)]
    except (ValueError, OverflowError):
        raise Untestable(f"Last-Modified is no date: {stated}; see http.validators-wellformed") from None
    for other in others:
        _whole(sample, if_range=other)


@check("http.range.if-range.weak")
def test_if_range_weak(sample: Sample, first_ten: Answer) -> None:
    tag = sample.answer.headers.get("ETag", "")
    if not tag:
        raise NotApplicable("files come without an ETag")
    _require_parts(first_ten)
    _whole(sample, if_range=f"W/{tag.removeprefix('W/')}")


def _require_parts(first_ten: Answer) -> None:
    if first_ten.status != 206:
        raise NotApplicable("files come whole, whatever range is requested")


def _whole(sample: Sample, *, if_range: str) -> None:
    """Require the whole file for a range whose condition does not hold."""
    answer = sample.get(range="bytes=0-9", if_range=if_range)
    if answer.is_server_error:
        raise Untestable(f"a range with `If-Range: {if_range}` ends in a server error: {answer}")
    expect.status(answer, 200)
    right_part(answer, sample.content, slice(0, 10))


@check("http.range.if-range.current")
def test_if_range_current(sample: Sample, first_ten: Answer) -> None:
    tag = sample.answer.headers.get("ETag", "")
    if not tag.startswith('"'):
        raise NotApplicable("files come without a strong ETag")
    if first_ten.status != 206:
        raise NotApplicable("files come whole, whatever range is requested")
    answer = sample.get(range="bytes=0-9", if_range=tag)
    expect.status(answer, 206)
    expect.equal(answer.content, first_ten.content, of="the part of the file", where=answer)


@check("http.range.identity")
def test_identity(first_ten: Answer, sample: Sample) -> None:
    expect.equal(
        first_ten.headers.get("Content-Encoding", "identity"),
        "identity",
        of="Content-Encoding",
        where=first_ten,
    )
    right_part(first_ten, sample.content, slice(0, 10))


@check("http.range.etag")
def test_etag(first_ten: Answer, sample: Sample) -> None:
    tag = sample.answer.headers.get("ETag")
    if tag is None or first_ten.status != 206:
        raise NotApplicable("files come without an ETag, or never in parts")
    found = first_ten.headers.get("ETag")
    expect.equal(found, tag, of="ETag of the part, as of the whole file,", where=first_ten)


@check("http.range.wheel-metadata")
def test_wheel_metadata(sample: Sample) -> None:
    if not sample.file.filename.endswith(".whl"):
        raise NotApplicable("the project has no wheel")
    try:
        wanted = wheel_metadata(sample.content)
    except LookupError as error:
        raise NotApplicable(str(error)) from error
    except BadZipFile as error:
        raise Untestable(f"the wheel cannot be read: {sample.answer}: {error}") from error
    try:
        found = wheel_metadata(io.BufferedReader(RangedFile(sample), buffer_size=256))
    except (BadZipFile, EOFError, LookupError) as error:
        found = f"no zip archive: {error}".encode()
    if found != wanted:
        raise Deviation(
            expected="the METADATA of the wheel, read through ranges",
            found=repr(found[:300]),
            where=sample.file.url,
        )
