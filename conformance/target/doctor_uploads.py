"""What the doctor observes about uploads: by forms without a file, which registries refuse after the credential."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.target import DEFAULT
from conformance.target.empty_form import answer_to_empty_form
from conformance.target.observations import Observation, upload_change
from conformance.target.redirects import leads_to

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.target import Target
    from conformance.wire import Answer, Session
    from conformance.wire.credential import Credential

WRONG = "conformance-doctor-wrong"
"""A password that opens nothing."""

REJECTED = frozenset({401, 403})


def upload_observations(session: Session, target: Target, *, rejected: bool) -> Iterator[Observation]:
    """Send an upload form without a file.

    That uploads, too, have `rejected` the credential is no problem of its own.
    """
    if not target.has_uploads:
        yield Observation(
            about="uploads",
            seen=f"the layout {target.layout.name} has no address for uploads",
            change="give --upload-url, or judge the index alone with --read-only",
        )
        return
    credential = target.credential(DEFAULT)
    answer = answer_to_empty_form(session, target.upload_url, credential)
    if answer.status == 401 and rejected:
        return
    seen = f"an upload form without a file returned {answer.status_line}{_doubt(answer)}"
    change = upload_change(answer.status, target, location=leads_to(answer))
    unknown = answer.status >= 500
    if answer.status == 405 and _takes_posts(session, target, answer):
        seen, change = f"{seen}, and POST is allowed: the form is refused, and not its address", ""
    if answer.status == 500 and credential:
        more, accepted = _without_the_credential(session, target, credential)
        seen += more
        if accepted:
            change, unknown = "", False
    yield Observation(about="uploads", seen=seen, change=change, unknown=unknown)


def _takes_posts(session: Session, target: Target, answer: Answer) -> bool:
    """Tell whether POST is allowed where it was refused: there are registries that refuse a form with 405."""
    allowed = answer.headers.get("Allow")
    if allowed is None:
        credential = target.credential(DEFAULT)
        there = session.send("OPTIONS", target.upload_url, credential=credential, credential_name=DEFAULT)
        allowed = there.headers.get("Allow", "")
    return "POST" in (each.strip().upper() for each in allowed.split(","))


def _without_the_credential(session: Session, target: Target, credential: Credential) -> tuple[str, bool]:
    """Send the form without credential, then with a wrong one; return what was seen, and whether both were rejected.

    If so, a server error with the right credential is about the form: this is the place for uploads.
    """
    bare = answer_to_empty_form(session, target.upload_url, None)
    seen = f"{bare.status_line}{_doubt(bare)} without the credential"
    if bare.status not in REJECTED:
        return f", and {seen}", False
    wrong = answer_to_empty_form(session, target.upload_url, credential.with_token(WRONG))
    seen = f", {seen}, and {wrong.status_line}{_doubt(wrong)} with a wrong one"
    if wrong.status not in REJECTED:
        return seen, False
    return f"{seen}: the credential is accepted", True


def _doubt(answer: Answer) -> str:
    return " (it may have stored something)" if answer.is_success else ""
