from __future__ import annotations

import gzip
import random
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from werkzeug.datastructures import Headers

from reference_server.distributions import wheel
from reference_server.http.preconditions import precondition, range_holds
from reference_server.http.ranges import UnsatisfiableRangeError, byte_range
from reference_server.rules.negotiation import SIMPLE_HTML, SIMPLE_JSON, TEXT_HTML

if TYPE_CHECKING:
    from reference_server.rules.registry import Registry

SIMPLE = "/projects/1/packages/pypi/simple"
ETAG = '"abc"'
MODIFIED = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
THEN = "Sun, 22 Nov 2026 12:00:00 GMT"
BEFORE = "Sun, 22 Nov 2026 11:59:59 GMT"
AFTER = "Sun, 22 Nov 2026 12:00:01 GMT"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"If-None-Match": '"abc"'}, 304),
        ({"If-None-Match": 'W/"abc"'}, 304),
        ({"If-None-Match": "*"}, 304),
        ({"If-None-Match": '"x", W/"a,b" ,"abc"'}, 304),
        ({"If-None-Match": ',"abc",'}, 304),
        ({"If-None-Match": '"ab"'}, 200),
        ({"If-None-Match": "abc"}, 200),
        ({"If-None-Match": '"x"abc"'}, 200),
        ({"If-None-Match": ""}, 200),
        ({"If-None-Match": 'w/"abc"'}, 200),
        ({"If-Modified-Since": THEN}, 304),
        ({"If-Modified-Since": AFTER}, 304),
        ({"If-Modified-Since": BEFORE}, 200),
        ({"If-Modified-Since": "yesterday"}, 200),
        ({"If-Modified-Since": "Thu, 01 Jan 2024 00:00:00 +99999999999999999"}, 200),
        ({"If-None-Match": '"x"', "If-Modified-Since": AFTER}, 200),
        ({"If-None-Match": '"abc"', "If-Modified-Since": BEFORE}, 304),
        ({"If-Match": '"abc"'}, 200),
        ({"If-Match": "*"}, 200),
        ({"If-Match": '"x", "abc"'}, 200),
        ({"If-Match": 'W/"abc"'}, 412),
        ({"If-Match": '"x"'}, 412),
        ({"If-Match": "nonsense"}, 412),
        ({"If-Match": '"x"', "If-None-Match": '"abc"'}, 412),
        ({"If-Match": '"abc"', "If-None-Match": '"abc"'}, 304),
        ({"If-Match": '"abc"', "If-Unmodified-Since": BEFORE}, 200),
        ({"If-Unmodified-Since": THEN}, 200),
        ({"If-Unmodified-Since": BEFORE}, 412),
        ({"If-Unmodified-Since": "nonsense"}, 200),
        ({"If-Unmodified-Since": THEN, "If-None-Match": '"abc"'}, 304),
    ],
)
def test_preconditions(headers: dict[str, str], status: int) -> None:
    assert precondition(Headers(headers), etag=ETAG, last_modified=MODIFIED) == status


def test_a_date_says_nothing_where_none_is_known() -> None:
    for name in ("If-Modified-Since", "If-Unmodified-Since"):
        assert precondition(Headers({name: BEFORE}), etag=ETAG) == 200


@pytest.mark.parametrize(
    ("if_range", "holds"),
    [
        (ETAG, True),
        (THEN, True),
        ("", True),
        ('W/"abc"', False),
        ('"x"', False),
        (AFTER, False),
        (BEFORE, False),
        ("*", False),
        ("nonsense", False),
    ],
)
def test_if_range(if_range: str, holds: bool) -> None:  # noqa: FBT001
    assert range_holds(Headers({"If-Range": if_range}), etag=ETAG, last_modified=MODIFIED) is holds


WHOLE = None
RANGES = [
    (None, WHOLE),
    ("bytes=0-0", range(1)),
    ("bytes=2-4", range(2, 5)),
    ("BYTES = 2-4 ", range(2, 5)),
    ("bytes=2-", range(2, 10)),
    ("bytes=9-", range(9, 10)),
    ("bytes=-3", range(7, 10)),
    ("bytes=-10", range(10)),
    ("bytes=-1000000000", range(10)),
    ("bytes=0-1000000000", range(10)),
    ("bytes=0-" + "9" * 100, range(10)),
    ("bytes=0-" + "9" * 5000, WHOLE),
    ("bytes=0-1,5-6", WHOLE),
    ("bytes=0-1,50-60", WHOLE),
    ("bytes=4-2", WHOLE),
    ("bytes=", WHOLE),
    ("bytes=-", WHOLE),
    ("bytes=a-b", WHOLE),
    ("bytes=1-2,x", WHOLE),
    ("bytes=1 -2", WHOLE),
    ("bytes=²-", WHOLE),
    ("bytes", WHOLE),
    ("items=0-1", WHOLE),
    ("x", WHOLE),
]
UNSATISFIABLE = ["bytes=10-", "bytes=10-20", "bytes=999-", "bytes=-0", "bytes=10-,20-30"]


