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


class TextsTakenForTexts(FailsOnForms):
    """Fails at a text field that comes as a file."""

    caught_by = ("upload.text-field-as-file",)

    def is_refused(self, request: Request) -> bool:
        return any(
            name not in {"content", "gpg_signature"} and b"filename=" in head
            for name, head, _ in pieces_of(request)
        )


class NulBytesFail(FailsOnForms):
    """Fails at a NUL in a text, as PostgreSQL does."""

    caught_by = ("upload.nul-bytes",)

    def is_refused(self, request: Request) -> bool:
        return any(b"\0" in text for text in texts_of(request))


class ReasonsInLatin1(FailsOnForms):
    """Repeats a bad name in the status line, which fails when it is not Latin-1."""

    caught_by = ("upload.reason-latin1",)

    def is_refused(self, request: Request) -> bool:
        name = text_of(request, "name")
        return not request.registry.rules.valid_name(name) and any(ord(letter) > 255 for letter in name)


class FileNamesInLatin1(FailsOnForms):
    """Writes a file name into a header, which fails when it is not Latin-1."""

    caught_by = ("upload.reason-latin1",)

    def is_refused(self, request: Request) -> bool:
        heads = b"".join(head for name, head, _ in pieces_of(request) if name == "content")
        return any(ord(letter) > 255 for letter in heads.decode(errors="replace"))


class LongTextsRefused(RefusesForms):
    """Takes no text field of more than 64 KiB."""

    caught_by = ("upload.description", "gitlab.upload.long-description")
    field = "description"

    def is_refused(self, request: Request) -> bool:
        return any(len(text) > 65_536 for text in texts_of(request))
