"""The hostile answers of `benchmarks.hostile`: each is a function that makes the pieces of one answer."""

from __future__ import annotations

import gzip
import io
import json
import struct
import tarfile
import zipfile
import zlib
from functools import cache
from itertools import count, repeat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    Pieces = Iterable[bytes | None]
    """What is sent; None is a pause of 50 ms. Bytes of `RESET` end the connection with a reset."""
    Answer = Callable[[], Pieces]

MIB = 1024 * 1024
RESET = b"\0reset\0"
HTML, JSON = "text/html; charset=utf-8", "application/vnd.pypi.simple.v1+json"
ELSEWHERE = "{elsewhere}"
"""Stands for the origin of the second listener, which no credential may reach."""

_numbers = count()


def head(*fields: str, status: str = "200 OK", media_type: str = HTML) -> bytes:
    """Return a header, with its end."""
    return "\r\n".join([f"HTTP/1.1 {status}", f"Content-Type: {media_type}", *fields, "", ""]).encode(
        "latin-1"
    )


def whole(body: bytes, *fields: str, status: str = "200 OK", media_type: str = HTML) -> Pieces:
    """Return an answer of a stated length."""
    yield head(*fields, f"Content-Length: {len(body)}", status=status, media_type=media_type)
    yield body


def page(body: str, *fields: str) -> Pieces:
    """Return an HTML page."""
    return whole(
        f"<!DOCTYPE html><html><head><title>x</title></head><body>{body}</body></html>".encode(), *fields
    )


def endless(piece: bytes, before: bytes) -> Iterator[bytes]:
    """Return the same piece for ever."""
    yield before
    yield from repeat(piece)


def drip(piece: bytes, before: bytes = b"") -> Iterator[bytes | None]:
    """Return the same piece for ever, twenty times a second."""
    yield before
    while True:
        yield piece
        yield None


