"""The page: whole, small, and deaf to what a registry puts into it."""

from __future__ import annotations

import hashlib
import json
import re
from base64 import b64encode
from html.parser import HTMLParser
from typing import Any

from conformance.catalogue import catalogue
from conformance.report.html import as_html, clients_in
from conformance.report.matrix import as_html as matrix_as_html
from conformance.report.matrix import read_matrix


class Page(HTMLParser):
    """The elements of a page and its visible text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def test_every_finding_is_there_with_its_source(every_verdict: Any) -> None:
    result = every_verdict.stored()
    page = Page(as_html(result))
    for finding in result.results:
        assert finding.statement.replace("`", "") in page.text
        assert finding.source in page.text
        assert finding.affects.replace("`", "") in page.text
    assert "$DEFAULT" in page.text


def test_hostile_text_is_shown_and_is_nothing_else(every_verdict: Any) -> None:
    page = Page(as_html(every_verdict.stored()))
    assert [each.get("type") for each in page.all("script")] == ["application/json", None]
    assert page.all("img") == []
    assert not any(name.startswith("on") for _, attributes in page.elements for name in attributes)
    assert "<img src=x onerror=alert(1)>" in page.text
    assert "{{ 7*7 }}" in page.text


def test_the_page_needs_nothing_else(every_verdict: Any) -> None:
    page = Page(as_html(every_verdict.stored()))
    addresses = [
        (tag, value or "")
        for tag, each in page.elements
        for name, value in each.items()
        if name in {"src", "href"}
    ]
    sources = {finding.source_url for finding in every_verdict.stored().results}
    assert all(value.startswith("#") or (tag == "a" and value in sources) for tag, value in addresses)


def test_a_source_with_an_address_is_a_link(table: Any) -> None:
    table.add("http.range.single", "failed").add("upload.dup.different", "failed")
    linked, plain = table.stored().results
    page = Page(as_html(table.stored()))
    hrefs = [each["href"] for tag, each in page.elements if tag == "a"]
    assert linked.source_url in hrefs
    assert not plain.source_url
    assert plain.source in page.text
    assert page.all("link") == []


def test_only_our_own_script_and_style_may_run(every_verdict: Any) -> None:
    text = as_html(every_verdict.stored())
    (policy,) = [each["content"] for each in Page(text).all("meta") if "http-equiv" in each]
    assert policy
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    for tag in ("script", "style"):
        (content,) = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        digest = b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy


def test_without_a_script_everything_is_shown(every_verdict: Any) -> None:
    page = Page(as_html(every_verdict.stored()))
    hidden = [(name, attributes) for name, attributes in page.elements if "hidden" in attributes]
    assert all(name == "form" or "data-script" in attributes for name, attributes in hidden)


def test_a_full_run_in_which_all_fails_stays_small(table: Any) -> None:
    exchange = table.exchange(response_body="<\"'&>" * 400, response_headers={"X": '"' * 5_000})
    for name in catalogue().requirements:
        table.add(name, "failed", "<&\"'>" * 500, exchanges=[exchange] * 2)
    assert len(as_html(table.stored()).encode()) < 2_000_000


def test_what_was_left_out_is_counted(table: Any) -> None:
    exchanges = [table.exchange(number=number, response_body="x" * 1_000) for number in range(40)]
    table.add("simple.html.doctype", "failed", exchanges=exchanges)
    text = Page(as_html(table.stored())).text
    shown = text.count("curl --include")
    assert 0 < shown < 40
    assert f"{40 - shown} more exchanges are in the JSON result" in text


def test_the_top_says_how_many_problems_there_are_and_who_is_affected(table: Any) -> None:
    table.add("simple.html.doctype", "failed").add("negotiation.vary", "warned")
    text = as_html(table.stored())
    top = Page(text[: text.index("<table")]).text
    assert "1 failure and 1 warning." in top
    assert catalogue()["simple.html.doctype"].affects in top


def test_an_answer_is_open_where_something_in_it_is_wrong(table: Any) -> None:
    wrong = table.exchange(status=500, response_headers={"Server": "x"}, response_body="<b>no</b>")
    right = table.exchange(status=404)
    found = "status 500: <b>no</b>"
    table.add("simple.html.doctype", "failed", found, expected="status 404", exchanges=[right, wrong])
    page = Page(as_html(table.stored()))
    answers = [each for each in page.all("details") if each.get("class") == "answer"]
    assert ["open" in each for each in answers] == [False, True]
    assert len(page.all("mark")) == 2  # the status, and the word in the heading


def test_a_cause_is_linked_where_it_is_in_the_page(table: Any) -> None:
    table.add("simple.json.meta", "untestable", message="not found", cause="simple.claimed-features")
    link = '<a href="#simple.claimed-features">'
    page = as_html(table.stored())
    assert "<dt>follows from</dt><dd><code>simple.claimed-features</code>" in page
    assert link not in page
    assert f"<dt>follows from</dt><dd>{link}" in as_html(
        table.add("simple.claimed-features", "failed").stored()
    )


def test_clients_are_whole_words() -> None:
    assert clients_in("pip and uv, which read it; pip-audit is no pip-tools") == ("pip", "uv", "pip-tools")
    assert clients_in("pipelines, pip-compile and uvicorn") == ()


def test_a_broken_file_stops_no_matrix(table: Any, tmp_path: Any) -> None:
    good, broken = tmp_path / "<b>good.json", tmp_path / "broken.json"
    good.write_text(json.dumps(table.add("simple.html.doctype", "failed").as_json()))
    broken.write_text("{")
    matrix, bad = read_matrix([broken, good, tmp_path / "absent.json"])
    assert [column.name for column in matrix.columns] == ["<b>good"]
    assert [str(error).split(":")[0] for error in bad] == [
        f"{broken} is not a result",
        f"cannot read {tmp_path / 'absent.json'}",
    ]
    page = Page(matrix_as_html(matrix))
    assert page.all("b") == []
    assert len(page.all("script")) == 1
    assert "✗" in page.text


def test_columns_of_the_same_file_name_are_told_apart(table: Any, tmp_path: Any) -> None:
    paths = [tmp_path / folder / "result.json" for folder in ("one", "other")]
    for path in paths:
        path.parent.mkdir()
        path.write_text(json.dumps(table.as_json()))
    matrix, _ = read_matrix(paths)
    assert [column.name for column in matrix.columns] == [str(path) for path in paths]
