"""Registries that offer their pages in one form."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reference_server.faults.fault import Habit
from reference_server.rules.negotiation import SIMPLE_HTML, SIMPLE_JSON, TEXT_HTML

if TYPE_CHECKING:
    from werkzeug import Response

    from reference_server.http.request import Request
    from reference_server.rules import Rules

TYPES = {"json": (SIMPLE_JSON,), "html": (TEXT_HTML, SIMPLE_HTML)}
OTHERWISE = ("406", "404", "page")
"""What clients that accept only the other form get."""


class OneForm(Habit):
    """Offers its pages in one form, `json` or `html`, and answers 406 to clients that accept only the other.

    With `otherwise=404` it answers that there is no such page; with `otherwise=page` it sends its own form. Source:
    PyPA "Simple repository API", "Version and Format Selection" and "Recommendations".
    """

    def __init__(self, *, form: str = "json", otherwise: str = "406") -> None:
        if form not in TYPES:
            raise ValueError(f"one-form has no form {form!r}; it has {', '.join(TYPES)}")
        if otherwise not in OTHERWISE:
            raise ValueError(f"one-form has no otherwise {otherwise!r}; it has {', '.join(OTHERWISE)}")
        self.form = form
        self.otherwise = otherwise

    def rules(self, rules: Rules) -> Rules:
        offered = TYPES[self.form]
        return replace(
            rules,
            serializations=offered,
            default_serialization=offered[0],
            refuses_unacceptable=self.otherwise != "page",
        )

    def respond(self, request: Request, response: Response) -> Response:
        """Say that a page in another form does not exist, with `otherwise=404`."""
        del request
        if self.otherwise == "404" and response.status_code == 406:
            response.status_code = 404
        return response
