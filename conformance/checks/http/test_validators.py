"""The form of validators, which caches keep and send back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from conformance.checks.http.page_readings import readings
from conformance.kit import expect
from conformance.kit.check import check

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
