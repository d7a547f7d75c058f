"""Archives that are meant to do harm to the registry that looks into them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.http import Unreachable
from conformance.kit.uploads.invalid_distributions import InvalidUpload, upload_invalid
from conformance.kit.uploads.publishing import fetch
from conformance.kit.urls import metadata_url
from conformance.verdicts import Deviation

if TYPE_CHECKING:
    from collections.abc import Iterable

    from conformance.kit.fixtures import Corpus, NewName, RegistryClient

HOSTILE = (
    *("absolute_path_member_wheel", "parent_path_member_wheel", "backslash_path_member_wheel"),
    *("absolute_path_member_sdist", "parent_path_member_sdist", "backslash_path_member_sdist"),
    *("drive_path_member_wheel", "drive_path_member_sdist"),
    *("symlink_member", "hardlink_outside", "long_link_member", "device_member"),
)
BOMBS = ("zip_bomb", "nested_zip_bomb_overlapping", "tar_bomb")

PASSWORDS = b"root:"
"""How /etc/passwd begins, where the link leads."""


@check("security.no-extraction")
def test_no_extraction(registry: RegistryClient, corpus: Corpus, new_name: NewName) -> None:
    withstood(registry, attempted(registry, new_name("hostile"), HOSTILE))
    page = registry.project_page(canonicalize_name(corpus.main), fresh=True)
    accepted = [item.distribution for item in corpus.published.values() if item.accepted]
    expect.listed(page, [each.filename for each in accepted if each.name == corpus.main])


@check("security.zip-bomb")
def test_zip_bomb(registry: RegistryClient, new_name: NewName) -> None:
    withstood(registry, attempted(registry, new_name("bomb"), BOMBS))


@check("security.huge-metadata")
def test_huge_metadata(registry: RegistryClient, new_name: NewName) -> None:
    name = new_name("huge")
    attempts = attempted(registry, name, ("huge_metadata_wheel", "huge_metadata_sdist"))
    withstood(registry, attempts)
    page = registry.project_page(name)
    announced = [file.filename for file in page.files if file.core_metadata is not None]
    expect.rule("no metadata of 48 MiB to be announced", broken_by=announced, where=page.where)


@check("security.pkginfo-symlink")
def test_pkginfo_symlink(registry: RegistryClient, new_name: NewName) -> None:
    name = new_name("link")
    attempts = attempted(registry, name, ("pkg_info_symlink",))
    withstood(registry, attempts)
    for file in registry.project_page(name).files:
        answer = fetch(registry, metadata_url(file.url))
        leaks = answer.status == 200 and PASSWORDS in answer.content
        expect.rule(
            "the metadata file to be free of the registry's own /etc/passwd",
            broken_by=[file.filename] if leaks else [],
            where=answer,
        )


def attempted(registry: RegistryClient, name: str, kinds: Iterable[str]) -> list[InvalidUpload]:
    """Publish hostile distributions. Raises Deviation when one of them leaves the registry without an answer."""
    try:
        return upload_invalid(registry, name, kinds)
    except Unreachable as error:
        raise Deviation(
            expected="an answer to every upload", found=f"none: {error}", where=registry.target.upload_url
        ) from error


def withstood(registry: RegistryClient, attempts: list[InvalidUpload]) -> None:
    """Require an answer that is no server error, and that what was refused is not listed."""
    failures = [str(each) for each in attempts if not each.accepted and not each.refused]
    expect.rule(
        "every upload to be accepted (2xx) or refused (4xx)", broken_by=failures, where=attempts[0].answer
    )
    refused = [each.distribution for each in attempts if each.refused]
    for name in {each.name for each in refused}:
        expect.not_listed(registry.project_page(name), [each.filename for each in refused])
