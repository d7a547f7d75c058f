"""Distributions that hold the metadata of other projects, as setuptools and pip do of those that they vendor."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from conformance.kit.uploads.publishing import is_taken
from reference_server.distributions import sdist, wheel
from reference_server.distributions.archives import zip_archive, zip_members

if TYPE_CHECKING:
    from conformance.kit.fixtures import Remark
    from conformance.target.registry_client import RegistryClient
    from reference_server.distributions import Distribution

OTHER = b"""Metadata-Version: 2.2
Name: conformance-vendored
Version: 9.0
Requires-Dist: conformance-vendored-needs
Requires-Python: >=3
"""


def own_metadata(name: str, version: str) -> bytes:
    """Return the metadata of the distributions themselves, which is final, in an sdist, too."""
    return f"Metadata-Version: 2.2\nName: {name}\nVersion: {version}\nRequires-Python: >=3.8\n".encode()


def vendoring_wheel(name: str, version: str) -> Distribution:
    """Return a wheel with two vendored projects: one stands before its own metadata, one after it."""
    vendored = {
        f"{folder}/conformance_vendored-9.0.dist-info/METADATA": OTHER
        for folder in ("a/_vendor", "z/_vendor")
    }
    built = wheel(name, version, document=own_metadata(name, version), members=vendored)
    members = zip_members(built.content)
    first = next(iter(vendored))
    return replace(built, content=zip_archive({first: members[first], **members}))


def publish_a_usual_sdist(registry: RegistryClient, name: str, version: str, remark: Remark) -> bool:
    """Publish an sdist that vendors nothing. Return whether it is taken; a remark says so where it is not.

    Raises Untestable for an answer that is neither.
    """
    taken = is_taken(registry, sdist(name, version))
    if not taken:
        remark("judged without an sdist: the target has refused a usual one")
    return taken


def vendoring_sdist(name: str, version: str) -> Distribution:
    """Return an sdist with the metadata of another project below two of its folders."""
    inside = {f"{folder}/conformance_vendored.egg-info/PKG-INFO": OTHER for folder in ("a", "tests/data")}
    return sdist(name, version, document=own_metadata(name, version), members=inside)
