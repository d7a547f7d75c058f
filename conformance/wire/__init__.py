"""HTTP as a check needs it: recorded, redacted, bounded."""

from conformance.wire.answer import Answer, Unreachable
from conformance.wire.form import Part, UploadForm, upload_form
from conformance.wire.publication import Publication, leading_to, publication
from conformance.wire.raw import RawConnection
from conformance.wire.redaction import Redactor
from conformance.wire.session import Budget, BudgetSpent, Follow, Limits, Session
from conformance.wire.transcript import Exchange, Transcript, kept

__all__ = [
    "Answer",
    "Budget",
    "BudgetSpent",
    "Exchange",
    "Follow",
    "Limits",
    "Part",
    "Publication",
    "RawConnection",
    "Redactor",
    "Session",
    "Transcript",
    "Unreachable",
    "UploadForm",
    "kept",
    "leading_to",
    "publication",
    "upload_form",
]
