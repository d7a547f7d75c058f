"""Metadata reads back as it was given, and its form fields are those that twine sends."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING

import pytest
from packaging.metadata import Metadata as Checked
from packaging.metadata import parse_email
from twine.package import PackageFile
from twine.repository import Repository

from reference_server.distributions import Metadata, sdist, wheel

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from reference_server.distributions import Distribution

TEXT = "# Größe\n\n    indented\n| barred\nlast line"

MODERN = Metadata(
    metadata_version="2.4",
    name="demo",
    version="1.0",
    dynamic=("Keywords", "Provides-Extra"),
    platform=("linux", "win32"),
    supported_platform=("linux-x86_64", "win32-amd64"),
    summary="Grün",
    description=TEXT,
    description_content_type="text/markdown; charset=UTF-8; variant=GFM",
    keywords=("one", "two words"),
    author="Ä. Uthor",
    author_email="author@example.invalid",
    maintainer="M. Aintainer",
    maintainer_email="maintainer@example.invalid",
    license_expression="MIT OR Apache-2.0",
    license_file=("LICENSE", "licenses/second.txt"),
    classifiers=("Programming Language :: Python :: 3", "Typing :: Typed"),
    requires_dist=("other>=1", 'extra; extra == "more"'),
    requires_python=">=3.8,<4",
    requires_external=("C", "libpng (>=1.5)"),
    project_urls=("Home, https://example.invalid/", "Source, https://example.invalid/source?a=b,c"),
    provides_extra=("more", "most"),
    provides_dist=("another",),
    obsoletes_dist=("older",),
)
IMPORTS = replace(
    MODERN, metadata_version="2.5", import_name=("demo", "demo.sub ; private"), import_namespace=("space",)
)
OLD = Metadata(
    metadata_version="1.1",
    name="demo",
    version="1.0",
    summary="Old",
    description=TEXT,
    home_page="https://example.invalid/",
    download_url="https://example.invalid/demo.tar.gz",
    license="Do anything\nwith it.",
    requires=("re",),
    provides=("demo",),
    obsoletes=("older",),
)


@pytest.mark.parametrize("metadata", [MODERN, IMPORTS], ids=["2.4", "2.5"])
def test_modern_metadata_reads_back(metadata: Metadata) -> None:
    read = Checked.from_email(metadata.document())
    assert read.description == TEXT
    assert read.keywords == ["one", "two words"]
    assert read.project_urls == dict(each.split(", ", 1) for each in metadata.project_urls)
    assert [str(each) for each in read.requires_dist or ()] == [*metadata.requires_dist]
    assert (read.author, read.summary) == ("Ä. Uthor", "Grün")
    assert read.license_files == ["LICENSE", "licenses/second.txt"]


def test_every_field_is_in_the_document() -> None:
    everything = {
        each.name: getattr(IMPORTS, each.name) or getattr(OLD, each.name) for each in fields(Metadata)
    }
    raw, unparsed = parse_email(Metadata(**everything).document())
    assert unparsed == {}
    assert len(raw) == len(fields(Metadata))


def test_an_old_description_is_a_folded_header() -> None:
    headers = OLD.document().decode().splitlines()
    start = headers.index("Description: # Größe")
    assert headers[start + 1 : start + 5] == [
        "       |",
        "       |    indented",
        "       || barred",
        "       |last line",
    ]
    assert "License: Do anything\n        with it.\n" in OLD.document().decode()
    assert "\n\n" not in OLD.document().decode()


@pytest.mark.parametrize("metadata", [MODERN, OLD], ids=["2.4", "1.1"])
def test_lines_end_in_a_line_feed_alone(metadata: Metadata) -> None:
    unruly = replace(metadata, description="one\r\ntwo\rthree", summary="a\r\nb")
    assert b"\r" not in unruly.document()
    assert Checked.from_email(replace(unruly, summary="a").document()).description is not None


def test_unset_fields_are_left_out_and_empty_ones_are_not() -> None:
    assert (
        Metadata(name="demo", version="1.0").document()
        == b"Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n"
    )
    assert ("requires_python", "") in Metadata(name="demo", version="1.0", requires_python="").form_fields()


@pytest.mark.parametrize("factory", [wheel, sdist])
def test_the_form_has_the_fields_that_twine_sends(
    factory: Callable[..., Distribution], tmp_path: Path
) -> None:
    built = factory("demo", "1.0", metadata=MODERN)
    package = PackageFile.from_filename(str(built.save(tmp_path)), comment=None)
    sent = Repository._convert_metadata_to_list_of_tuples(package.metadata_dictionary())
    of_the_form = {":action", "protocol_version"}  # twine adds them when it sends
    of_other_digests = {"blake2_256_digest", "md5_digest"}  # that depend on its version
    assert sorted(pair for pair in built.form() if pair[0] not in of_the_form) == sorted(
        pair for pair in sent if pair[0] not in of_other_digests
    )
