"""The names of a script's run: everywhere in its uploads and requests, or nowhere."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import tarfile
from typing import TYPE_CHECKING, Any

import pytest

from conformance.report.templates import renaming
from conformance.report.templates.renaming import headers, renamed, rezipped, shuffled
from reference_server.distributions import sdist, wheel

if TYPE_CHECKING:
    from collections.abc import Callable

    from reference_server.distributions import Distribution

RUN = "abcdefgh"
NAME = f"conformance-{RUN}-demo"


def case(content: bytes, filename: str, digest: str = "") -> dict[str, Any]:
    """Return a case with one upload, and a request for its page."""
    digest = digest or hashlib.sha256(content).hexdigest()
    fields = {"name": NAME, "sha256_digest": digest, ":action": "file_upload"}
    lines = [
        f'--b\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{each}\r\n'
        for key, each in fields.items()
    ]
    head = f'--b\r\nContent-Disposition: form-data; name="content"; filename="{filename}"\r\n\r\n'
    body = "".join([*lines, head]).encode() + content + b"\r\n--b--\r\n"
    return {
        "published": [{"request": filename, "body": base64.b64encode(body).decode()}],
        "requests": [
            {"url": f"http://127.0.0.1/simple/{NAME}/", "body": "", "answer": f"{filename}#sha256={digest}"}
        ],
    }


def file_of(step: dict[str, Any]) -> bytes:
    return base64.b64decode(step["body"]).rpartition(b"\r\n\r\n")[2].removesuffix(b"\r\n--b--\r\n")


@pytest.mark.parametrize("make", [wheel, sdist])
def test_names_and_digests_change_everywhere(make: Callable[..., Distribution]) -> None:
    distribution = make(NAME, "1.0")
    found = renamed(case(distribution.content, distribution.filename), RUN)
    assert found
    assert RUN not in str(found)
    (upload,), (request,) = found["published"], found["requests"]
    body, new = base64.b64decode(upload["body"]), file_of(upload)
    assert RUN.encode() not in body
    assert len(new) == len(distribution.content)
    digest = hashlib.sha256(new).hexdigest()
    assert f'name="sha256_digest"\r\n\r\n{digest}\r\n'.encode() in body
    assert request["answer"] == f"{upload['request']}#sha256={digest}"
    own = request["url"].split("conformance-")[1][: len(RUN)]
    assert new == make(f"conformance-{own}-demo", "1.0").content, "the archive that the suite would have made"


def test_where_no_other_letters_keep_the_lengths_the_old_ones_change_places(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    old, other = "eiht34bf", "zkqx98we"
    files = [sdist(f"conformance-{old}-demo-{number}", "1.0") for number in range(20)]
    cases = [case(each.content, each.filename) for each in files]
    whole = {key: [step for each in cases for step in each[key]] for key in ("published", "requests")}
    monkeypatch.setattr(renaming, "another", lambda _: other)
    found = renamed(whole, old)
    assert found
    new = found["published"][0]["request"].split("_")[1]
    assert new != old
    assert sorted(new) == sorted(old)


def test_an_id_in_another_order_has_the_letters_and_figures_in_places_of_their_kind() -> None:
    made = {shuffled("ab3c4def") for _ in range(50)}
    assert len(made) > 10
    for each in made:
        assert sorted(each) == sorted("ab3c4def")
        assert [one.isdigit() for one in each] == [one.isdigit() for one in "ab3c4def"]


@pytest.mark.parametrize("layout", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_archives_with_long_paths_can_be_read_with_new_names(layout: int) -> None:
    long = f"{NAME}-1.0/{'deep/' * 60}{NAME}.py"
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=layout) as archive:
        for path in (f"{NAME}-1.0/PKG-INFO", long):
            archive.addfile(tarfile.TarInfo(path))
    content = gzip.compress(plain.getvalue(), compresslevel=6, mtime=0)
    found = renamed(case(content, f"{NAME}-1.0.tar.gz"), RUN)
    assert found
    (upload,) = found["published"]
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(file_of(upload)))) as archive:
        names = archive.getnames()
    own = found["requests"][0]["url"].split("conformance-")[1][: len(RUN)]
    assert names == [f"conformance-{own}-demo-1.0/PKG-INFO", long.replace(RUN, own)]


@pytest.mark.parametrize("spell", [str.upper, str.title, str.capitalize, str.swapcase])
@pytest.mark.parametrize("run", [RUN, "a2c4e6g8", "2bcd4fgh"])
def test_names_change_in_every_case_of_their_letters(run: str, spell: Callable[[str], str]) -> None:
    """Of several files of one project, one may be spelled so: its name has to go with that in its form."""
    respelled = spell(f"{run}_demo-1.0")
    content = sdist(f"conformance-{run}-demo", "1.0", filename=f"{respelled}.tar.gz").content
    found = renamed(case(content, f"{respelled}.tar.gz"), run)
    assert found
    assert run not in str(found).lower()
    (upload,), (request,) = found["published"], found["requests"]
    own = upload["request"].lower()[: len(run)]
    assert upload["request"] == spell(f"{own}_demo-1.0") + ".tar.gz"
    assert f'filename="{upload["request"]}"'.encode() in base64.b64decode(upload["body"])
    assert request["answer"].startswith(upload["request"])
    assert own not in {run, ""}


def test_a_digest_that_no_file_has_keeps_the_names() -> None:
    distribution = wheel(NAME, "1.0")
    assert renamed(case(distribution.content, distribution.filename, "f" * 64), RUN) is None


def test_a_url_with_such_a_digest_keeps_the_names() -> None:
    distribution = wheel(NAME, "1.0")
    given = case(distribution.content, distribution.filename)
    given["requests"][0]["url"] += "f" * 64
    assert renamed(given, RUN) is None


def test_an_archive_that_does_not_survive_packing_keeps_the_names() -> None:
    content = wheel(NAME, "1.0").content
    polyglot = b"#!/bin/sh\n" + content
    assert rezipped(polyglot, lambda same: same, lambda *_: None) not in {None, polyglot}
    assert renamed(case(polyglot, f"{NAME}-1.0-py3-none-any.whl"), RUN) is None


def test_what_is_no_archive_is_text() -> None:
    content = f"{NAME} is no archive".encode()
    found = renamed(case(content, "demo.whl"), RUN)
    assert found
    assert len(file_of(found["published"][0])) == len(content)
    assert RUN.encode() not in file_of(found["published"][0])


def test_without_names_of_the_run_nothing_changes() -> None:
    distribution = wheel("demo", "1.0")
    given = case(distribution.content, distribution.filename)
    changed = renamed(given, RUN)
    assert changed
    assert file_of(changed["published"][0]) == distribution.content


def test_a_tar_archive_with_a_member_of_a_negative_size_is_none() -> None:
    """Its size leads back to its header."""
    plain = bytearray(1024)
    plain[:1], plain[124:136] = b"a", b"-0000002000\0"
    with pytest.raises(ValueError, match="negative size"):
        headers(bytes(plain))
