"""An upload form without a file: it stores nothing, and shows whether a registry accepts the credential."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.target import DEFAULT
from conformance.wire import Part, UploadForm

if TYPE_CHECKING:
    from conformance.wire import Answer, Session
    from conformance.wire.credential import Credential


def answer_to_empty_form(session: Session, url: str, credential: Credential | None) -> Answer:
    """Send the form, and return the answer with any status."""
    form = UploadForm(parts=(Part(name=":action", content=b"file_upload"),))
    return session.send(
        "POST",
        url,
        credential=credential,
        credential_name=DEFAULT,
        headers={"Content-Type": form.content_type},
        body=form.body(),
        described="an upload form without a file",
    )
