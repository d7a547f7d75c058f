"""The form in which pages are read where a check asks for none: an index may have HTML, JSON, or both.

Source: PyPA "Simple repository API", "Version and Format Selection": what is not offered is answered with 406, or in
another form.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.pages import JSON_V1, TEXT_HTML

if TYPE_CHECKING:
    from conformance.wire import Answer

NOT_ACCEPTABLE = 406


class PageForm:
    """The media type to ask for: HTML, until a registry refuses it and has JSON."""

    def __init__(self) -> None:
        self.accept = TEXT_HTML

    def other(self, answer: Answer, wanted: str) -> str:
        """Return the type to ask for instead of the wanted one, if a registry has no page of it; else an empty text.

        What other threads have learned meanwhile is of no account.
        """
        return JSON_V1 if answer.status == NOT_ACCEPTABLE and wanted == TEXT_HTML else ""

    def learn(self, answer: Answer) -> None:
        """Ask for JSON from now on, where that was accepted instead."""
        if answer.status != NOT_ACCEPTABLE:
            self.accept = JSON_V1
