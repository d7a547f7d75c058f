"""HTTP for checks: recorded, redacted, within limits."""

from conformance.wire.answer import Answer, Unreachable
from conformance.wire.budget import Budget, BudgetSpent
from conformance.wire.credential import Credential
from conformance.wire.exchange import Exchange
from conformance.wire.form import Part, UploadForm, upload_form
from conformance.wire.publication import Publication, publication, publications_behind
from conformance.wire.raw import RawConnection
from conformance.wire.redaction import Redactor
from conformance.wire.session import Follow, Session
from conformance.wire.transcript import Transcript, recorded_bytes

__all__ = [
    "Answer",
    "Budget",
    "BudgetSpent",
    "Credential",
    "Exchange",
    "Follow",
    "Part",
    "Publication",
    "RawConnection",
    "Redactor",
    "Session",
    "Transcript",
    "Unreachable",
    "UploadForm",
    "publication",
    "publications_behind",
    "recorded_bytes",
    "upload_form",
]