@pytest.mark.parametrize(("header", "expected"), RANGES)
def test_ranges(header: str | None, expected: range | None) -> None:
    assert byte_range(header, 10) == expected


@pytest.mark.parametrize("header", UNSATISFIABLE)
def test_ranges_beyond_the_end(header: str) -> None:
    with pytest.raises(UnsatisfiableRangeError):
        byte_range(header, 10)


def test_ranges_of_nothing() -> None:
    assert byte_range("bytes=-5", 0) is None
    with pytest.raises(UnsatisfiableRangeError):
        byte_range("bytes=0-", 0)


def paths(registry: Registry) -> tuple[str, str, bytes, bytes]:
    """Publish a wheel; give the URLs and the bytes of the file and of its metadata file."""
    made = wheel("demo", "1.0")
    file = registry.publish(made.filename, made.content)
    path = f"/projects/1/packages/pypi/files/{file.sha256}/{made.filename}"
    return path, f"{path}.metadata", made.content, made.metadata.document()


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("size", [None, 3_000_000])
def test_a_file_in_parts(api: Any, registry: Registry, which: int, size: int | None) -> None:
    made = wheel("demo", "1.0", size=size)
    file = registry.publish(made.filename, made.content)
    path = f"/projects/1/packages/pypi/files/{file.sha256}/{made.filename}" + (".metadata" if which else "")
    content = made.metadata.document() if which else made.content
    chance = random.Random(1)  # noqa: S311
    for _ in range(20):
        first, last = sorted(chance.choices(range(len(content)), k=2))
        answer = api.get(path, headers={"Range": f"bytes={first}-{last}", "Accept-Encoding": "gzip"})
        assert (answer.status_code, answer.data) == (206, content[first : last + 1])
        assert answer.headers["Content-Range"] == f"bytes {first}-{last}/{len(content)}"
        assert answer.headers["Content-Length"] == str(last + 1 - first)
        assert answer.headers["Accept-Ranges"] == "bytes"
        assert "Content-Encoding" not in answer.headers


def test_a_range_that_is_not_there(api: Any, registry: Registry) -> None:
    path, _, content, _ = paths(registry)
    answer = api.get(path, headers={"Range": f"bytes={len(content)}-"})
    assert (answer.status_code, answer.headers["Content-Range"]) == (416, f"bytes */{len(content)}")


def test_ranges_are_for_get(api: Any, registry: Registry) -> None:
    path, _, content, _ = paths(registry)
    answer = api.request("HEAD", path, headers={"Range": "bytes=0-1"})
    assert (answer.status_code, answer.headers["Content-Length"]) == (200, str(len(content)))


def test_several_ranges_are_the_whole(api: Any, registry: Registry) -> None:
    path, _, content, _ = paths(registry)
    answer = api.get(path, headers={"Range": "bytes=0-1,5-6"})
    assert (answer.status_code, answer.data) == (200, content)


def test_a_download_goes_on_where_it_ended(api: Any, registry: Registry) -> None:
    path, _, content, _ = paths(registry)
    etag = api.get(path).headers["ETag"]
    rest = api.get(path, headers={"Range": "bytes=500-", "If-Range": etag})
    assert (rest.status_code, rest.data) == (206, content[500:])
    other = api.get(path, headers={"Range": "bytes=500-", "If-Range": '"other"'})
    assert (other.status_code, other.data) == (200, content)


@pytest.mark.parametrize("which", [0, 1])
def test_a_file_is_not_sent_twice(api: Any, registry: Registry, which: int) -> None:
    path = paths(registry)[which]
    answer = api.get(path)
    assert answer.headers["Last-Modified"] == THEN
    for headers in ({"If-None-Match": answer.headers["ETag"]}, {"If-Modified-Since": THEN}):
        again = api.get(path, headers=headers | {"Range": "bytes=0-1"})
        assert (again.status_code, again.data) == (304, b"")
        assert again.headers["ETag"] == answer.headers["ETag"]
    assert api.get(path, headers={"If-Match": '"other"'}).status_code == 412
    assert api.get(path, headers={"If-Unmodified-Since": BEFORE}).status_code == 412


