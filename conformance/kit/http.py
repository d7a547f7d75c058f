"""HTTP for checks: answers, credentials, upload forms, and connections that are used byte by byte."""

from conformance.wire import (
    Answer,
    BrokenAnswer,
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
    "BrokenAnswer",
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
