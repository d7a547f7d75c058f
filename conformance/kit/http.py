"""HTTP for checks: answers, credentials, upload forms, and connections that are used byte by byte."""

from conformance.wire import (
    Answer,
    Credential,
    Follow,
    Part,
    RawConnection,
    RecentAnswers,
    Transcript,
    Unreachable,
    UploadForm,
    upload_form,
)

__all__ = [
    "Answer",
    "Credential",
    "Follow",
    "Part",
    "RawConnection",
    "RecentAnswers",
    "Transcript",
    "Unreachable",
    "UploadForm",
    "upload_form",
]
