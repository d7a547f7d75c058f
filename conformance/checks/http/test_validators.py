"""The form of validators, which caches keep and send back, and of times."""

from __future__ import annotations

import re
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from conformance.checks.http.page_readings import readings
from conformance.kit import expect
from conformance.kit.check import check
from conformance.verdicts import NotApplicable

if TYPE_CHECKING:
    from conformance.checks.http.samples import Sample
    from conformance.kit.fixtures import Index
    from conformance.kit.http import Answer

ENTITY_TAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"')
"""Source: RFC 9110, section 8.8.3."""
DATE = re.compile(
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), [0-3][0-9] "
    r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [0-9]{4} [0-2][0-9]:[0-5][0-9]:[0-6][0-9] GMT"
)
"""Source: RFC 9110, section 5.6.7: what is sent has the form IMF-fixdate."""
FORMS = {"ETag": ENTITY_TAG, "Last-Modified": DATE}


@check("http.validators-wellformed")
def test_validators_wellformed(index: Index, sample: Sample, unpacked_page: Answer) -> None:
    answers = [*(reading.answer for reading in readings(index)), unpacked_page, sample.answer]
    wrong = {
        f"{name} of {answer}: {answer.headers[name]}": answer
        for answer in answers
        for name, form in FORMS.items()
        if name in answer.headers and not form.fullmatch(answer.headers[name])
    }
    expect.rule(
        "every ETag to be a quoted string, and every Last-Modified a date as in `Sun, 06 Nov 1994 08:49:37 GMT`",
        broken_by=wrong,
        where=next(iter(wrong.values()), sample.answer),
    )


@check("http.last-modified.past")
def test_last_modified_past(index: Index, sample: Sample, unpacked_page: Answer) -> None:
    answers = [*(reading.answer for reading in readings(index)), unpacked_page, sample.answer]
    dated = [each for each in answers if _has_times(each, "Date", "Last-Modified")]
    if not dated:
        raise NotApplicable("pages and files come without Last-Modified, or without Date")
    late = {
        f"Last-Modified: {each.headers['Last-Modified']} at {each.headers['Date']} of {each}": each
        for each in dated
        if parsedate_to_datetime(each.headers["Last-Modified"]) > parsedate_to_datetime(each.headers["Date"])
    }
    expect.rule(
        "Last-Modified to be no later than Date", broken_by=late, where=next(iter(late.values()), dated[0])
    )


def _has_times(answer: Answer, *names: str) -> bool:
    return all(DATE.fullmatch(answer.headers.get(name, "")) for name in names)


@check("http.date")
def test_date(index: Index, sample: Sample) -> None:
    answers = [*(reading.answer for reading in readings(index)), sample.answer]
    expect.rule(
        "every time in the header to have the form of HTTP, in GMT",
        broken_by=[
            f"{name}: {answer.headers[name]}{_hint(answer.headers[name])} of {answer}"
            for answer in answers
            for name in ("Date", "Expires")
            if name in answer.headers and not _is_time(name, answer.headers[name])
        ],
        where=expect.requests(answers),
    )


def _hint(value: str) -> str:
    """Return what a value with two times means: `requests` joins fields of one name."""
    return " (the field is sent twice)" if value.count(" GMT, ") else ""


def _is_time(name: str, value: str) -> bool:
    """Tell whether a value is a time; Expires may be anything that means "at once", such as 0 and -1."""
    never_fresh = name == "Expires" and re.fullmatch(r"-?\d+", value) is not None
    return never_fresh or DATE.fullmatch(value) is not None
