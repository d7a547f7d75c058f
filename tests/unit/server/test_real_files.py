"""Files as programs have really written them, and files that are made to cost much: each with its own answer."""

from __future__ import annotations

import codecs
import gzip
import io
import struct
import tarfile
import time
import zipfile
from typing import TYPE_CHECKING

import pytest

from reference_server import create_app
from reference_server.archives import core_metadata
from reference_server.archives.archive import ArchiveLimits
from reference_server.archives.opening import open_archive
from reference_server.distributions import sdist, wheel
from reference_server.flavours import flavour_named
from reference_server.model import errors
from reference_server.store.blobs import Blobs

from .conftest import Api

if TYPE_CHECKING:
    from reference_server.archives.archive import Archive
    from reference_server.rules.registry import Registry

ENOUGH = 60  # seconds; what was quadratic took minutes on a busy machine
LINES = 20_000
BOM = codecs.BOM_UTF8


def opened(filename: str, content: bytes, limits: ArchiveLimits | None = None) -> Archive:
    archive = open_archive(filename, Blobs().add(content), limits or ArchiveLimits())
    assert archive is not None
    return archive


def recompressed(content: bytes, compression: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(buffer, "w", compression) as new:
        for path in old.namelist():
            new.writestr(zipfile.ZipInfo(path), old.read(path), compression)
    return buffer.getvalue()


def tarred(stem: str, document: bytes, *more: tarfile.TarInfo) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        about = tarfile.TarInfo(f"{stem}/PKG-INFO")
        about.size = len(document)
        archive.addfile(about, io.BytesIO(document))
        for each in more:
            archive.addfile(each)
    return buffer.getvalue()


def upload(api: Api, filename: str, content: bytes, name: str, version: str) -> tuple[int, str]:
    answer = api.upload(filename, content, fields={"name": name, "version": version, "filetype": "sdist"})
    return answer.status_code, answer.text


def test_a_hyphen_in_a_version(api: Api, registry: Registry) -> None:
    filename, document = "oddpost-1.0.2-2.tar.gz", b"Metadata-Version: 2.2\nName: oddpost\nVersion: 1.0.2-2\n"
    content = gzip.compress(tarred("oddpost-1.0.2-2", document))
    assert upload(api, filename, content, "oddpost-1.0.2", "2")[0] == 400
    assert upload(api, filename, content, "oddpost", "1.0.2")[0] == 400
    assert upload(api, filename, content, "oddpost", "1.0.2-2")[0] == 201
    api.registry.delete("oddpost")
    for named in ({}, {"name": "oddpost"}, {"name": "oddpost", "version": "1.0.2-2"}):
        file = registry.publish(filename, content, **named)
        assert file.core_metadata is not None
        (package,) = registry.packages(registry.gitlab_project("1"), name="oddpost")
        assert package.version in {"1.0.2-2", "1.0.2.post2"}
        registry.delete("oddpost")
    pypi = Api(registry)
    pypi.client.application = create_app(registry, flavour=flavour_named("pypi"))
    status, text = upload(pypi, filename, content, "oddpost", "1.0.2-2")
    assert status == 400
    assert "digest" in text or "should be 'oddpost-1.0.2.post2.tar.gz'" in text


@pytest.mark.parametrize("filename", ["some-tool-1.0.tar.gz", "owasp-v2.4-0.1.tar.gz", "a-b-1.tar.gz"])
def test_names_of_older_tools(filename: str, api: Api) -> None:
    stem = filename.removesuffix(".tar.gz")
    name, _, version = stem.rpartition("-")
    content = gzip.compress(
        tarred(stem, f"Metadata-Version: 1.1\nName: {name}\nVersion: {version}\n".encode())
    )
    assert upload(api, filename, content, name, version) == (201, '{"message":"201 Created"}')


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_wheels_that_pip_can_read(compression: int, api: Api) -> None:
    made = wheel("demo", "1.0")
    content = recompressed(made.content, compression)
    assert upload(api, made.filename, content, "demo", "1.0")[0] == 400  # it is no sdist
    answer = api.upload(made.filename, content, fields={"name": "demo", "version": "1.0"})
    assert answer.status_code == 201
    found = opened(made.filename, content)
    assert core_metadata.name_and_version(found.documents[0].content) == ("demo", "1.0")


def test_the_dictionary_of_a_member_is_bounded() -> None:
    made = wheel("demo", "1.0")
    content = bytearray(recompressed(made.content, zipfile.ZIP_LZMA))
    for entry in zipfile.ZipFile(io.BytesIO(content)).infolist():
        start = entry.header_offset + 30 + len(entry.filename)
        content[start + 5 : start + 9] = struct.pack("<L", 2**31)
    with pytest.raises(errors.ArchiveUnreadableError):
        opened(made.filename, bytes(content))


def test_a_byte_order_mark_before_the_metadata(api: Api) -> None:
    made = wheel("demo", "1.0")
    marked = wheel("demo", "1.0", document=BOM + made.metadata.document())
    answer = api.upload(marked.filename, marked.content, fields={"name": "demo", "version": "1.0"})
    assert answer.status_code == 201
    (file,) = api.registry.packages(api.registry.gitlab_project("1"))[0].files
    assert file.core_metadata is not None
    assert file.core_metadata.document.startswith(BOM)
    assert file.requires_python == made.metadata.requires_python


def test_as_many_members_as_the_largest_sdists_have(api: Api) -> None:
    plain = tarred("demo-1.0", b"Metadata-Version: 1.1\nName: demo\nVersion: 1.0\n")
    member = tarfile.TarInfo("demo-1.0/empty").tobuf(tarfile.USTAR_FORMAT)
    content = gzip.compress(plain[:1024] + member * 22_310 + bytes(1024), compresslevel=1)
    assert upload(api, "demo-1.0.tar.gz", content, "demo", "1.0")[0] == 201


@pytest.mark.parametrize(
    ("limits", "error", "reason"),
    [
        (ArchiveLimits(members=2), errors.TooManyMembersError, "more than 2 members"),
        (ArchiveLimits(path=10), errors.PathTooLongError, "a path of more than 10 bytes"),
        (ArchiveLimits(document=10), errors.MetadataTooLargeError, "larger than 10 bytes"),
        (ArchiveLimits(unpacked=100), errors.UnpackedTooLargeError, "unpacks to more"),
    ],
)
def test_each_limit_has_its_own_reason(
    limits: ArchiveLimits, error: type[errors.ArchiveError], reason: str
) -> None:
    for made in (wheel("demo", "1.0"), sdist("demo", "1.0")):
        with pytest.raises(error, match=reason):
            opened(made.filename, made.content, limits)
    with pytest.raises(errors.DirectoryTooLargeError, match="larger than 10 bytes"):
        opened("demo-1.0.zip", sdist("demo", "1.0", format="zip").content, ArchiveLimits(directory=10))


HOSTILE = {
    "continuation lines": b"Metadata-Version: 2.1\nName: demo\nVersion: 1.0\nKeywords: a\n" + b" b\n" * LINES,
    "fields": b"Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n" + b"Classifier: b\n" * (LINES // 4),
    "a long name": b"Name: " + b"-" * (8 * LINES) + b"\nVersion: 1.0\n",
    "a long version": b"Name: demo\nVersion: 1." + b"0." * (4 * LINES) + b"\n",
    "digits": b"Name: demo\nVersion: 1" + b"0" * (8 * LINES) + b"\n",
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_metadata_is_an_answer(kind: str, api: Api) -> None:
    made = wheel("demo", "1.0", document=HOSTILE[kind], compressed=True)
    answer = api.upload(made.filename, made.content, fields={"name": "demo", "version": "1.0"})
    assert answer.status_code == (201 if kind in {"continuation lines", "fields"} else 400)


def test_metadata_is_read_in_linear_time() -> None:
    """Four times the lines take some four times as long, and not sixteen times."""

    def took(lines: int) -> float:
        document = b"Name: demo\nVersion: 1.0\nKeywords: a\n" + (b" " + b"b" * 400 + b"\n") * lines
        began = time.process_time()
        assert core_metadata.name_and_version(document) == ("demo", "1.0")
        return time.process_time() - began

    ratios = [took(8_000) / took(2_000) for _ in range(3)]
    assert min(ratios) < 8


def test_extension_headers_and_paths_cost_little() -> None:
    """Global headers of many records apply to each member; a deep path has as many parents."""
    records = b"".join(b"%d x%05d=\n" % (len(b"10 x00000=\n"), number) for number in range(20_000))
    header = tarfile.TarInfo("pax")
    header.type, header.size = tarfile.XGLTYPE, len(records)
    block = header.tobuf(tarfile.USTAR_FORMAT) + records + bytes(-len(records) % 512)
    member = tarfile.TarInfo("demo-1.0/empty").tobuf(tarfile.USTAR_FORMAT)
    began = time.monotonic()
    opened("demo-1.0.tar.gz", gzip.compress(block + member * 5_000 + bytes(1024), compresslevel=1))
    deep = tarfile.TarInfo("demo-1.0/" + "a/" * 50_000 + "b")
    with pytest.raises(errors.PathTooLongError):
        opened("demo-1.0.tar.gz", gzip.compress(tarred("demo-1.0", b"Name: demo\n", deep)))
    assert time.monotonic() - began < ENOUGH
