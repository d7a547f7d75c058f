"""Registries that offer their pages in one form."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reference_server.faults.fault import Habit
from reference_server.rules.negotiation import SIMPLE_HTML, SIMPLE_JSON, TEXT_HTML

if TYPE_CHECKING:
    from reference_server.rules import Rules

TYPES = {"json": (SIMPLE_JSON,), "html": (TEXT_HTML, SIMPLE_HTML)}


class OneForm(Habit):
    """Offers its pages in one form, `json` or `html`, and answers 406 to clients that accept only the other.

    With `otherwise=page` it sends them its own form instead. Source: PyPA "Simple repository API", "Version and Format
    Selection" and "Recommendations".
    """

    def __init__(self, *, form: str = "json", otherwise: str = "406") -> None:
        if form not in TYPES:
            raise ValueError(f"one-form has no form {form!r}; it has {', '.join(TYPES)}")
        self.form = form
        self.otherwise = otherwise

    def rules(self, rules: Rules) -> Rules:
        offered = TYPES[self.form]
        return replace(
            rules,
            serializations=offered,
            default_serialization=offered[0],
            refuses_unacceptable=self.otherwise == "406",
        )
