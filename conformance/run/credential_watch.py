"""Finds out whether the registry still takes the credential that it took when the run began."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from conformance.run.door import absent_page
from conformance.target import DEFAULT
from conformance.verdicts import NotApplicable, NotJudged
from conformance.wire import BadAnswer, Unreachable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from conformance.run.run import Run
    from conformance.wire import Answer, Exchange

REJECTED = 401


class CredentialRejected(NotJudged):
    """The registry no longer takes the credential of the run: what it refuses now says nothing about it."""

    by: ClassVar[str] = "credential"


def rejection(run: Run, error: BaseException, exchanges: Collection[Exchange]) -> CredentialRejected | None:
    """Return how the credential is rejected by now, for a check that ended in an error; None where it is not.

    Asks again what the registry answered with this credential when the run began, if one of the exchanges of the
    check shows 401, or is a run of a client, whose answers are not known.
    """
    if DEFAULT not in run.target.credentials or isinstance(error, NotApplicable | NotJudged):
        return None
    ours = [each for each in exchanges if each.credential == DEFAULT]
    if not any(each.status in {None, REJECTED} for each in ours):
        return None
    try:
        answers = (answer for answer in _asked_again(run, ours) if answer.status == REJECTED)
        if answer := next(answers, None):
            return CredentialRejected(
                f"the registry accepted the credential {DEFAULT!r} when the run began, and rejects it now: {answer}; "
                "it may have expired, or the account may be locked: use a token that lives longer than the run"
            )
    except (NotJudged, Unreachable, BadAnswer):
        pass  # nothing new is known of the credential
    finally:
        run.transcript.begin()
        for each in exchanges:  # what was asked here is no evidence of the check
            run.transcript.use(each)
    return None


def _asked_again(run: Run, exchanges: Collection[Exchange]) -> Iterator[Answer]:
    """Send the first request of the run again, and the first upload that was accepted if an upload was rejected."""
    yield absent_page(run.registry, run.corpus.run_id, fresh=True)
    rejected_upload = any(each.status == REJECTED and each.request.startswith("POST ") for each in exchanges)
    accepted = (each.distribution for each in run.corpus.published.values() if each.accepted)
    if rejected_upload and (distribution := next(accepted, None)):
        yield run.registry.upload(distribution)
