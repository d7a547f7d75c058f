"""The metadata files of distributions that were just published."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.kit.uploads.publishing import fetch
from conformance.kit.urls import metadata_url
from conformance.verdicts import Untestable

if TYPE_CHECKING:
    from conformance.kit.http import Answer
    from conformance.kit.registry import RegistryClient
    from conformance.pages import FileLink


def announces_metadata(file: FileLink) -> bool:
    """Tell whether a link announces a metadata file."""
    return file.core_metadata not in (None, False)


def require_served(registry: RegistryClient, twin: FileLink, *, what: str) -> None:
    """Raise Untestable unless the metadata file of a usual wheel is announced and served."""
    if not announces_metadata(twin):
        raise Untestable(f"the page does not announce the metadata file of a wheel {what}")
    answer = fetch(registry, metadata_url(twin.url))
    if answer.status != 200:
        raise Untestable(f"a metadata file that is announced is not served ({answer}); see metadata.served")


def settled_metadata(registry: RegistryClient, file: FileLink, *, published: float) -> Answer:
    """Return the answer for the metadata file of a link, asked for again where it is late.

    One that is late is for metadata.visible-together. `published` is a moment of `time.monotonic`.
    """
    answer = fetch(registry, metadata_url(file.url))
    if answer.status == 200:
        return answer
    registry.settling.wait_out(published)
    return fetch(registry, metadata_url(file.url))
