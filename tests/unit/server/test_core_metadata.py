from __future__ import annotations

import gzip
import io
import os
import tarfile
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from reference_server.archives import core_metadata
from reference_server.archives.archive import ArchiveLimits
from reference_server.archives.opening import leniently, open_archive
from reference_server.distributions import sdist, wheel
from reference_server.store.blobs import Blobs

from .pages import html_page, json_files

if TYPE_CHECKING:
    from reference_server.rules.registry import Registry

LIMITS = ArchiveLimits()
WHEEL = "demo_pkg-1.0-py3-none-any.whl"
SDIST = "demo_pkg-1.0.tar.gz"
METADATA = "Metadata-Version: 2.4\r\nName: Demo.Pkg\r\nVersion: 1.0\r\nSummary: ü\r\n\r\nText\n".encode()
STATIC = b"Metadata-Version: 2.2\nName: Demo.Pkg\nVersion: 1.0\nDynamic: Summary\n"


def zipped(*members: tuple[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name), content)
    return buffer.getvalue()


def tarred(*members: tuple[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in members:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def read(filename: str, content: bytes, limits: ArchiveLimits = LIMITS) -> bytes | None:
    blobs = Blobs()
    archive = leniently(open_archive)(filename, blobs.add(content), limits)
    return core_metadata.read(archive) if archive else None


@pytest.mark.parametrize(
    ("members", "found"),
    [
        ([("demo_pkg-1.0.dist-info/METADATA", METADATA)], True),
        ([("Demo.Pkg-1.0.0.dist-info/METADATA", METADATA)], True),
        (
            [
                ("x", b""),
                ("other-1.0.dist-info/METADATA", b"x"),
                ("demo_pkg-1.0.dist-info/METADATA", METADATA),
            ],
            True,
        ),
        ([("demo_pkg-2.0.dist-info/METADATA", METADATA)], False),
        ([("demo_pkg-1.0.dist-info/metadata", METADATA)], False),
        ([("demo_pkg-1.0/METADATA", METADATA)], False),
        ([("sub/demo_pkg-1.0.dist-info/METADATA", METADATA)], False),
        ([("demo_pkg-1.0.dist-info/sub/METADATA", METADATA)], False),
        ([("Demo_Pkg-1.0.dist-info/METADATA", b"1"), ("demo_pkg-1.0.dist-info/METADATA", b"2")], False),
        ([], False),
    ],
)
def test_the_one_in_a_wheel(members: list[tuple[str, bytes]], found: bool) -> None:  # noqa: FBT001
    assert read(WHEEL, zipped(*members)) == (METADATA if found else None)


@pytest.mark.parametrize(
    ("members", "found"),
    [
        ([("demo_pkg-1.0/a", b"x" * 100_000), ("demo_pkg-1.0/PKG-INFO", METADATA)], True),
        ([("./demo-pkg-1.0/PKG-INFO", METADATA)], True),
        ([("demo_pkg-1.0/src/demo.egg-info/PKG-INFO", METADATA)], False),
        ([("PKG-INFO", METADATA)], False),
        ([("demo_pkg-2.0/PKG-INFO", METADATA)], False),
    ],
)
def test_the_one_in_an_sdist(members: list[tuple[str, bytes]], found: bool) -> None:  # noqa: FBT001
    assert read(SDIST, tarred(*members)) == (METADATA if found else None)
    assert read(SDIST.replace(".tar.gz", ".zip"), zipped(*members)) == (METADATA if found else None)


@pytest.mark.parametrize("filename", [WHEEL, SDIST, "demo_pkg-1.0.zip"])
def test_broken_archives_hold_none(filename: str) -> None:
    tar = tarred(("demo_pkg-1.0/a", os.urandom(50_000)), ("demo_pkg-1.0/PKG-INFO", METADATA))
    archive = zipped(
        ("demo_pkg-1.0.dist-info/METADATA", METADATA * 100), ("demo_pkg-1.0/PKG-INFO", METADATA * 9)
    )
    for content in (b"", b"content", os.urandom(100_000), tar[:-2000], archive[:-30], archive[:40]):
        assert read(filename, content) is None
    for place in range(0, len(archive), 3):
        broken = bytearray(archive)
        broken[place] ^= 0xFF
        assert read(filename, bytes(broken)) in {None, METADATA * 100, METADATA * 9}
    plain = gzip.decompress(tarred(("demo_pkg-1.0/PKG-INFO", METADATA)))
    for place in range(600):
        broken = bytearray(plain)
        broken[place] ^= 0xFF
        read(SDIST, gzip.compress(bytes(broken)))


def test_large_ones_are_left_alone() -> None:
    in_wheel = zipped(("demo_pkg-1.0.dist-info/METADATA", METADATA), ("a", b""), ("b", b"x" * 50_000))
    in_sdist = tarred(("a", b""), ("b", b"x" * 50_000), ("demo_pkg-1.0/PKG-INFO", METADATA))
    assert read(WHEEL, in_wheel) == read(SDIST, in_sdist) == METADATA
    for limits in (ArchiveLimits(document=50), ArchiveLimits(members=2), ArchiveLimits(unpacked=40_000)):
        assert read(WHEEL, in_wheel, limits) is read(SDIST, in_sdist, limits) is None
    assert read(WHEEL, in_wheel, ArchiveLimits(directory=40)) is None


def test_little_that_unpacks_to_much() -> None:
    limits = ArchiveLimits(document=1_000_000)
    bomb = zipped(("demo_pkg-1.0.dist-info/METADATA", bytes(2_000_000)))
    assert read(WHEEL, bomb, limits) is None
    lying = bomb.replace((2_000_000).to_bytes(4, "little"), (5).to_bytes(4, "little"))
    assert read(WHEEL, lying, limits) is None


@pytest.mark.parametrize(
    ("document", "final"),
    [
        (STATIC, True),
        (METADATA, True),
        (STATIC.replace(b"2.2", b"2.10"), True),
        (STATIC.replace(b"2.2", b"2.1"), False),
        (STATIC.replace(b"2.2", b"1.2"), False),
        (STATIC.replace(b"2.2", b"3.0"), False),
        (STATIC.replace(b"2.2", b"x"), False),
        (b"Name: demo\n", False),
        (b"", False),
        (b"\xff\xfe", False),
        *(
            (STATIC + b"dynamic:  " + field + b"\n", False)
            for field in (b"Requires-Dist", b"requires-python", b"Provides-Extra")
        ),
    ],
)
def test_an_sdist_is_final_only_when_it_says_so(document: bytes, final: bool) -> None:  # noqa: FBT001
    assert core_metadata.is_final(SDIST, document) is final
    assert core_metadata.is_final(WHEEL, document)


def metadata_url(api: Any, filename: str) -> str:
    file = json_files(api, "demo-pkg")[filename]
    return "/projects/1/packages/pypi/" + file["url"].removeprefix("../../") + ".metadata"


def test_a_metadata_file_is_what_the_wheel_holds(api: Any, registry: Registry) -> None:
    registry.publish(WHEEL, zipped(("demo_pkg-1.0.dist-info/METADATA", METADATA)))
    answer = api.get(metadata_url(api, WHEEL))
    assert (answer.status_code, answer.data) == (200, METADATA)
    assert answer.content_type == "application/octet-stream"
    assert "Content-Encoding" not in answer.headers
    said = json_files(api, "demo-pkg")[WHEEL]["core-metadata"]
    assert said == html_page(api, "demo-pkg").files[WHEEL]["core-metadata"]
    assert f'"{said["sha256"]}"' == answer.headers["ETag"]


def test_what_has_none_says_so_and_is_404(api: Any, registry: Registry) -> None:
    dynamic = STATIC + b"Dynamic: Requires-Dist\n"
    registry.publish(WHEEL, b"no archive")
    registry.publish(SDIST, tarred(("demo_pkg-1.0/PKG-INFO", dynamic)))
    for filename in (WHEEL, SDIST):
        assert "core-metadata" not in json_files(api, "demo-pkg")[filename]
        assert "core-metadata" not in html_page(api, "demo-pkg").files[filename]
        assert api.get(metadata_url(api, filename)).status_code == 404


def test_an_upload_over_http_has_its_metadata_at_once(api: Any) -> None:
    made = wheel("demo-pkg", "1.0")
    assert api.upload(made.filename, made.content).status_code == 201
    assert api.get(metadata_url(api, made.filename)).data == made.metadata.document()


@pytest.mark.parametrize(
    ("password", "project", "status"),
    [(None, 1, 401), ("reference-stranger-token", 1, 404), ("reference-guest-token", 1, 200), (None, 2, 200)],
)
def test_metadata_needs_what_the_file_needs(
    api: Any, registry: Registry, password: str | None, project: int, status: int
) -> None:
    made = wheel("demo-pkg", "1.0")
    file = registry.publish(made.filename, made.content, gitlab_project=project)
    path = f"/projects/{project}/packages/pypi/files/{file.sha256}/{made.filename}"
    assert api.get(path, password=password).status_code == status
    assert api.get(f"{path}.metadata", password=password).status_code == status


@pytest.mark.parametrize(
    ("in_form", "in_metadata", "shown"),
    [
        (">=3.8", ">=3.9", ">=3.8"),
        (None, ">=3.9", ">=3.9"),
        ("", ">=3.9", ">=3.9"),
        (None, None, None),
        (None, "nonsense", None),
        (None, ">=3" + ".0" * 300, None),
    ],
)
def test_requires_python_of_the_form_or_else_of_the_metadata(
    api: Any, in_form: str | None, in_metadata: str | None, shown: str | None
) -> None:
    for make in (wheel, sdist):
        made = make("demo-pkg", "1.0", requires_python=in_metadata)
        fields = {} if in_form is None else {"requires_python": in_form}
        assert api.upload(made.filename, made.content, fields=fields).status_code == 201
        assert json_files(api, "demo-pkg")[made.filename].get("requires-python") == shown
