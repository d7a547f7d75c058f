from __future__ import annotations

from dataclasses import replace
from itertools import permutations
from typing import TYPE_CHECKING, Any

import pytest

from reference_server.rules.negotiation import (
    SIMPLE_HTML,
    SIMPLE_JSON,
    TEXT_HTML,
    accepts_gzip,
    negotiate,
)

if TYPE_CHECKING:
    from reference_server.rules.registry import Registry

SIMPLE = "/projects/1/packages/pypi/simple"
OFFERED = (SIMPLE_JSON, SIMPLE_HTML, TEXT_HTML)
LATEST = "application/vnd.pypi.simple.latest"
CONTENT_TYPES = {
    SIMPLE_JSON: SIMPLE_JSON,
    SIMPLE_HTML: SIMPLE_HTML,
    TEXT_HTML: "text/html; charset=utf-8",
}

ACCEPT = [
    (None, TEXT_HTML),
    ("", TEXT_HTML),
    (" , ,", TEXT_HTML),
    ("*/*", TEXT_HTML),
    ("*/*;q=0.001", TEXT_HTML),
    ("*/*;q=0", None),
    ("text/*", TEXT_HTML),
    ("application/*", SIMPLE_JSON),
    ("application/*, text/*", SIMPLE_JSON),
    (SIMPLE_JSON, SIMPLE_JSON),
    (SIMPLE_HTML, SIMPLE_HTML),
    (TEXT_HTML, TEXT_HTML),
    (SIMPLE_JSON.upper(), SIMPLE_JSON),
    ("Text/HTML;charset=utf-8", TEXT_HTML),
    (f"{LATEST}+json", SIMPLE_JSON),
    (f"{LATEST}+html", SIMPLE_HTML),
    (f"{LATEST}+json;q=0.1, {LATEST}+html;q=0.2", SIMPLE_HTML),
    (f"{SIMPLE_JSON};q=0.1, text/html;q=0.9", TEXT_HTML),
    (f"{SIMPLE_JSON};q=0.9, text/html;q=0.1", SIMPLE_JSON),
    (f"{SIMPLE_JSON} ; Q=0.5 , {SIMPLE_HTML};q=1.000", SIMPLE_HTML),
    (f"{SIMPLE_JSON};q=0, text/html", TEXT_HTML),
    (f"*/*;q=1, {SIMPLE_JSON};q=0", TEXT_HTML),
    (f"*/*, text/html;q=0, {SIMPLE_HTML};q=0", SIMPLE_JSON),
    ("*/*, text/html;q=0.5", SIMPLE_JSON),
    ("application/*, text/html;q=0.9", SIMPLE_JSON),
    (f"{SIMPLE_JSON}, */*", SIMPLE_JSON),
    ("text/html, */*", TEXT_HTML),
    (f"image/png, {SIMPLE_HTML};q=0.1", SIMPLE_HTML),
    ("image/png", None),
    ("application/vnd.pypi.simple.v9+json", None),
    ("application/json", None),
    ("text/html;q=0", None),
    ("text/html;q=abc", TEXT_HTML),
    (f"{SIMPLE_JSON};q=2", TEXT_HTML),
    (f"{SIMPLE_JSON};q=0.1234, {SIMPLE_HTML};q=0.1", SIMPLE_HTML),
    (f"{SIMPLE_JSON};q=, {SIMPLE_HTML};q=0.1", SIMPLE_HTML),
    ("nonsense", TEXT_HTML),
    ("*/html", TEXT_HTML),
    ('"a/b", ;;;=', TEXT_HTML),
    # pip, uv, poetry, older poetry, a browser
    (f"{SIMPLE_JSON}, {SIMPLE_HTML}; q=0.1, text/html; q=0.01", SIMPLE_JSON),
    (f"{SIMPLE_JSON}, {SIMPLE_HTML};q=0.2, text/html;q=0.01", SIMPLE_JSON),
    (f"{SIMPLE_JSON}, */*;q=0.1", SIMPLE_JSON),
    ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", TEXT_HTML),
]


@pytest.mark.parametrize(("accept", "expected"), ACCEPT)
def test_negotiation(accept: str | None, expected: str | None) -> None:
    assert negotiate(accept, OFFERED, TEXT_HTML) == expected


def test_the_order_of_a_header_means_nothing() -> None:
    members = (SIMPLE_JSON, f"{SIMPLE_HTML};q=0.5", "text/html", "*/*")
    chosen = {negotiate(",".join(each), OFFERED, TEXT_HTML) for each in permutations(members)}
    assert chosen == {SIMPLE_JSON}


