"""Faults in text fields with unusual contents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reference_server.faults.building.upload_forms import (
    FailsOnForms,
    RefusesForms,
    pieces_of,
    text_of,
    texts_of,
)

if TYPE_CHECKING:
    from reference_server.http.request import Request


class TextFieldsAsFilesFail(FailsOnForms):
    """Fails on a text field that is sent as a file."""

    caught_by = ("upload.text-field-as-file",)

    def is_refused(self, request: Request) -> bool:
        return any(
            name not in {"content", "gpg_signature"} and b"filename=" in head
            for name, head, _ in pieces_of(request)
        )


class NulBytesFail(FailsOnForms):
    """Fails on NUL characters in a text, as PostgreSQL does."""

    caught_by = ("upload.nul-bytes",)

    def is_refused(self, request: Request) -> bool:
        return any(b"\0" in text for text in texts_of(request))


class ReasonsInLatin1(FailsOnForms):
    """Repeats an invalid name in the status line, and fails unless it is Latin-1."""

    caught_by = ("upload.reason-latin1",)

    def is_refused(self, request: Request) -> bool:
        name = text_of(request, "name")
        return not request.registry.rules.valid_name(name) and any(ord(letter) > 255 for letter in name)


class FileNamesInLatin1(FailsOnForms):
    """Writes the file name into a header field, and fails unless it is Latin-1."""

    caught_by = ("upload.reason-latin1",)

    def is_refused(self, request: Request) -> bool:
        heads = b"".join(head for name, head, _ in pieces_of(request) if name == "content")
        return any(ord(letter) > 255 for letter in heads.decode(errors="replace"))


class LongTextsRefused(RefusesForms):
    """Rejects text fields of more than 64 KiB."""

    caught_by = ("upload.description", "gitlab.upload.long-description")
    field = "description"

    def is_refused(self, request: Request) -> bool:
        return any(len(text) > 65_536 for text in texts_of(request))
