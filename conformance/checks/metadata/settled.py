"""The metadata file of a distribution that was just published."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.kit.uploads.publishing import fetch
from conformance.kit.urls import metadata_url

if TYPE_CHECKING:
    from conformance.kit.http import Answer
    from conformance.kit.registry import RegistryClient
    from conformance.pages import FileLink


def settled_metadata(registry: RegistryClient, file: FileLink, *, published: float) -> Answer:
    """Return the answer for the metadata file of a link, asked for again where it is late.

    One that is late is for metadata.visible-together. `published` is a moment of `time.monotonic`.
    """
    answer = fetch(registry, metadata_url(file.url))
    if answer.status == 200:
        return answer
    registry.settling.wait_out(published)
    return fetch(registry, metadata_url(file.url))