@pytest.mark.parametrize(
    ("accept_encoding", "expected"),
    [
        (None, False),
        ("", False),
        ("identity", False),
        ("gzip", True),
        ("GZIP", True),
        ("x-gzip", True),
        ("gzip, deflate, zstd", True),
        ("gzip;q=0", False),
        ("gzip;q=0, *", False),
        ("gzip;q=0.5, identity", False),
        ("gzip;q=0.5, identity;q=0.1", True),
        ("identity;q=0", False),
        ("identity;q=0, *", True),
        ("*", True),
        ("br, zstd", False),
        ("gzip;q=x", False),
    ],
)
def test_gzip_is_liked(accept_encoding: str | None, expected: bool) -> None:  # noqa: FBT001
    assert accepts_gzip(accept_encoding) is expected


@pytest.mark.parametrize("path", ["/", "/demo/"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(("accept", "expected"), ACCEPT)
def test_pages_are_negotiated(
    api: Any, registry: Registry, *, path: str, method: str, accept: str | None, expected: str | None
) -> None:
    registry.publish("demo-1.0.tar.gz", b"")
    headers = {} if accept is None else {"Accept": accept}
    answer = api.request(method, f"{SIMPLE}{path}", headers=headers)
    assert "Accept" in answer.headers["Vary"].split(", ")
    if expected is None:
        assert answer.status_code == 406
        assert answer.content_type == "text/plain; charset=utf-8"
    else:
        assert (answer.status_code, answer.content_type) == (200, CONTENT_TYPES[expected])


def test_406_says_what_there_is(api: Any) -> None:
    text = api.get(f"{SIMPLE}/", headers={"Accept": "image/png"}).text
    assert all(media_type in text for media_type in OFFERED)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("format=application/vnd.pypi.simple.v1%2Bjson", SIMPLE_JSON),
        ("format=application/vnd.pypi.simple.v1+json", SIMPLE_JSON),
        ("format=application%2Fvnd.pypi.simple.v1%2Bhtml&x", SIMPLE_HTML),
        ("format=application/vnd.pypi.simple.latest%2Bjson", SIMPLE_JSON),
        ("format=TEXT/html", TEXT_HTML),
        ("format=*/*", None),
        ("format=text/*", None),
        ("format=text/html;q=0.1", None),
        (f"format=text/html,{SIMPLE_JSON}", None),
        ("format=json", None),
        ("format=", None),
        ("format=%ff", None),
    ],
)
@pytest.mark.parametrize("accept", ["text/html", SIMPLE_JSON, "image/png"])
def test_format_outweighs_accept(api: Any, query: str, expected: str | None, accept: str) -> None:
    answer = api.get(f"{SIMPLE}/?{query}", headers={"Accept": accept})
    content_type = CONTENT_TYPES[expected] if expected else "text/plain; charset=utf-8"
    assert (answer.status_code, answer.content_type) == (200 if expected else 406, content_type)


def test_format_survives_a_redirect(api: Any, registry: Registry) -> None:
    registry.publish("demo-1.0.tar.gz", b"")
    query = "format=application/vnd.pypi.simple.v1%2Bjson"
    location = api.get(f"{SIMPLE}/Demo?{query}").headers["Location"]
    assert location == f"demo/?{query}"
    assert api.get(f"{SIMPLE}/{location}").content_type == SIMPLE_JSON


@pytest.mark.parametrize(
    ("changes", "accept", "expected"),
    [
        ({"refuses_unacceptable": False}, "image/png", (200, "text/html; charset=utf-8")),
        ({"serializations": (TEXT_HTML,)}, f"{SIMPLE_JSON}, */*;q=0.1", (200, "text/html; charset=utf-8")),
        ({"serializations": (TEXT_HTML,)}, SIMPLE_JSON, (406, "text/plain; charset=utf-8")),
        ({"default_serialization": SIMPLE_JSON}, "*/*", (200, SIMPLE_JSON)),
        ({"negotiate": lambda *_asked: SIMPLE_HTML}, "image/png", (200, SIMPLE_HTML)),
        ({"reads_format": False}, TEXT_HTML, (200, "text/html; charset=utf-8")),
    ],
)
def test_other_rules(
    api: Any, registry: Registry, changes: dict[str, Any], accept: str, expected: tuple[int, str]
) -> None:
    registry.rules = replace(registry.rules, **changes)
    api = type(api)(registry)
    answer = api.get(f"{SIMPLE}/?format=", headers={"Accept": accept}) if "reads_format" in changes else None
    answer = answer or api.get(f"{SIMPLE}/", headers={"Accept": accept})
    assert (answer.status_code, answer.content_type) == expected


def test_a_redirect_comes_before_negotiation(api: Any, registry: Registry) -> None:
    registry.publish("demo-1.0.tar.gz", b"")
    assert api.get(f"{SIMPLE}/demo", headers={"Accept": "image/png"}).status_code == 301


def test_files_come_whatever_is_accepted(api: Any, registry: Registry) -> None:
    file = registry.publish("demo-1.0.tar.gz", b"content")
    path = f"/projects/1/packages/pypi/files/{file.sha256}/demo-1.0.tar.gz"
    assert api.get(path, headers={"Accept": SIMPLE_JSON}).data == b"content"