def bomb(size: int, *, container: int = 31) -> Iterator[bytes]:
    """Return zeros in gzip (31), zlib (15) or bare deflate (-15): a kilobyte for each MiB, made on the fly."""
    packer = zlib.compressobj(9, wbits=container)
    yield packer.compress(bytes(MIB)) + packer.flush(zlib.Z_FULL_FLUSH)
    again = packer.compress(bytes(MIB)) + packer.flush(zlib.Z_FULL_FLUSH)
    yield from repeat(again, size // MIB - 1)  # a full flush forgets what was before: each piece is the same


def nested_bomb(size: int) -> Iterator[bytes]:
    """Return a bomb, packed once more."""
    packer = zlib.compressobj(9, wbits=31)
    for piece in bomb(size):
        yield packer.compress(piece)
    yield packer.flush()


def coded(coding: str, pieces: Iterable[bytes], media_type: str = HTML) -> Iterator[bytes]:
    """Return an answer in a content coding, until the connection ends."""
    yield head(f"Content-Encoding: {coding}", "Connection: close", media_type=media_type)
    yield from pieces
    yield RESET


def link(filename: str, base: str = "") -> str:
    """Return a link to a file that does not exist."""
    return f'<a href="{base}/files/{filename}#sha256={"0" * 64}">{filename}</a>'


@cache
def many_files(number: int) -> tuple[bytes | None, ...]:
    """Return a page of many files."""
    return tuple(page("\n".join(link(f"demo-1.{each}-py3-none-any.whl") for each in range(number))))


@cache
def many_projects(number: int) -> tuple[bytes | None, ...]:
    """Return a root page of many projects."""
    return tuple(page("\n".join(f'<a href="project-{each}/">project-{each}</a>' for each in range(number))))


def always_another(size: int) -> Pieces:
    """Return a page of text that is another each time."""
    filler = f"{next(_numbers)} {'lorem ' * (size // 6)}"
    return page(link("demo-1.0-py3-none-any.whl") + filler)


def wide(size: int) -> Pieces:
    """Return a page whose text takes four bytes a character, and is another each time."""
    return page(link("demo-1.0-py3-none-any.whl") + f"{next(_numbers)} \U0001f40d " + "x" * size)


def many_values(number: int) -> Pieces:
    """Return a JSON page of many values that is another each time."""
    body = (
        f'{{"name":"demo","files":[],"meta":{{"api-version":"1.1"}},"x{next(_numbers)}":['
        + "[]," * number
        + "0]}"
    )
    return whole(body.encode(), media_type=JSON)


def deep_json(depth: int) -> Pieces:
    """Return arrays within arrays."""
    body = b'{"meta":{"api-version":"1.0"},"name":"demo","files":' + b"[" * depth + b"]" * depth + b"}"
    return whole(body, media_type=JSON)


def huge_numbers() -> Pieces:
    """Return sizes of a hundred thousand digits, and an exponent."""
    sizes = ("9" * 100_000, "1e999999999", "-0", "1E400")
    files = ",".join(
        f'{{"filename":"demo-1.0.tar.gz","url":"/f","hashes":{{}},"size":{size}}}' for size in sizes
    )
    body = f'{{"meta":{{"api-version":"1.0"}},"name":"demo","files":[{files}]}}'
    return whole(body.encode(), media_type=JSON)


@cache
def deflated_zip() -> bytes:
    """Return a wheel whose METADATA unpacks to 4 GB."""
    file = io.BytesIO()
    with (
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive,
        archive.open("demo-1.0.dist-info/METADATA", "w", force_zip64=True) as member,
    ):
        member.write(b"Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n\n")
        for _ in range(512):
            member.write(bytes(MIB))
    return file.getvalue()


@cache
def crowded_zip(members: int = 500_000) -> bytes:
    """Return a wheel with a directory of many empty members."""
    directory = b"".join(
        b"PK\1\2"
        + struct.pack("<HHHHHHIIIHHHHHII", 20, 20, 0, 0, 0, 33, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0)
        + b"%08d" % each
        for each in range(members)
    )
    end = b"PK\6\6" + struct.pack("<QHHIIQQQQ", 44, 45, 45, 0, 0, members, members, len(directory), 0)
    locator = b"PK\6\7" + struct.pack("<IQI", 0, len(directory), 1)
    last = b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    return directory + end + locator + last


@cache
def crowded_tar(members: int = 200_000) -> bytes:
    """Return an sdist of many empty members, each with a long name."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz", format=tarfile.PAX_FORMAT) as archive:
        for each in range(members // 4):
            member = tarfile.TarInfo(f"demo-1.0/{each}/" + "x" * 200)
            archive.addfile(member)
    return file.getvalue()


def long_metadata() -> bytes:
    """Return core metadata of a million fields."""
    return b"Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n" + b"Classifier: x\n" * 1_000_000


def redirect(location: str, status: str = "302 Found") -> Pieces:
    """Return a redirect."""
    return whole(b"", f"Location: {location}", status=status)


CHUNKED = "Transfer-Encoding: chunked"
INTERIM = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
ODD_CHALLENGES = (
    'WWW-Authenticate: Basic realm="\xff\x00", Digest nonce=, Negotiate, , ,=,',
    "WWW-Authenticate: " + "Bearer," * 2000,
    "WWW-Authenticate:",
)

ENDLESS: dict[str, Answer] = {
    "endless body": lambda: endless(b"x" * 65536, head("Connection: close")),
    "endless chunks": lambda: endless(b"10000\r\n" + b"x" * 65536 + b"\r\n", head(CHUNKED)),
    "endless trailer": lambda: endless(b"X: " + b"y" * 8000 + b"\r\n", head(CHUNKED) + b"0\r\n"),
    "gzip bomb": lambda: coded("gzip", bomb(10_240 * MIB)),
    "deflate bomb": lambda: coded("deflate", bomb(10_240 * MIB, container=-15)),
    "gzip in gzip": lambda: coded("gzip, gzip", nested_bomb(10_240 * MIB)),
    "huge field": lambda: endless(b"x" * 4096, head()[:-2] + b"X: "),
    "endless fields": lambda: endless(b"X: y\r\n", head()[:-2]),
    "5,000 fields": lambda: whole(b"x", *(f"X-{each}: y" for each in range(5_000))),
    "endless 103": lambda: endless(INTERIM, b""),
}
SLOW: dict[str, Answer] = {
    "drip of a body": lambda: drip(b"x", head("Connection: close")),
    "drip of a field": lambda: drip(b"x", head()[:-2] + b"X: "),
    "drip of fields": lambda: drip(b"X: y\r\n", head()[:-2]),
    "drip of 100": lambda: drip(b"HTTP/1.1 100 Continue\r\n\r\n"),
    "drip of 103": lambda: drip(INTERIM),
    "silence": lambda: drip(b""),
}
ODD: dict[str, Answer] = {
    "JSON, deep": lambda: deep_json(100_000),
    "JSON, huge numbers": huge_numbers,
    "JSON, 2.4 million values": lambda: many_values(2_400_000),
    "HTML, deep": lambda: page("<div>" * 100_000),
    "HTML, open formatting": lambda: page("<p><b><i><a href=x>" * 5_000),
    "no links": lambda: page("\u2603"),
    "200,000 files": lambda: many_files(200_000),
    "40 MB, always another": lambda: always_another(40 * MIB),
    "60 MB, wide, always another": lambda: wide(60 * MIB),
    "redirect loop": lambda: redirect("?again"),
    "redirect elsewhere": lambda: redirect(ELSEWHERE + "/simple/demo/"),
    "308 elsewhere": lambda: redirect(ELSEWHERE + "/simple/demo/", "308 Permanent Redirect"),
    "files elsewhere": lambda: page(link("demo-1.0-py3-none-any.whl", ELSEWHERE)),
    "base elsewhere": lambda: page(f'<base href="{ELSEWHERE}/">' + link("demo-1.0-py3-none-any.whl")),
    "401, odd challenges": lambda: whole(b"", *ODD_CHALLENGES, status="401 Unauthorized"),
    "429, a year": lambda: whole(b"", "Retry-After: 31536000", status="429 Too Many Requests"),
    "503, in 2099": lambda: whole(
        b"", "Retry-After: Thu, 01 Jan 2099 00:00:00 GMT", status="503 Service Unavailable"
    ),
    "429, 400 digits": lambda: whole(b"", f"Retry-After: {'9' * 400}", status="429 Too Many Requests"),
    "cut body": lambda: [head("Content-Length: 1000"), b"x" * 500, RESET],
    "cut chunk": lambda: [head(CHUNKED), b"1000\r\nxxx", RESET],
    "cut header": lambda: [head()[:-4], RESET],
    "no bytes": lambda: [RESET],
    "br": lambda: coded("br", [b"\x8b\x02\x80demo\x03"]),
    "gzip that is none": lambda: coded("gzip", [b"no gzip at all"]),
    "gzip without its end": lambda: coded("gzip", [gzip.compress(b"<a href=x>x</a>")[:-9]]),
    "deflate, bad checksum": lambda: coded("deflate", [zlib.compress(b"<a href=x>x</a>")[:-4] + b"none"]),
    "two lengths": lambda: [head("Content-Length: 4", "Content-Length: 9") + b"x" * 9, RESET],
    "unknown charset": lambda: whole(b"<a href=x>\xff\xfe</a>", media_type="text/html; charset=x-none"),
    "UTF-7": lambda: whole(b"+ADw-a href=x+AD4-", media_type="text/html; charset=utf-7"),
    "invalid UTF-8": lambda: whole(b"<!DOCTYPE html><a href='\xff\xc3\x28'>\xe2\x28\xa1</a>"),
    "invalid UTF-8, JSON": lambda: whole(b'{"files":[{"filename":"\xff\xc3"}]}', media_type=JSON),
    "bytes in fields": lambda: whole(b"x", "ETag: \xff\xfe\x80", "X: \x00\x01", "Server: \xe4"),
    "status 999": lambda: whole(b"x", status="999 Odd"),
    "status of words": lambda: [b"HTTP/1.1 fine OK\r\n\r\nx", RESET],
    "length below zero": lambda: [head("Content-Length: -5") + b"x" * 99, RESET],
    "length of 40 digits": lambda: [head(f"Content-Length: {'9' * 40}") + b"x" * 99, RESET],
    "chunk of 2^64": lambda: [head(CHUNKED) + b"ffffffffffffffff\r\nxxx", RESET],
    "line of one chunk": lambda: endless(b"0" * 65536, head(CHUNKED)),
}
FILES: dict[str, Answer] = {
    "zip bomb": lambda: whole(deflated_zip(), media_type="application/octet-stream"),
    "zip of 500,000 members": lambda: whole(crowded_zip(), media_type="application/octet-stream"),
    "tar bomb": lambda: whole(gzip.compress(bytes(200 * MIB)), media_type="application/octet-stream"),
    "tar of 50,000 members": lambda: whole(crowded_tar(), media_type="application/octet-stream"),
    "metadata of a million fields": lambda: whole(long_metadata(), media_type="application/octet-stream"),
    "metadata of nothing but bytes": lambda: whole(
        bytes(range(256)) * 4096, media_type="application/octet-stream"
    ),
}
API: dict[str, Answer] = {
    "API, deep": lambda: whole(b"[" * 100_000, media_type="application/json"),
    "API, 20 million values": lambda: whole(
        b"[" + b"[]," * 20_000_000 + b"[]]", media_type="application/json"
    ),
    "API, next page elsewhere": lambda: whole(
        json.dumps([{"id": 1, "name": "x", "version": "1", "package_type": "pypi"}] * 100).encode(),
        f'Link: <{ELSEWHERE}/next>; rel="next"',
        "X-Next-Page: 2",
        media_type="application/json",
    ),
    "API, task elsewhere": lambda: whole(
        json.dumps({"task": f"{ELSEWHERE}/task"}).encode(),
        status="202 Accepted",
        media_type="application/json",
    ),
}
ANSWERS: dict[str, Answer] = {
    **ENDLESS,
    **SLOW,
    **ODD,
    **FILES,
    **API,
    "200,000 projects": lambda: many_projects(200_000),
}
