from __future__ import annotations

import gzip
import io
import os
import tarfile
import tracemalloc
import zipfile
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reference_server.archives.archive import MEGABYTE, ArchiveLimits
from reference_server.archives.member import Kind
from reference_server.archives.opening import open_archive
from reference_server.distributions import INVALID, Distribution, invalid, sdist, wheel
from reference_server.model import Upload, errors
from reference_server.rules.ready_made import GITLAB_PROJECTS
from reference_server.serving.default_registry import default_registry
from reference_server.store.blobs import Blobs

if TYPE_CHECKING:
    from collections.abc import Callable

    from reference_server.archives.archive import Archive
    from reference_server.rules.registry import Registry

PRIVATE = GITLAB_PROJECTS[0]
STEM = "demo_pkg-1.0"
GOOD = [
    wheel("Demo.Pkg", "1.0"),
    wheel("demo-pkg", "1!2.0rc1+local.1"),
    wheel("demo-pkg", "1.0", size=2 * MEGABYTE),
    sdist("Demo.Pkg", "v1.0"),
    sdist("demo-pkg", "1.0", format="zip"),
]
REFUSED = {
    errors.ArchiveUnreadableError: {
        *("not_a_zip", "truncated_wheel", "empty_file_wheel"),
        *("not_a_gzip", "not_a_tar", "truncated_sdist", "empty_file_sdist", "trailing_data_sdist"),
    },
    errors.ArchiveTooLargeError: {
        *("zip_bomb", "nested_zip_bomb_overlapping", "zip64_lie", "huge_metadata_wheel"),
        *("tar_bomb", "huge_metadata_sdist"),
    },
    errors.MembersMissingError: {
        *("wheel_without_metadata", "wheel_without_wheel_file", "wheel_without_record"),
        *("dist_info_name_mismatch", "duplicate_metadata_member_wheel"),
        *("sdist_without_pkg_info", "duplicate_metadata_member_sdist"),
    },
    errors.MembersOutsideError: {"sdist_with_two_top_folders", "sdist_with_wrong_top_folder"},
    errors.MetadataDisagreesError: {
        *("metadata_name_mismatch", "metadata_version_mismatch", "metadata_without_name_wheel"),
        *("sdist_metadata_name_mismatch", "sdist_metadata_version_mismatch", "metadata_without_name_sdist"),
    },
    errors.UnsafeMemberError: {
        *("absolute_path_member_wheel", "parent_path_member_wheel", "backslash_path_member_wheel"),
        *("absolute_path_member_sdist", "parent_path_member_sdist", "backslash_path_member_sdist"),
        *("drive_path_member_wheel", "drive_path_member_sdist"),
        *("symlink_member", "long_link_member", "hardlink_outside", "device_member", "pkg_info_symlink"),
        *("sparse_member_gnu", "sparse_member_pax"),
    },
}
MUTATED = [wheel("demo-pkg", "1.0"), sdist("demo-pkg", "1.0")]


@pytest.fixture
def registry() -> Registry:
    return default_registry()


def publish(registry: Registry, distribution: Distribution) -> None:
    registry.upload(
        PRIVATE,
        Upload(
            name=distribution.name,
            version=distribution.version,
            filename=distribution.filename,
            blob=registry.store.blobs.add(distribution.content),
        ),
    )


def opened(filename: str, content: bytes, limits: ArchiveLimits | None = None) -> Archive:
    blobs = Blobs()
    archive = open_archive(filename, blobs.add(content), limits or ArchiveLimits())
    assert archive is not None
    return archive


def tarred(*members: tarfile.TarInfo, layout: int = tarfile.PAX_FORMAT) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=layout) as archive:
        for member in members:
            archive.addfile(member, io.BytesIO(bytes(member.size)))
    return buffer.getvalue()


def member(path: str, kind: bytes = tarfile.REGTYPE, target: str = "", size: int = 0) -> tarfile.TarInfo:
    info = tarfile.TarInfo(path)
    info.type, info.linkname, info.size = kind, target, size
    return info


@pytest.mark.parametrize("good", GOOD, ids=lambda good: good.filename)
def test_good_ones_are_taken(registry: Registry, good: Distribution) -> None:
    publish(registry, good)
    assert [file.filename for file in registry.packages(PRIVATE)[0].files] == [good.filename]