@pytest.mark.parametrize("path", [f"{SIMPLE}/", f"{SIMPLE}/demo/"])
@pytest.mark.parametrize("accept", [SIMPLE_JSON, SIMPLE_HTML, TEXT_HTML])
@pytest.mark.parametrize("encoding", ["identity", "gzip"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_page_is_not_sent_twice(
    api: Any, registry: Registry, *, path: str, accept: str, encoding: str, method: str
) -> None:
    for number in range(30):
        registry.publish(f"demo-1.{number}.tar.gz", b"", name="demo")
        registry.publish(f"name_of_some_length_{number}-1.0.tar.gz", b"")
    asked = {"Accept": accept, "Accept-Encoding": encoding}
    answer = api.request(method, path, headers=asked)
    again = api.request(method, path, headers=asked | {"If-None-Match": f'"x", {answer.headers["ETag"]}'})
    assert (again.status_code, again.data) == (304, b"")
    for name in ("ETag", "Vary", "Cache-Control"):
        assert again.headers[name] == answer.headers[name]
    assert "Content-Type" not in again.headers
    assert "max-age=0" in answer.headers["Cache-Control"]
    assert "Last-Modified" not in answer.headers


def test_each_serialization_and_coding_has_its_own_tag(api: Any, registry: Registry) -> None:
    for number in range(30):
        registry.publish(f"demo-1.{number}.tar.gz", b"")
    tags = {
        api.get(f"{SIMPLE}/demo/", headers={"Accept": accept, "Accept-Encoding": encoding}).headers["ETag"]
        for accept in (SIMPLE_JSON, SIMPLE_HTML, TEXT_HTML)
        for encoding in ("identity", "gzip")
    }
    assert len(tags) == 6
    assert not any(tag.startswith("W/") for tag in tags)


@pytest.mark.parametrize("accept", [SIMPLE_JSON, TEXT_HTML])
def test_large_pages_are_compressed(api: Any, registry: Registry, accept: str) -> None:
    for number in range(30):
        registry.publish(f"demo-1.{number}.tar.gz", b"")
    headers = {"Accept": accept}
    plain = api.get(f"{SIMPLE}/demo/", headers=headers)
    small = api.get(f"{SIMPLE}/demo/", headers=headers | {"Accept-Encoding": "gzip"})
    head = api.request("HEAD", f"{SIMPLE}/demo/", headers=headers | {"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in plain.headers
    assert small.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(small.data) == plain.data
    assert small.headers["Content-Length"] == str(len(small.data))
    assert len(small.data) < len(plain.data) / 2
    assert small.headers["Vary"] == plain.headers["Vary"] == "Accept, Accept-Encoding"
    assert (dict(head.headers), head.data) == (dict(small.headers), b"")


def test_small_pages_are_not_compressed(api: Any) -> None:
    answer = api.get(f"{SIMPLE}/", headers={"Accept-Encoding": "gzip, identity;q=0"})
    assert "Content-Encoding" not in answer.headers


def test_nothing_is_compressed_where_that_is_the_rule(api: Any, registry: Registry) -> None:
    registry.rules = replace(registry.rules, gzips_from=None)
    for number in range(30):
        registry.publish(f"demo-1.{number}.tar.gz", b"")
    answer = type(api)(registry).get(f"{SIMPLE}/demo/", headers={"Accept-Encoding": "gzip"})
    assert ("Content-Encoding" in answer.headers, answer.headers["Vary"]) == (False, "Accept")


def test_a_fault_reads_a_page_before_it_is_compressed(api_with: Any, registry: Registry) -> None:
    from reference_server.faults import Fault

    class Emptied(Fault):
        """Takes everything off a page."""

        def respond(self, request: Any, response: Any) -> Any:
            del request
            assert response.data.startswith(b"<!DOCTYPE html>")
            response.data = b"nothing"
            return response

    for number in range(30):
        registry.publish(f"demo-1.{number}.tar.gz", b"")
    answer = api_with(Emptied()).get(f"{SIMPLE}/demo/", headers={"Accept-Encoding": "gzip"})
    assert gzip.decompress(answer.data) == b"nothing"
    assert answer.headers["Content-Length"] == str(len(answer.data))
