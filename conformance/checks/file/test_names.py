"""What any file may be called: its extension, its type in the form, its length, its letters."""

from __future__ import annotations

import tarfile
from typing import TYPE_CHECKING

from conformance.checks.file.uploads import refused, refused_or_served
from conformance.kit.check import check
from conformance.kit.uploads.publishing import publish
from conformance.kit.uploads.stored_files import accepted_and_listed
from reference_server.distributions import invalid, sdist, wheel

if TYPE_CHECKING:
    from conformance.kit.fixtures import NewName, RegistryClient
    from reference_server.distributions import Distribution

KINDS = ("wheel", "sdist")
NEVER = (".html", ".txt", ".sh", "")
FORMER = (".egg", ".exe", ".rpm", ".tar.bz2", ".tgz")

FILE_SYSTEM_LIMIT = 255
"""Bytes that a file's name may have in the file systems in use."""


@check("file.sdist.zip")
def test_sdist_as_zip(registry: RegistryClient, new_name: NewName) -> None:
    refused_or_served(registry, sdist(new_name("zip"), "1.0", format="zip"))


@check("file.sdist.long-paths")
def test_sdist_with_long_paths(registry: RegistryClient, new_name: NewName) -> None:
    """Each beside an sdist of the same name with short paths, which is accepted as well.

    In one of each layout the long paths come last, in the other first: their headers apply to no further member.
    """
    long = {f"{'folder/' * 20}{stem}.txt": b"deep\n" for stem in ("deep", "t\u00edefe")}
    for layout in (tarfile.PAX_FORMAT, tarfile.GNU_FORMAT):
        name = new_name("long-paths")
        plain, deep = sdist(name, "1.0"), sdist(name, "2.0", members=long, tar=layout)
        first = sdist(name, "3.0", members=long, members_first=True, tar=layout)
        publish(registry, plain)
        accepted_and_listed(registry, deep)
        accepted_and_listed(registry, first)


@check("file.not-utf8")
def test_not_utf8(registry: RegistryClient, new_name: NewName) -> None:
    name = new_name("latin")
    refused_or_served(
        registry,
        *(invalid(f"metadata_not_utf8_{kind}", name, f"{number}.0") for number, kind in enumerate(KINDS, 1)),
    )


@check("file.extension")
def test_extension(registry: RegistryClient, new_name: NewName) -> None:
    stem, former = new_name("extension"), new_name("former")
    refused(registry, *(with_extension(stem, extension) for extension in NEVER))
    refused_or_served(registry, *(with_extension(former, extension) for extension in FORMER))


def with_extension(name: str, extension: str) -> Distribution:
    """Return an sdist whose file name ends differently, with bytes of its own: a registry may keep each file once."""
    filename = sdist(name, "1.0").filename.removesuffix(".tar.gz") + extension
    return sdist(name, "1.0", filename=filename, marker=extension)


@check("file.filetype-mismatch")
def test_filetype_mismatch(registry: RegistryClient, new_name: NewName) -> None:
    name = new_name("filetype")
    refused(registry, wheel(name, "1.0"), filetype="sdist", pyversion="source")
    refused(registry, sdist(name, "1.0"), filetype="bdist_wheel", pyversion="py3")


@check("file.length")
def test_length(registry: RegistryClient, new_name: NewName) -> None:
    for length in (FILE_SYSTEM_LIMIT, FILE_SYSTEM_LIMIT + 65):
        stem = new_name("length-")
        short = wheel(f"{stem}x", "1.0")
        refused_or_served(registry, wheel(f"{stem}x" + "x" * (length - len(short.filename)), "1.0"))


@check("file.unicode-name")
def test_unicode_name(registry: RegistryClient, new_name: NewName) -> None:
    refused_or_served(registry, *beyond_ascii(new_name("unicode")))


def beyond_ascii(name: str) -> list[Distribution]:
    """Return wheels with letters outside ASCII in their file names, each with bytes of its own."""
    stem = name.replace("-", "_")
    filenames = (f"{stem}_\ufb00-1.0-py3-none-any.whl", f"{stem}-1.0-py3-none-\u00e4nderung.whl")
    return [wheel(name, "1.0", filename=filename, marker=filename) for filename in filenames]
