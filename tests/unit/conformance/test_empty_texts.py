"""Every report can be made of a result whose texts are empty, as another version, or a hand, may write it."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.report.formats import FORMATS
from conformance.report.terminal import as_text
from conformance.verdicts import Verdict

ROWS = ("simple.html.doctype", "http.pages.gzip")


@pytest.mark.parametrize("text", ["", "\n", " \n ", "\n\nafter empty lines"], ids=repr)
@pytest.mark.parametrize("verdict", Verdict)
@pytest.mark.parametrize("name", [*FORMATS, "terminal"])
def test_texts_may_be_empty(name: str, verdict: Verdict, text: str, table: Any) -> None:
    for row, signature in zip(ROWS, ("", "0" * 12), strict=True):
        texts = dict.fromkeys(("message", "expected", "found", "where"), text)
        table.add(row, str(verdict), signature=signature, **texts)
    result = table.stored()
    report = as_text(result) if name == "terminal" else FORMATS[name].render(result)
    assert report.strip()


def test_the_first_line_with_text_says_why(table: Any) -> None:
    table.add(ROWS[0], "error", signature="", message="\n\nafter empty lines\nand more")
    assert "why: <code>after empty lines</code>" in FORMATS["html"].render(table.stored())
