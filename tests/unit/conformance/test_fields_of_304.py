"""What a 304 has to repeat of the answer with the content."""

from __future__ import annotations

import pytest

from conformance.checks.http.page_readings import fields_of_304
from conformance.verdicts import Deviation

from .answers import answer_of

WHOLE = answer_of(headers={"ETag": 'W/"a"', "Vary": "Accept, Accept-Encoding, accept-encoding"})


@pytest.mark.parametrize("tag", ['"a"', 'W/"a"'])
def test_order_repeats_and_weakness_do_not_count(tag: str) -> None:
    fields_of_304(answer_of(status=304, headers={"ETag": tag, "Vary": "Accept-Encoding, Accept"}), WHOLE)


@pytest.mark.parametrize(
    "headers",
    [
        {"ETag": '"b"', "Vary": "Accept, Accept-Encoding"},
        {"ETag": '"a"', "Vary": "Accept-Encoding"},
        {"ETag": '"a"'},
        {"Vary": "Accept, Accept-Encoding"},
    ],
    ids=["other-tag", "other-vary", "no-vary", "no-tag"],
)
def test_other_fields_are_found(headers: dict[str, str]) -> None:
    with pytest.raises(Deviation):
        fields_of_304(answer_of(status=304, headers=headers), WHOLE)
