"""The digests that come with an upload."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance import expect
from conformance.checks import check
from conformance.wire import upload_form
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from conformance.fixtures import NewName, Registry


@check("upload.digest.mismatch")
def test_mismatch(registry: Registry, new_name: NewName) -> None:
    sent, other = wheel(new_name("digest"), "1.0"), wheel("other", "1.0")
    form = upload_form(sent).with_field("sha256_digest", other.sha256)
    expect.refused(registry.upload(sent, form=form))
    expect.not_listed(registry.project_page(sent.name), [sent.filename])
