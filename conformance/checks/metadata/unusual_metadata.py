"""Distributions whose metadata is out of the ordinary."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from conformance.kit.uploads.publishing import fetch, publish
from conformance.kit.urls import metadata_url
from reference_server.distributions import invalid, sdist, wheel

if TYPE_CHECKING:
    from conformance.kit.fixtures import Index, RegistryClient
    from conformance.kit.http import Answer
    from reference_server.distributions import Distribution

SUMMARY = "Größe, 大きさ, \U0001f40d"


UNUSUAL = f"""Metadata-Version: 2.1
Name: {{name}}
Version: 1.0
Summary: {SUMMARY}
Keywords: one,
  folded,line
Description-Content-Type: text/plain

A description with trailing blanks  \r
in lines that end in two ways,
and no end of the last line""".encode()
"""METADATA that no rewriting leaves unchanged."""


DYNAMIC = b"""Metadata-Version: 2.2
Name: {name}
Version: 2.0
Dynamic: Requires-Dist
"""


DYNAMIC_AFTER_A_FOLD = b"""Metadata-Version: 2.2
Name: {name}
Version: 3.0
License: One line of a license
        and another one
Dynamic: Requires-Dist
"""


@dataclass(frozen=True, kw_only=True)
class Release:
    """Distributions with unusual metadata. `at_once` is what came when a page first announced the wheel's."""

    wheel: Distribution
    document: bytes
    at_once: Answer | None
    bare: Distribution
    """A wheel without METADATA, with the answer to its upload."""
    bare_upload: Answer


def publish_release(registry: RegistryClient, index: Index, name: str) -> Release:
    """Publish a wheel with unusual METADATA, one without, and sdists that their builds complete."""
    unusual_document = UNUSUAL.replace(b"{name}", name.encode())
    unusual = wheel(name, "1.0", summary=SUMMARY, document=unusual_document)
    bare = invalid("wheel_without_metadata", name, "0.1")
    bare_upload = registry.upload(bare)
    completed = [
        sdist(name, version, document=document.replace(b"{name}", name.encode()))
        for version, document in (("2.0", DYNAMIC), ("3.0", DYNAMIC_AFTER_A_FOLD))
    ]
    publish(registry, *completed, unusual)
    link = next((page.file(unusual.filename) for page in index.pages(name)), None)
    announced = link is not None and link.core_metadata is not None
    at_once = fetch(registry, metadata_url(link.url)) if announced and link else None
    return Release(
        wheel=unusual, document=unusual_document, at_once=at_once, bare=bare, bare_upload=bare_upload
    )