@pytest.mark.parametrize(
    ("kind", "error"), [(kind, error) for error, kinds in REFUSED.items() for kind in sorted(kinds)]
)
def test_each_is_refused_for_its_own_reason(
    registry: Registry, kind: str, error: type[errors.ArchiveError]
) -> None:
    with pytest.raises(error, match=r"^Validation failed: "):
        publish(registry, invalid(kind, "demo-pkg"))
    assert registry.packages(PRIVATE) == ()


def test_the_others_are_no_matter_of_archives(registry: Registry) -> None:
    others = sorted(INVALID.keys() - set().union(*REFUSED.values()))
    for number, kind in enumerate(others):
        publish(registry, invalid(kind, "demo-pkg", f"1.{number}"))
    assert others
    assert sum(len(package.files) for package in registry.packages(PRIVATE)) == len(others)


def test_what_is_arranged_may_hold_anything(registry: Registry) -> None:
    registry.publish(f"{STEM}.tar.gz", b"no archive")
    bad = invalid("wheel_without_record", "demo-pkg", "1.0")
    file = registry.publish(bad.filename, bad.content)
    assert file.core_metadata is not None


def test_long_paths_sizes_and_links_of_either_format() -> None:
    path = f"{STEM}/" + "ä" * 150
    for layout in (tarfile.PAX_FORMAT, tarfile.GNU_FORMAT):
        content = tarred(
            member(path, size=700),
            member(f"{STEM}/link", tarfile.SYMTYPE, path),
            member(f"{STEM}/folder/", tarfile.DIRTYPE),
            layout=layout,
        )
        found = opened(f"{STEM}.tar.gz", gzip.compress(content)).members
        assert [(each.path, each.kind, each.size, each.target) for each in found] == [
            (path, Kind.FILE, 700, ""),
            (f"{STEM}/link", Kind.SYMLINK, 0, path),
            (f"{STEM}/folder", Kind.FOLDER, 0, ""),
        ]


def test_an_archive_goes_to_its_end() -> None:
    plain = tarred(member(f"{STEM}/a", size=600), member(f"{STEM}/b"))
    broken = bytearray(plain)
    broken[512 * 4 - 100] ^= 0xFF  # in the second header
    for content in (bytes(broken), plain[:700], plain[:512], plain + b"x", b""):
        with pytest.raises(errors.ArchiveUnreadableError):
            opened(f"{STEM}.tar.gz", gzip.compress(content))
    packed = gzip.compress(plain)
    for content in (packed[:-1], packed[:-8], packed + b"x", packed[:-8] + bytes(8)):
        with pytest.raises(errors.ArchiveUnreadableError):
            opened(f"{STEM}.tar.gz", content)


def test_extension_headers_have_a_limit() -> None:
    header = member("././@LongLink", tarfile.GNUTYPE_LONGNAME, size=MEGABYTE).tobuf(tarfile.GNU_FORMAT)
    content = gzip.compress(header + b"a" * MEGABYTE + tarred(member("a")))
    with pytest.raises(errors.ArchiveUnreadableError):
        opened(f"{STEM}.tar.gz", content)


@pytest.mark.parametrize(
    ("path", "kind", "target", "is_safe"),
    [
        ("a", tarfile.SYMTYPE, "b", True),
        ("d/a", tarfile.SYMTYPE, "../b", True),
        ("d/a", tarfile.SYMTYPE, "./b/c", True),
        ("a", tarfile.LNKTYPE, f"{STEM}/b", True),
        ("d/a", tarfile.SYMTYPE, "../../../b", False),
        ("a", tarfile.SYMTYPE, "/b", False),
        ("a", tarfile.SYMTYPE, "C:b", False),
        ("a", tarfile.SYMTYPE, "..\\b", False),
        ("a", tarfile.SYMTYPE, "b/../../../c", False),
        ("a", tarfile.SYMTYPE, "", False),
        ("a", tarfile.LNKTYPE, "../b", False),
        ("C:/a", tarfile.REGTYPE, "", True),
        ("PKG-INFO/a", tarfile.REGTYPE, "", True),
    ],
)
def test_links_stay_inside(
    registry: Registry,
    path: str,
    kind: bytes,
    target: str,
    is_safe: bool,  # noqa: FBT001
) -> None:
    more = member(f"{STEM}/{path}", kind, target).tobuf()
    good = sdist("demo-pkg", "1.0")
    content = gzip.compress(more + gzip.decompress(good.content))
    upload: Callable[[], object] = lambda: registry.upload(  # noqa: E731
        PRIVATE,
        Upload(
            name="demo-pkg", version="1.0", filename=good.filename, blob=registry.store.blobs.add(content)
        ),
    )
    if is_safe:
        upload()
    else:
        with pytest.raises(errors.UnsafeMemberError):
            upload()


