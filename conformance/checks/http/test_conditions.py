"""Conditions in requests for files: of caches, which have a file already, and of clients, which continue one."""

from __future__ import annotations

from datetime import timedelta
from email.utils import format_datetime, parsedate_to_datetime
from typing import TYPE_CHECKING

from conformance.checks.http.page_readings import fields_of_304, length_of_304
from conformance.checks.http.samples import metadata_of
from conformance.kit.check import check
from conformance.verdicts import Deviation, NotApplicable

if TYPE_CHECKING:
    from conformance.checks.http.samples import Sample
    from conformance.kit.http import Answer

OTHER = '"of-another-file"'
EARLIER = timedelta(days=1)
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@check("http.files.304")
def test_304(sample: Sample) -> None:
    _not_cached(sample)
    tag = _stated("ETag", sample)
    opaque = tag.removeprefix("W/")
    _answered(sample, 200, if_none_match=OTHER)
    if date := sample.answer.headers.get("Last-Modified"):  # it does not count beside a tag
        _answered(sample, 200, if_none_match=OTHER, if_modified_since=date)
    for current in (tag, f"W/{opaque}", f"{OTHER}, {opaque}"):
        answer = _answered(sample, 304, if_none_match=current)
        fields_of_304(answer, sample.answer)
        length_of_304(answer, sample.answer)
    if metadata := metadata_of(sample):
        _answered(metadata, 200, if_none_match=OTHER)
        _answered(metadata, 304, if_none_match=metadata.answer.headers["ETag"])


@check("http.files.304.date")
def test_304_date(sample: Sample) -> None:
    date = _stated("Last-Modified", sample)
    _answered(sample, 304, if_modified_since=date)
    _answered(sample, 200, if_modified_since=_before(date, sample))
    for spelled in _obsolete_forms(date):
        answer = sample.get(if_modified_since=spelled)
        if answer.status != 304:
            raise _deviation(answer, expected="status 304 for the same date in an obsolete form, too")


@check("http.files.412")
def test_412(sample: Sample) -> None:
    _not_cached(sample)
    tag = _stated("ETag", sample)
    if not tag.startswith('"'):
        raise NotApplicable("files come with a weak ETag")
    for current in (tag, f"{OTHER}, {tag}", "*"):
        _answered(sample, 200, if_match=current)
    _withheld(sample, if_match=OTHER)
    _withheld(sample, if_match=f"W/{tag}")  # weak tags never match: section 8.8.3.2


@check("http.files.412.date")
def test_412_date(sample: Sample) -> None:
    _not_cached(sample)
    date = _stated("Last-Modified", sample)
    _answered(sample, 200, if_unmodified_since=date)
    _withheld(sample, if_unmodified_since=_before(date, sample))


def _not_cached(sample: Sample) -> None:
    """Raise NotApplicable where a cache answers: the duties of the origin server are not its own."""
    if "Age" in sample.answer.headers:
        raise NotApplicable("files come from a cache: their answer has Age")


def _stated(name: str, sample: Sample) -> str:
    """Return a validator of a file. Raises NotApplicable where it has none."""
    if name not in sample.answer.headers:
        raise NotApplicable(f"files come without {name}")
    return sample.answer.headers[name]


def _before(date: str, sample: Sample) -> str:
    """Return the same time on the day before. Raises Deviation for what is no date."""
    try:
        return format_datetime(parsedate_to_datetime(date) - EARLIER, usegmt=True)
    except (ValueError, OverflowError):
        raise Deviation(expected="Last-Modified to be a date", found=date, where=str(sample.answer)) from None


def _obsolete_forms(date: str) -> tuple[str, str]:
    """Return a date as RFC 850 and as asctime write it. Source: RFC 9110, 5.6.7."""
    moment = parsedate_to_datetime(date)
    weekday, month, time = DAYS[moment.weekday()], MONTHS[moment.month - 1], f"{moment:%H:%M:%S}"
    return (
        f"{weekday}, {moment.day:02}-{month}-{moment.year % 100:02} {time} GMT",
        f"{weekday[:3]} {month} {moment.day:2} {time} {moment.year}",
    )


def _answered(sample: Sample, status: int, **conditions: str) -> Answer:
    """Require a status of the answer to a conditional request."""
    answer = sample.get(**conditions)
    if answer.status != status:
        raise _deviation(answer, expected=f"status {status}")
    return answer


def _withheld(sample: Sample, **conditions: str) -> None:
    """Require that a file is not sent: 412 is the usual status for it, and any from 400 to 499 is right."""
    answer = sample.get(**conditions)
    if answer.is_server_error:
        raise _deviation(answer, expected="a status from 400 to 499 such as 412, and no server error")
    if not answer.is_client_error:
        raise _deviation(answer, expected="no file, and a status from 400 to 499 such as 412")


def _deviation(answer: Answer, *, expected: str) -> Deviation:
    asked = answer.exchange.request_headers.items()
    conditions = [f"{name}: {value}" for name, value in asked if name.startswith("If-")]
    return Deviation(
        expected=expected, found=f"status {answer.status}", where=f"{answer}, {', '.join(conditions)}"
    )
