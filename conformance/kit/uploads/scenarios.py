"""Scenarios that several checks judge: a repeated upload, an oversized one, a deletion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from conformance.kit.uploads.publishing import publish
from conformance.verdicts import Deviation, NotApplicable, Untestable
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from conformance.target.gitlab import GitLab
    from conformance.target.registry_client import RegistryClient
    from conformance.wire import Answer
    from reference_server.distributions import Distribution


@dataclass(frozen=True, kw_only=True)
class SecondUpload:
    """A file that was uploaded, and uploaded again: with the same bytes, and with others."""

    distribution: Distribution
    same: Answer
    other_content: Answer


def upload_twice(registry: RegistryClient, name: str) -> SecondUpload:
    """Upload a file three times. Raises Untestable when it is refused the first time."""
    first, other = wheel(name, "1.0"), wheel(name, "1.0", marker="other bytes")
    publish(registry, first)
    return SecondUpload(distribution=first, same=registry.upload(first), other_content=registry.upload(other))


@dataclass(frozen=True, kw_only=True)
class Oversized:
    """An upload that is one byte larger than the target takes."""

    distribution: Distribution
    answer: Answer


def upload_oversized(registry: RegistryClient, name: str) -> Oversized:
    """Upload one byte more than the limit. Raises NotApplicable when the target states no limit."""
    distribution = wheel(name, "1.0", size=size_limit(registry) + 1)
    return Oversized(distribution=distribution, answer=registry.upload(distribution))


def size_limit(registry: RegistryClient) -> int:
    """Return the most bytes that a file may have. Raises NotApplicable when the target states no limit."""
    limit = registry.target.max_file_size
    if limit is None:
        raise NotApplicable(
            "the limit of the target is unknown; set max-file-size in [limits] of registry.toml"
        )
    return limit


@dataclass(frozen=True, kw_only=True)
class Deletion:
    """A package that was published and deleted, with the answer to its deletion."""

    distribution: Distribution
    package_id: int
    url: str
    answer: Answer


def publish_and_delete(registry: RegistryClient, gitlab: GitLab, name: str) -> Deletion:
    """Publish a wheel and delete its package. Raises Untestable when it is refused."""
    distribution = wheel(name, "1.0")
    publish(registry, distribution)
    url = link_to(registry, distribution)
    package_id = only_package(gitlab, name)
    answer = gitlab.delete_package(package_id)
    registry.deleted(distribution)
    return Deletion(distribution=distribution, package_id=package_id, url=url, answer=answer)


def only_package(gitlab: GitLab, name: str) -> int:
    """Return the id of the one package of that name. Raises Deviation when there is not exactly one.

    Raises Untestable where the list has packages of other names, too, which may be the part of a longer one.
    """
    listed = gitlab.packages(package_name=name)
    packages = [each for each in listed if each.get("name") == name and "id" in each]
    if len(packages) != 1 and len(packages) < len(listed):
        raise Untestable("packages are not listed by name; see gitlab.rest.filters-by-name")
    if len(packages) != 1:
        raise Deviation(
            expected=f"one package named {name}",
            found=f"{len(packages)} packages",
            where="GET /packages?package_name",
        )
    return int(packages[0]["id"])


def ids_of_packages(gitlab: GitLab, name: str) -> dict[str, int]:
    """Return the ids of the packages of exactly that name, by version."""
    return {
        str(package.get("version")): int(package["id"])
        for package in gitlab.packages(package_name=name)
        if package.get("name") == name and "id" in package
    }


def link_to(registry: RegistryClient, distribution: Distribution) -> str:
    """Return the URL under which the project page links a file. Raises Deviation when it does not."""
    page = registry.project_page(canonicalize_name(distribution.name))
    file = page.file(distribution.filename)
    if file is None:
        raise Deviation(
            expected=f"a link to {distribution.filename}", found="a page without it", where=page.where
        )
    return file.url
