"""The page of several registries as a reader has it: differences, a choice of registries, words, and links."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.catalogue import catalogue
from conformance.report.matrix import Column, as_html, matrix_of
from conformance.report.result_file import result_from_json

pytestmark = pytest.mark.xdist_group("browser")

VERDICTS = {
    "http.files.content-type": ("passed", "passed", "passed"),
    "simple.html.doctype": ("passed", "failed", "passed"),
    "simple.html.hash.present": ("failed", "failed", "not applicable"),
}


def column(number: int) -> Column:
    rows = [
        {
            "id": name,
            "level": str(catalogue()[name].level),
            "standing": str(catalogue()[name].standing),
            "verdict": verdicts[number],
            "message": "",
            "duration": 0.1,
            "requests": 1,
            "exchanges": [],
        }
        for name, verdicts in VERDICTS.items()
    ]
    result = result_from_json(
        {
            "suite": {"name": "pypi-registry-conformance", "version": "0.1.0"},
            "target": {"url": "http://127.0.0.1:1", "profile": "index", "embedded": False},
            "run": "",
            "started": "2026-11-22T17:25:54+00:00",
            "finished": "2026-11-22T17:25:59+00:00",
            "summary": {"requests": 7, "seed": 0, "exit_code": 1, "notes": []},
            "results": rows,
        }
    )
    return Column(name=f"registry{number}", result=result, verdicts=result.verdict_by_id)


STEPS = """
  const seen = [];
  const shown = () => all(".requirement").filter((row) => row.offsetParent).map((row) => row.id);
  const note = () => seen.push([shown(), view.location.hash.slice(1)]);
  note();
  page.querySelector("[name=column][value='1']").click(); note();
  page.querySelector("[type=reset]").click(); await moment(); note();
  change("text", "DOCTYPE"); note();
  change("text", ""); change("verdict", "not-applicable"); note();
  const parts = (row) => [...row.querySelectorAll("rect")].map((part) => part.className.baseVal);
  seen.push(all(".areas tbody tr").map(parts));
  return seen;
"""


def test_differences_choices_and_words(browser: Any) -> None:
    page = as_html(matrix_of(map(column, range(3))))
    linked, chosen, everything, words, verdict, bars = browser(page, STEPS, fragment="#differing=on")
    assert linked == [["simple.html.doctype", "simple.html.hash.present"], "differing=on"]
    assert chosen == [["simple.html.hash.present"], "column=0%2C2&differing=on"]
    assert everything == [list(VERDICTS), ""]
    assert words == [["simple.html.doctype"], "text=DOCTYPE"]
    assert verdict == [["simple.html.hash.present"], "verdict=not-applicable"]
    assert bars == [["passed"] * 3, ["passed", "failed", "failed", "passed", "not-applicable"]]


@pytest.mark.parametrize("width", [390, 1280])
def test_the_sentences_of_requirements_are_read_at_every_width(browser: Any, width: int) -> None:
    steps = """
      const widths = [".matrix table", ".matrix"].map((each) => page.querySelector(each).clientWidth);
      const cells = all(".requirement th");
      const parts = cells.map((each) => ["code", "small"].map((name) => each.querySelector(name)));
      const below = parts.map(([id, text]) => text.offsetTop >= id.offsetTop + id.offsetHeight - 1);
      return [widths[0] >= widths[1], parts.map(([, text]) => text.offsetHeight > 0), below];
    """
    page = as_html(matrix_of(map(column, range(3))))
    filled, seen, below = browser(page, steps, frame=f'width="{width}" height="900"')
    assert filled, "the table ends short of its place"
    assert seen == [True] * len(VERDICTS)
    assert below == [width < 500] * len(VERDICTS)