def test_nothing_lies_behind_a_link(registry: Registry) -> None:
    links = (member(f"{STEM}/d", tarfile.SYMTYPE, "."), member(f"{STEM}/d/s", tarfile.SYMTYPE, ".."))
    with pytest.raises(errors.UnsafeMemberError, match="behind a link"):
        registry.upload(
            PRIVATE,
            Upload(
                name="demo-pkg",
                version="1.0",
                filename=f"{STEM}.tar.gz",
                blob=registry.store.blobs.add(gzip.compress(tarred(*links))),
            ),
        )


def test_a_zip64_archive_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    buffer = io.BytesIO()
    monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 2)
    with zipfile.ZipFile(buffer, "w") as archive:
        for number in range(3):
            archive.writestr(zipfile.ZipInfo(f"{number}"), b"")
    content = buffer.getvalue()
    assert b"PK\6\6" in content
    assert len(opened("demo-1.0.zip", content).members) == 3
    for limits in (ArchiveLimits(members=2), ArchiveLimits(directory=100)):
        with pytest.raises(errors.ArchiveTooLargeError):
            opened("demo-1.0.zip", content, limits)


@settings(max_examples=200, deadline=None)
@given(
    which=st.sampled_from(MUTATED),
    flips=st.lists(st.tuples(st.integers(0, 5000), st.integers(1, 255)), max_size=4),
    length=st.none() | st.integers(0, 3000),
)
def test_mutilated_archives_raise_nothing_else(
    which: Distribution, flips: list[tuple[int, int]], length: int | None
) -> None:
    mutilated = bytearray(which.content[:length])
    for place, bits in flips:
        if mutilated:
            mutilated[place % len(mutilated)] ^= bits
    check_limits(which.filename, bytes(mutilated))


@settings(max_examples=200, deadline=None)
@given(
    flips=st.lists(st.tuples(st.integers(0, 512 * 12), st.integers(0, 255)), max_size=6),
    length=st.none() | st.integers(0, 512 * 12),
    honest=st.booleans(),
)
def test_mutilated_headers_raise_nothing_else(
    flips: list[tuple[int, int]],
    length: int | None,
    honest: bool,  # noqa: FBT001
) -> None:
    plain = bytearray(tarred(member(f"{STEM}/" + "long" * 40, size=600), member(f"{STEM}/PKG-INFO", size=9)))
    for place, byte in flips:
        plain[place % len(plain)] = byte
    if honest:
        for start in range(0, 512 * 8, 512):
            plain[start + 148 : start + 156] = b" " * 8
            plain[start + 148 : start + 156] = b"%06o\0 " % sum(plain[start : start + 512])
    check_limits(f"{STEM}.tar.gz", gzip.compress(bytes(plain[:length])))


def check_limits(filename: str, content: bytes) -> None:
    limits = ArchiveLimits(members=4, document=300, unpacked=20_000)
    try:
        archive = opened(filename, content, limits)
    except errors.ArchiveError:
        return
    assert len(archive.members) <= limits.members
    assert sum(each.size for each in archive.members) <= limits.unpacked
    assert sum(len(each.content) for each in archive.documents) <= limits.document


def test_large_ones_take_little_memory(tmp_path: os.PathLike[str]) -> None:
    blobs = Blobs(tmp_path)  # type: ignore[arg-type]
    large = os.urandom(MEGABYTE) * 10
    for made in (
        wheel("demo-pkg", "1.0", size=50 * MEGABYTE),
        sdist("demo-pkg", "1.0", members={"large": large}),
    ):
        blob = blobs.add(made.content)
        tracemalloc.start()
        try:
            open_archive(made.filename, blob, ArchiveLimits())
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert peak < MEGABYTE
