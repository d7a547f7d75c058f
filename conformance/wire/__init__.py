"""HTTP for checks: recorded, redacted, within limits."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from conformance.wire.answer import Answer, Unreachable
    from conformance.wire.bounds import BadAnswer, BrokenAnswer, EndlessAnswer
    from conformance.wire.budget import Budget, BudgetSpent, Throttled, TimeUp
    from conformance.wire.credential import Credential
    from conformance.wire.exchange import Exchange
    from conformance.wire.form import Part, UploadForm, upload_form
    from conformance.wire.publication import (
        Publication,
        publication_of,
        publications_behind,
        with_early_requests,
    )
    from conformance.wire.raw import RawConnection
    from conformance.wire.recent_answers import RecentAnswers
    from conformance.wire.redaction import Redactor
    from conformance.wire.session import Follow, Session
    from conformance.wire.transcript import Transcript, recorded_bytes

__all__ = [
    "Answer",
    "BadAnswer",
    "BrokenAnswer",
    "Budget",
    "BudgetSpent",
    "Credential",
    "EndlessAnswer",
    "Exchange",
    "Follow",
    "Part",
    "Publication",
    "RawConnection",
    "RecentAnswers",
    "Redactor",
    "Session",
    "Throttled",
    "TimeUp",
    "Transcript",
    "Unreachable",
    "UploadForm",
    "publication_of",
    "publications_behind",
    "recorded_bytes",
    "upload_form",
    "with_early_requests",
]

_MODULES = {
    "Answer": "answer",
    "BadAnswer": "bounds",
    "BrokenAnswer": "bounds",
    "Budget": "budget",
    "BudgetSpent": "budget",
    "Credential": "credential",
    "EndlessAnswer": "bounds",
    "Exchange": "exchange",
    "Follow": "session",
    "Part": "form",
    "Publication": "publication",
    "RawConnection": "raw",
    "RecentAnswers": "recent_answers",
    "Redactor": "redaction",
    "Session": "session",
    "Throttled": "budget",
    "TimeUp": "budget",
    "Transcript": "transcript",
    "Unreachable": "answer",
    "UploadForm": "form",
    "publication_of": "publication",
    "publications_behind": "publication",
    "recorded_bytes": "transcript",
    "upload_form": "form",
    "with_early_requests": "publication",
}
"""The module of each name."""


def __getattr__(name: str) -> Any:
    """Import a name on first use: a credential needs no HTTP library."""
    if name not in _MODULES:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
