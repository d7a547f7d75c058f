"""HTTP as a check needs it: recorded, redacted, bounded."""

from conformance.wire.form import Part, UploadForm, upload_form
from conformance.wire.redaction import Redactor
from conformance.wire.session import Answer, BudgetSpent, Follow, Limits, Session, Unreachable
from conformance.wire.transcript import Exchange, Transcript

__all__ = [
    "Answer",
    "BudgetSpent",
    "Exchange",
    "Follow",
    "Limits",
    "Part",
    "Redactor",
    "Session",
    "Transcript",
    "Unreachable",
    "UploadForm",
    "upload_form",
]
