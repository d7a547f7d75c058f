"""Everything that another index has, brought here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reference_server.errors import UserError
from reference_server.model.errors import NotFoundError, UpstreamError
from reference_server.model.grammar import is_valid_name, normalize
from reference_server.sources.fetching import Fetcher, refused
from reference_server.sources.index_page import ACCEPT, project_names
from reference_server.sources.mirror import Mirror
from reference_server.sources.mirror_store import OWNER
from reference_server.sources.placing import version_in

if TYPE_CHECKING:
    from reference_server.sources.upstream import Upstream


def whole_index(upstream: Upstream) -> Mirror:
    """Return a mirror with all projects, files and metadata files of an index. Raises `UserError`."""
    mirror = Mirror(upstream)
    try:
        for name in _names(upstream):
            mirror.bring_project(name)
            bring_files(mirror, name)
    except (UpstreamError, NotFoundError) as error:
        mirror.close()
        raise UserError(f"{upstream.index} cannot be read: {error}") from error
    return mirror


def bring_files(mirror: Mirror, name: str, *, fetched: bool = False) -> None:
    """Fetch the files of a project, with their metadata files and provenance objects.

    If `fetched`, only what belongs to files that are here. Raises `UpstreamError` and `NotFoundError`.
    """
    for file in mirror.files(name):
        if fetched and not file.is_fetched:
            continue
        mirror.bring_file(file.location, file.filename)
        if file.stated_metadata is not None:
            mirror.bring_metadata(file.location, file.filename)
        if file.stated_provenance is not None:
            mirror.bring_provenance(name, version_in(file.filename, name), file.filename)


def _names(upstream: Upstream) -> tuple[str, ...]:
    with Fetcher(upstream).get(upstream.index, {"Accept": ACCEPT, "Accept-Encoding": "gzip"}) as answer:
        if answer.status != 200:
            raise refused(answer)
        found = project_names(answer.page(), answer.headers.get("Content-Type", ""), answer.url)
    return tuple(sorted({normalize(name) for name in found if is_valid_name(name)}))


__all__ = ["OWNER", "bring_files", "whole_index"]
