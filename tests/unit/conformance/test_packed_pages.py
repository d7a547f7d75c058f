"""A long list of projects is read as a short one is, and takes a fraction of the memory."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest

from conformance.kit.project_names import absent, listed_twice, only_in
from conformance.pages import html as html_form
from conformance.pages import (
    json_form,
    large_html,
    large_json,
    links,
    read_json,
    read_root_json,
    read_root_page,
)
from conformance.pages.large_html import read_packed
from conformance.pages.packed import Packed
from conformance.pages.plain_html import PlainReader, read_plainly

PIECES = (
    '<a href="one/">one</a><br>\n',
    '    <a href="two/" >Two</a >\n    ',
    '<li><A HREF="three/">three</A></li>',
    '<a href="x?a=1&amp;b">x</a>',
    "<a href='four/'>four</a> text & more ",
    '<a href="">none</a>',
    '<a name="five">five</a>',
    '<a href="six/">six <b>six</b></a>',
    '<a href="seven/">seven ',
    '<!-- <a href="eight/">eight</a> -->',
    '<script>"<a href=\\"no/\\">no</a>"</script>',
    '<a data-yanked href="nine/">nine</a>',
    "<!-- ",
    " -->",
    "<p title='<a href=\"ten/\">'>",
    "&",
    '<a href="\u2603/">\u2603</a>',
)
ENTRIES = (
    {"name": "a"},
    {"name": "\u2603", "_last-serial": 12},
    {"name": 'b"]},{', "_x": [1, {"y": None}]},
    {},
)


@pytest.mark.parametrize("seed", range(60))
def test_html_has_the_same_links_however_it_is_read(seed: int) -> None:
    random = Random(seed)  # noqa: S311 - nothing secret
    page = "".join(random.choices(PIECES, k=random.randrange(1, 40)))
    plain = [(each.attributes, "".join(each.texts)) for each in read_plainly(page).anchors]
    reader, packed = read_packed(page)
    assert [(each.attributes, each.text) for each in packed] == plain
    assert not reader.is_cut


class Counting(PlainReader):
    """A reader that counts the characters it looks at, those that it looks at again included."""

    looked_at = 0

    def feed(self, data: str) -> None:
        """Read some more."""
        self.looked_at += len(self.rawdata) + len(data)
        super().feed(data)


@pytest.mark.parametrize(
    ("before", "after"),
    [("<!-- ", " -->"), ("<script>", "</script>"), ("<p title='", "'>"), ("<a x='", "'>")],
)
def test_what_stays_open_is_read_a_few_times_only(
    before: str, after: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(large_html, "PlainReader", Counting)
    page = f"{before}{'<a x>' * 5000}{after}" + '<a href="last/">last</a>' * 9
    reader, packed = read_packed(page)
    assert isinstance(reader, Counting)
    assert reader.looked_at < 8 * len(page)
    assert len(packed) == 9


def test_the_pattern_looks_at_no_more_than_a_little_white_space() -> None:
    assert large_html._ORDINARY.match(" " * 100 + '<a href="a">a</a>')
    assert not large_html._ORDINARY.match(" " * 1000 + '<a href="a">a</a>')
    assert len(read_packed(" " * 1000 + '<a href="a">a</a>')[1]) == 1


def body(entries: list[Any], *, indent: int | None, more: dict[str, Any]) -> bytes:
    page = {"meta": {"api-version": "1.4"}, "projects": entries, **more}
    return json.dumps(page, indent=indent, ensure_ascii=indent is None).encode()


@pytest.mark.parametrize("window", [200, 1000])
@pytest.mark.parametrize("indent", [None, 2])
def test_json_is_the_same_however_it_is_read(
    window: int, indent: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    random = Random(window)  # noqa: S311 - nothing secret
    content = body(random.choices(ENTRIES, k=50), indent=indent, more={"_z": 1})
    whole = read_json(content + b" ")
    monkeypatch.setattr(json_form, "MANY_VALUES", 10)
    monkeypatch.setattr(large_json, "WINDOW", window)
    packed = read_json(content)
    assert isinstance(packed.object["projects"], Packed)
    assert {**packed.object, "projects": [*packed.object["projects"]]} == whole.object
    assert packed.problems == whole.problems == ()
    root = read_root_json(content, where="")
    assert [*root.names] == [each.get("name", "") for each in whole.object["projects"]]
    assert root.projects[-1].raw == whole.object["projects"][-1]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b'{"projects":[{"name":"a"},]}', "Expecting value"),
        (b'{"projects":[{"name":"a"} {"name":"b"}]}', "expected , or ]"),
        (b'{"projects":[{"name":"a"}]', "expected , or }"),
        (b'{"projects":[{"name":"a"}]} {}', "expected the end"),
        (b'{1:[{"name":"a"}]}', "expected a key"),
        (b'{"projects":[{"name":"\xff"}]}', "can't decode"),
        (b'{"projects":[{"name":"a","name":"b"}]}', "'name' more than once"),
        (b'{"projects":[{"name":"a"}],"projects":[]}', "'projects' more than once"),
        (b'{"projects":[{"name":NaN}]}', "NaN"),
        (b'\xef\xbb\xbf{"projects":[{"name":"a"}]}', "a byte order mark"),
    ],
)
def test_a_long_list_is_read_as_strictly_as_a_short_one(
    content: bytes, problem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_form, "MANY_VALUES", 1)
    found = read_json(content.replace(b"[{", b"[" + b'{"name":"c"},' * 9 + b"{"))
    assert [problem in each for each in found.problems] == [True]
    assert not found.is_cut


def test_an_odd_entry_of_a_long_list_is_read_as_in_a_short_one(monkeypatch: pytest.MonkeyPatch) -> None:
    half = b'{"name":"\\ud83d"}'
    odd = b'{"name":"\\ud83d","size":' + b"9" * 5000 + b',"_x":[]}'
    large = b'{"name":"a","size":' + b"9" * 1001 + b',"_y":' + b"9" * 30 + b"}"
    content = b'{"projects":[' + b",".join([odd, half, large, b'{"name":NaN}', b'{"_z":1e999}']) + b"]}"
    whole = read_json(content)
    monkeypatch.setattr(json_form, "MANY_VALUES", 1)
    packed = read_json(content + b" ")
    assert isinstance(packed.object["projects"], Packed)
    assert [*packed.object["projects"]] == whole.object["projects"]
    assert packed.problems == whole.problems
    assert len(whole.problems) == 3


def test_a_deep_entry_is_not_packed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_form, "MANY_VALUES", 1)
    content = b'{"projects":[{"_x":' + b"[" * 300 + b"]" * 300 + b"},{}]}"
    assert read_json(content).data == json.loads(content)
    assert not read_json(content).is_packed


@pytest.mark.parametrize("content", [b'{"projects":[1,2,{}]}', b"[{},{},{}]", b'{"files":[{},{},{}]}'])
def test_what_is_no_list_of_projects_is_read_whole(content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_form, "MANY_VALUES", 1)
    assert read_json(content).data == json.loads(content)


def test_more_than_a_window_beside_the_list_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_form, "MANY_VALUES", 10)
    monkeypatch.setattr(json_form, "MOST_VALUES", 20)
    monkeypatch.setattr(large_json, "WINDOW", 100)
    assert read_json(b'{"projects":[' + b"{}," * 30 + b'{"a":"' + b"x" * 200 + b'"}]}').is_cut


def test_lists_are_compared_by_normalized_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(html_form, "LARGEST_TREE", 10)
    monkeypatch.setattr(json_form, "MANY_VALUES", 1)
    names = ("A.b", "c", "a_b", "d")
    page = "".join(f'<a href="{name}/">{name}</a>\n' for name in names)
    html = read_root_page(page, url="http://host/simple/", where="")
    entries = [{"name": name} for name in ("a-B", "e", "d")]
    in_json = read_root_json(json.dumps({"projects": entries}).encode(), where="")
    assert html.is_packed
    assert in_json.is_packed
    assert (html.projects[1].url, len(html.names)) == ("http://host/simple/c/", 4)
    assert listed_twice(html.names) == ["A.b and a_b"]
    assert (only_in(html, in_json), only_in(in_json, html)) == ({"c"}, {"e"})
    assert absent(["a-b", "e"], html) == ["e"]


BASES = ("http://host/", "http://host", "http://host/a/b?c", "http://host:99999/a/", "http://h:80/a/../b/")
LINKS = ("a/", "a/b/", "../a/", ".a/", "a", "/a/", "a:b/", "a;b/", "a%20b/", "...", "a/../", "a//")


def test_links_that_are_read_at_a_glance_lead_where_others_do(monkeypatch: pytest.MonkeyPatch) -> None:
    bases = (*BASES, "https://host:443/simple/", "about:invalid?x", "http://host/a/b", "http://host/a;b/c")
    found = [links.resolved(base, link) for base in bases for link in LINKS]
    monkeypatch.setattr(links, "_folder", lambda _: "")
    assert found == [links.resolved(base, link) for base in bases for link in LINKS]
