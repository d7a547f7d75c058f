"""Distributions that hold the metadata of other projects below their own folders."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from conformance.checks.metadata.settled import announces_metadata, require_served, settled_metadata
from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.uploads.publishing import link, publish
from conformance.kit.uploads.vendoring import (
    own_metadata,
    publish_a_usual_sdist,
    vendoring_sdist,
    vendoring_wheel,
)
from conformance.verdicts import NotApplicable, Untestable
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from conformance.kit.fixtures import Index, NewName, RegistryClient, Remark


@check("metadata.vendored")
def test_vendored(registry: RegistryClient, index: Index, new_name: NewName, remark: Remark) -> None:
    """A wheel beside them has no vendored project, and a metadata file that is served.

    Without an sdist where the registry takes none.
    """
    name = new_name("vendored-metadata")
    plain, holding, source = wheel(name, "0.9"), vendoring_wheel(name, "1.0"), vendoring_sdist(name, "1.1")
    publish(registry, plain, holding)
    takes_sdists = publish_a_usual_sdist(registry, name, "0.8", remark)
    published = [holding, source] if takes_sdists else [holding]
    publish(registry, *published[1:])
    moment = time.monotonic()
    page = index.pages(name)[-1]
    announced = [each for each in published if announces_metadata(link(page, each))]
    if holding not in announced:
        raise NotApplicable("the page does not announce the metadata file of a wheel that vendors projects")
    if takes_sdists and source not in announced:
        remark("judged without an sdist: the page does not announce its metadata file")
    require_served(registry, link(page, plain), what="without vendored projects")
    for each in announced:
        answer = settled_metadata(registry, link(page, each), published=moment)
        if answer.is_server_error:
            raise Untestable(f"the metadata file of {each.filename} ends in an error: {answer}")
        expect.status(answer, 200)
        own = own_metadata(name, each.version)
        expect.equal(answer.content, own, of=f"the metadata file of {each.filename}", where=answer)
