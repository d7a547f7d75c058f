"""Lists are compared without the entries of others, and with everything that may be the deviation."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from conformance.catalogue import catalogue
from conformance.report.templates.comparing import (
    beyond_answers,
    has_leftovers,
    is_about_serials,
    is_about_time,
    is_cut_description,
    known_of,
    same_content,
    same_length,
    same_tag,
    volatile,
)

if TYPE_CHECKING:
    from collections.abc import Callable

RUN, OTHER = "abcdefgh", "ijkmnpqr"
OWN = f"conformance-{RUN}-main"
ROOT = "https://registry.example.com/simple/"
PAGE = f"{ROOT}{OWN}/"
NAMES = [OWN, f"conformance-{OTHER}-main", f"conformance-{RUN}-unpublished", "requests"]


def same(then: str, now: str, *, url: str = ROOT, found: str = "", expected: str = "") -> bool | None:
    published = [{"request": f"{OWN.replace('-', '_')}-1.0.tar.gz"}]
    case = {"published": published, "run": RUN, "found": found, "expected": expected}
    return same_content(then, now.encode(), known_of(case, url))


def anchors(*names: str, odd: str = "", after: str = "<br>\n") -> str:
    listed = "".join(f'<a href="/simple/{each}/">{each}</a>{after}' for each in names)
    return f"<!DOCTYPE html><body>{listed}{odd}</body>"


def items(*names: str, odd: str = "") -> str:
    return f"<ul><li>{'</li> <li>'.join(f'<a href={each}/>{each}</a>' for each in names)}</li>{odd}</ul>"


def objects(*names: str, odd: str = "") -> str:
    listed = ", ".join(f'{{"name": "{each}", "_links": {{"id": 7}}}}' for each in names)
    return f'{{"meta": {{"api-version": "1.4"}}, "projects": [{listed}{odd}]}}'


MAKERS = [anchors, items, objects]
ODD = {
    anchors: ["<a href='old-0.1.tar.gz'>old</a>", '<a href="/simple/%E2%84%AAelvin/">\u212aelvin</a>', "<p>"],
    items: ["<li><a href=x>y</a></li>", "<p>text"],
    objects: [', {"name": "\u212aelvin"}', ', {"name": 1}', ', "name"'],
}


@pytest.mark.parametrize(
    "page",
    ['{{"meta": {{"_last-serial": {}}}, "files": []}}', "<!DOCTYPE html><body></body><!--SERIAL {}-->"],
)
def test_the_number_of_a_change_makes_no_difference(page: str) -> None:
    assert same(page.format(7), page.format(12), url=PAGE)
    assert same(page.format(7), page.format('"x"'), url=PAGE) is False


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("names", [NAMES[:count] for count in range(1, 5)])
def test_entries_of_others_make_no_difference(make: Callable[..., str], names: list[str]) -> None:
    assert same(make(*NAMES), make(*names))
    assert same(make(*names), make(*NAMES))


@pytest.mark.parametrize(("make", "odd"), [(make, odd) for make in MAKERS for odd in ODD[make]])
def test_what_may_be_the_deviation_makes_a_difference(make: Callable[..., str], odd: str) -> None:
    assert same(make(*NAMES, odd=odd), make(*NAMES[:2], odd=odd))
    assert same(make(*NAMES, odd=odd), make(*NAMES)) is False


@pytest.mark.parametrize("make", MAKERS)
def test_what_the_deviation_names_makes_a_difference(make: Callable[..., str]) -> None:
    for name in NAMES[2:]:
        assert same(make(*NAMES), make(OWN), found=f"{name} twice") is False
        assert same(make(*NAMES), make(OWN, name), found=f"{name} twice")


@pytest.mark.parametrize("make", MAKERS)
def test_the_frame_makes_a_difference(make: Callable[..., str]) -> None:
    page = make(*NAMES)
    assert same(page, page[1:]) is False
    assert same(page, page.replace("1.4", "1.3").replace("body", "BODY").replace("ul", "ol")) is False
    assert same(page, make(*NAMES[1:])) is False
    assert same(page, make(OWN, OWN)) is False


def test_the_page_of_a_project_has_no_others() -> None:
    page = anchors(f"{OWN}-1.0.tar.gz")
    assert same(page, page, url=PAGE)
    assert same(anchors(f"{OWN}-1.0.tar.gz", "requests"), page, url=PAGE) is False


def test_what_the_requests_themselves_publish_makes_a_difference() -> None:
    case = {"published": [], "run": RUN, "found": "", "requests": [{"url": PAGE, "body": ""}]}
    known = known_of(case, PAGE)
    then, now = (
        anchors(f"{OWN}-1.0.tar.gz", odd=f"<a href='{OWN}' data-yanked='{each}'></a>") for each in "ab"
    )
    assert same_content(then, then.encode(), known)
    assert same_content(then, now.encode(), known) is False


@pytest.mark.parametrize("make", [anchors, objects])
def test_of_a_long_list_the_beginning_is_known(make: Callable[..., str]) -> None:
    def cut(page: str) -> str:
        return f"{page[:800]}\u2026 <9000 bytes in all>"

    others = [f"other-{number}" for number in range(50)]
    odd = ODD[make][1].lstrip(", ") + ("," if make is objects else "")
    strange = make(OWN, *others).replace("[", f"[{odd}").replace("<body>", f"<body>{odd}")
    assert same(cut(make(OWN, *others)), make(OWN, *others))
    assert same(cut(make(OWN, *others)), make("a", OWN)) is None
    assert same(cut(make(OWN, *others)), make("a")) is False
    assert same(cut(strange), strange.replace("other-", "another-"))
    assert same(cut(strange), make("a", OWN)) is False
    assert same(cut("x" * 900), "x" * 700 + "y" * 200) is False


def test_a_separator_that_is_left_over_may_be_anywhere() -> None:
    others = [f"other-{number}" for number in range(4)]
    page = anchors(OWN, *others)
    first, third = (page.replace(at, f"<br>\n{at}", 1) for at in ("<a", '<a href="/simple/other-2'))
    assert first != third
    assert same(first, third)
    assert same(first, third.replace("other-2</a>", "other-2</a><p>")) is False
    assert same(first, first.replace("<br>", "<hr>", 1)) is False


def test_a_list_of_others_may_be_empty() -> None:
    others = [f"other-{number}" for number in range(4)]
    assert same(anchors(*others), anchors())
    assert same(anchors(OWN, *others), anchors()) is False


WINDOW = "https://gitlab.example.com/api/v4/groups/1/packages?per_page=1"


@pytest.mark.parametrize(
    ("now", "is_same"),
    [(["requests"], True), ([f"conformance-{OTHER}-main"], True), ([], False), ([OWN, "requests"], False)],
)
def test_of_a_part_of_a_list_of_others_the_number_of_entries_counts(now: list[str], *, is_same: bool) -> None:
    def page(*names: str) -> str:
        return json.dumps([{"name": each} for each in names])

    requests = [{"url": WINDOW, "body": ""}, {"url": PAGE, "body": ""}]
    known = known_of({"published": [], "run": RUN, "found": "", "requests": requests}, WINDOW)
    assert same_content(page(OWN), page(*now).encode(), known) is is_same
    assert same_content(page(OWN), b'{"error":"none"}', known) is False


@pytest.mark.parametrize(
    ("url", "found", "compared"),
    [
        (WINDOW, "X-Total: '2'", set()),
        (PAGE, "X-Total: '2'", {"x-total", "x-total-pages"}),
        (PAGE, "no Link", {"link"}),
        (PAGE, "status 404", set()),
        (PAGE, "the same serial", {"x-pypi-last-serial"}),
        (PAGE, "status 404 for pyserial", set()),
    ],
)
def test_header_fields_that_count_others_are_compared_where_the_deviation_is_about_them(
    url: str, found: str, compared: set[str]
) -> None:
    counts = {"link", "x-pypi-last-serial", "x-total", "x-total-pages"}
    requests = [{"url": PAGE, "body": ""}]
    known = known_of({"published": [], "run": RUN, "found": found, "requests": requests}, url)
    assert counts - volatile(known) == compared
    assert {"date", "etag"} < volatile(known)


@pytest.mark.parametrize(
    ("then", "now", "is_same"),
    [
        (['"a"', '"b"', '"a"'], ['"c"', '"d"', '"c"'], True),
        (['"a"', '"a"'], ['"c"', '"d"'], False),
        (['"a"', ""], ["", '"d"'], True),
        (["a"], ["b"], True),
        (["a"], ['"a"'], False),
        (['"a'], ['"a"'], False),
        (['W/"a"'], ['"a"'], False),
    ],
)
def test_entity_tags_keep_their_form_and_stay_the_same_as_often(
    then: list[str], now: list[str], *, is_same: bool
) -> None:
    tags: dict[str, str] = {}
    known = known_of({"published": [], "run": RUN, "found": ""}, PAGE)
    assert all(same_tag(tags, *pair, known) for pair in zip(then, now, strict=True)) is is_same


@pytest.mark.parametrize(
    ("then", "now", "url", "is_same"),
    [
        ({"Content-Length": "700"}, {"content-length": "701"}, PAGE, True),
        ({"Content-Length": "700"}, {"content-length": "1064"}, PAGE, False),
        ({"Content-Length": "700"}, {"content-length": "1064"}, ROOT, True),
        ({"Content-Length": "700"}, {}, PAGE, True),
    ],
)
def test_of_a_page_that_was_not_sent_the_length_counts(
    then: dict[str, str], now: dict[str, str], url: str, *, is_same: bool
) -> None:
    known = known_of({"published": [], "run": RUN, "found": ""}, url)
    assert same_length(then, now, known) is is_same


def cut_off(page: str) -> str:
    return f"{page[:800]}\u2026 <{len(page)} bytes in all>"


def test_of_a_long_page_the_length_tells_whether_its_end_is_the_same() -> None:
    files = [f"{OWN}-1.{number}.tar.gz" for number in range(50)]
    fifty, more = anchors(*files), anchors(*files, f"{OWN}-2.0.tar.gz")
    expected = f"the page to list {OWN}-2.0.tar.gz"
    assert same(cut_off(fifty), fifty, url=PAGE, expected=expected)
    assert same(cut_off(fifty), more, url=PAGE, expected=expected) is False
    assert same(cut_off(fifty), more, url=PAGE) is None
    assert same(cut_off(fifty), fifty.replace("body>", "BODY>"), url=PAGE) is False


def test_a_page_that_has_lost_what_was_found_is_another() -> None:
    files = [f"{OWN}-1.{number}.tar.gz" for number in range(50)]
    deleted = f"{OWN}-2.0.tar.gz"
    with_it, without = anchors(*files, deleted), anchors(*files)
    assert same(cut_off(with_it), without, url=PAGE, found=deleted) is False
    assert same(cut_off(with_it), with_it, url=PAGE, found=deleted)
    assert same(cut_off(with_it), without, url=PAGE) is None


def test_the_length_of_a_page_counts_but_for_figures() -> None:
    page = '{{"last_serial": {}, "name": "{}", "urls": [{}"{}"]}}'
    then = page.format(7, OWN, '"bdist_wheel", ' * 60, "bdist_egg")
    assert same(cut_off(then), page.format(123, OWN, '"bdist_wheel", ' * 60, "bdist_egg"), url=PAGE)
    assert same(cut_off(then), page.format(7, OWN, '"bdist_wheel", ' * 60, "bdist_wininst"), url=PAGE) is None


def test_the_rest_of_a_description_is_unknown() -> None:
    page = f'{{"info": {{"name": "{OWN}", "summary": "{"text " * 400}"}}, "urls": [{{"md5": "a"}}]}}'
    assert is_cut_description(cut_off(page))
    assert not is_cut_description(page)
    assert same(cut_off(page), page.replace('"summary"', '"Summary"'), url=PAGE) is False


def test_a_page_that_is_a_little_shorter_has_lost_no_file() -> None:
    files = [f"{OWN}-1.{number}.tar.gz" for number in range(50)]
    page = anchors(*files)
    other = f"conformance-{RUN}-other-2.0.tar.gz"
    assert same(cut_off(page), page.replace("</body>", ""), url=PAGE, found=f"no {other}") is None


@pytest.mark.parametrize(
    ("then", "is_same"),
    [
        ('{{"id": {}}}', True),
        ('{{"package_id":{}}}', True),
        ('{{"delete_api_path": "https://registry.example.com/api/v4/projects/1/packages/{}"}}', True),
        ('{{"web_path": "/group/project/-/packages/{}"}}', True),
        ('<a href="https://files.example.com/packages/{}/34/demo-1.0.tar.gz">demo-1.0.tar.gz</a>', False),
    ],
)
def test_only_the_numbers_that_gitlab_gives_may_differ(then: str, *, is_same: bool) -> None:
    assert same(then.format(12), then.format(7), url=PAGE) is is_same


def test_a_file_below_a_number_is_not_the_script_s_own() -> None:
    case = {"published": [], "run": RUN, "found": ""}
    assert known_of(case, "https://files.example.com/packages/12/34/demo-1.0.tar.gz").has_others
    assert not known_of(case, "https://registry.example.com/api/v4/projects/1/packages/12").has_others


@pytest.mark.parametrize("make", MAKERS)
def test_entries_of_the_earlier_run_are_known(make: Callable[..., str]) -> None:
    known = known_of({"published": [], "run": "zzzzzzzz", "found": "", "expected": ""}, ROOT)
    assert has_leftovers(make(*NAMES), RUN, known)
    assert not has_leftovers(make("requests"), RUN, known)
    assert not has_leftovers(f"no list of {OWN}", RUN, known)


def test_the_end_of_a_long_list_of_others_is_theirs_without_what_was_expected() -> None:
    others = [f"other-{number}" for number in range(50)]
    fewer, more = anchors(*others), anchors(*others, OWN)
    assert same(cut_off(fewer), anchors(*others, *others))
    assert same(cut_off(fewer), more, expected=f"the list to have {OWN}") is None


@pytest.mark.parametrize(
    ("case", "is_about"),
    [
        ({"expected": "`last_serial` to be a number", "found": "a text"}, True),
        ({"expected": "every page to have the same serial", "found": "7\n8"}, True),
        ({"expected": "status 200", "found": "GET /simple/serial/: status 404"}, False),
        ({"expected": "the page to list serial-1.0.tar.gz", "found": "no file of the serial port"}, False),
        ({"expected": "X-PyPI-Last-Serial to be exposed to scripts", "found": "GET /simple/demo/"}, False),
    ],
)
def test_a_deviation_is_about_serials_where_it_names_one(case: dict[str, str], *, is_about: bool) -> None:
    assert is_about_serials(case) is is_about
    assert known_of({"published": [], "run": RUN, **case}, PAGE).is_about_serials is is_about


def test_the_rows_about_serials_are_those_of_its_source() -> None:
    about = {
        row.id
        for row in catalogue()
        if is_about_serials(
            {"statement": row.statement, "expected": "", "found": "", "source": catalogue().cite(row)}
        )
    }
    assert about == {"http.serial-header", "jsonapi.serial"}


@pytest.mark.parametrize("page", ["<!--SERIAL {}-->", '{{"meta": {{"_last-serial": {}}}}}'])
def test_serials_count_where_the_deviation_is_about_them(page: str) -> None:
    assert same(page.format(13), page.format(1), url=PAGE)
    assert same(page.format(13), page.format(1), url=PAGE, found="the same serial") is False
    assert same(page.format(13), page.format("none"), url=PAGE) is False


@pytest.mark.parametrize(
    ("expected", "found", "is_time"),
    [
        ("the time to be '2026-11-28T11:54:38.632507Z'", "'2099-01-01T00:00:00.000000Z'", True),
        ("the time to be '2026-11-28T11:54:38.632507Z'", "no time", False),
        ("`upload-time` to be about 2026-11-28T11:54:38Z, at the upload", "2026-11-28T17:39:38.1Z", True),
        ("the time to end with Z", "'2026-11-28T11:54:38'", False),
        ("status 200", "status 404", False),
        ("the URL to be http://127.0.0.1:8081/f", "http://127.0.0.1:9999/f", False),
    ],
)
def test_a_deviation_in_a_time_alone_is_known(expected: str, found: str, *, is_time: bool) -> None:
    assert is_about_time(expected, found) is is_time


@pytest.mark.parametrize(("listed", "is_same"), [([OWN], True), ([], False)])
def test_a_page_with_a_byte_that_is_no_text_is_compared(listed: list[str], *, is_same: bool) -> None:
    known = known_of({"published": [], "run": RUN, "found": OWN, "expected": ""}, PAGE)
    then, now = (anchors(*each, odd="Caf\u00e9").encode("latin-1") for each in ([OWN], listed))
    assert same_content(then.decode("utf-8", "replace"), now, known) is is_same


def test_two_files_that_are_no_text_are_not_said_to_be_equal() -> None:
    known = known_of({"published": [], "run": RUN, "found": "", "expected": ""}, PAGE)
    assert same_content("PK\x03\x04 one \ufffd", b"PK\x03\x04 other \xff", known) is None
    assert same_content("PK\x03\x04 one \ufffd", b"no such file", known) is False
    about_type = known._replace(about="a content-type that is none of html")
    assert same_content("PK\x03\x04 one \ufffd", b"PK\x03\x04 other \xff", about_type) is True


def test_a_size_of_pages_is_no_status() -> None:
    assert beyond_answers("X-Per-Page: 100", "X-Per-Page: 101") == ""
    assert beyond_answers("the connection to stay open", "it was closed")
