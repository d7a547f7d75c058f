"""Finds out whether the registry still accepts the credential that it accepted when the run began."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, ClassVar

from conformance.run.door import absent_page
from conformance.target import DEFAULT
from conformance.verdicts import NotApplicable, NotJudged
from conformance.wire import BadAnswer, Unreachable
from conformance.wire.transcript import Used
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from conformance.run.run import Run
    from conformance.wire import Answer, Exchange

REJECTED = 401
PAUSE = 0.5
"""Seconds between two looks: a single rejection may be a hitch of the registry."""

_MENTION = re.compile(rf"\b{REJECTED}\b")


class CredentialRejected(NotJudged):
    """The registry no longer accepts the credential of the run: what it refuses now is no deviation."""

    by: ClassVar[str] = "credential"


def may_be_rejection(error: BaseException, exchanges: Collection[Exchange]) -> bool:
    """Tell whether what a check found may come of a rejected credential: 401, or no answer, to a request with it.

    What it found may show 401, too: of a request that another client sent, as under load.
    """
    if isinstance(error, NotApplicable | NotJudged):
        return False
    ours = (each for each in exchanges if each.credential == DEFAULT)
    return bool(_mention(error)) or any(each.status in {None, REJECTED} for each in ours)


def _mention(error: BaseException) -> str:
    """Return what a check found, where it mentions 401; else nothing."""
    text = str(error)
    return text if _MENTION.search(text) else ""


def rejection(run: Run, error: BaseException, exchanges: Collection[Exchange]) -> CredentialRejected | None:
    """Return how the credential is rejected by now, for a check that ended in an error; None where it is not.

    Asks again what the registry answered with this credential when the run began, if one of the exchanges of the
    check or what it found shows 401, or where a client was run, whose answers are not known.
    """
    if DEFAULT not in run.target.credentials or not may_be_rejection(error, exchanges):
        return None
    rejected = [each.request for each in exchanges if each.credential == DEFAULT and each.status == REJECTED]
    uploads = any("POST " in each for each in (*rejected, _mention(error)))
    try:
        with run.transcript.beside(Used()):  # what is asked here is no evidence of the check
            answers = map(_last_rejection, _questions(run, uploads=uploads))
            answer = next(filter(None, answers), None)
    except (NotJudged, Unreachable, BadAnswer):
        return None  # nothing new is known of the credential
    if answer is None:
        return None
    return CredentialRejected(
        f"the registry accepted the credential {DEFAULT!r} when the run began, and rejects it now: {answer}; "
        "it may have expired, the account may be locked, or a cache in front may keep the 401 of another request: "
        "use a token that lives longer than the run"
    )


def _last_rejection(ask: Callable[[], Answer]) -> Answer | None:
    """Return the last of several rejections; None where one of the answers is none."""
    for seconds in (0, PAUSE):
        time.sleep(seconds)
        answer = ask()
        if answer.status != REJECTED:
            return None
    return answer


def _questions(run: Run, *, uploads: bool) -> Iterator[Callable[[], Answer]]:
    """Yield the first request of the run; if `uploads` were rejected, an upload of a file that is right, too."""

    def upload() -> Answer:
        # A new project: some registries keep two of a file, or replace the one that checks look at.
        name = f"conformance-{run.corpus.run_id}-{run.worker}{len(run.transcript)}-again"
        return run.registry.upload(wheel(name, "1.0"))

    yield lambda: absent_page(run.registry, run.corpus.run_id, fresh=True)
    if uploads and any(each.accepted for each in run.corpus.published.values()):
        yield upload
