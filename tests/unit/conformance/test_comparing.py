"""Lists are compared without the entries of others, and with everything that may be the deviation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from conformance.report.templates.comparing import is_about_time, known_of, same_content

if TYPE_CHECKING:
    from collections.abc import Callable

RUN, OTHER = "abcdefgh", "ijkmnpqr"
OWN = f"conformance-{RUN}-main"
ROOT = "https://registry.example.com/simple/"
PAGE = f"{ROOT}{OWN}/"
NAMES = [OWN, f"conformance-{OTHER}-main", f"conformance-{RUN}-unpublished", "requests"]


def same(then: str, now: str, *, url: str = ROOT, found: str = "") -> bool | None:
    case = {"published": [{"request": f"{OWN.replace('-', '_')}-1.0.tar.gz"}], "run": RUN, "found": found}
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


@pytest.mark.parametrize(
    ("expected", "found", "is_time"),
    [
        ("the time to be '2026-11-28T11:54:38.632507Z'", "'2099-01-01T00:00:00.000000Z'", True),
        ("the time to be '2026-11-28T11:54:38.632507Z'", "no time", False),
        ("the time to end with Z", "'2026-11-28T11:54:38'", False),
        ("status 200", "status 404", False),
        ("the URL to be http://127.0.0.1:8081/f", "http://127.0.0.1:9999/f", False),
    ],
)
def test_a_deviation_in_a_time_alone_is_known(expected: str, found: str, *, is_time: bool) -> None:
    assert is_about_time(expected, found) is is_time
