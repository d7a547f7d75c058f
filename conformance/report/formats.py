"""The formats of reports, in one table. Cheap to import: a renderer is loaded when it renders.

A new format is a module with a function from RunResult to text, and a row here.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from conformance.report.result import RunResult


@dataclass(frozen=True, kw_only=True)
class Format:
    """A format: its name, its use, the module and function that render it, and the file that a CI job writes."""

    name: str
    purpose: str
    renderer: str
    ci_file: str = ""
    """Empty for formats that a CI job does not write."""

    def render(self, result: RunResult | Any) -> str:
        """Return the report of a result."""
        module, _, function = self.renderer.partition(":")
        text: str = getattr(import_module(module), function)(result)
        return text


def _table(*rows: Format) -> dict[str, Format]:
    return {row.name: row for row in rows}


FORMATS = _table(
    Format(
        name="text",
        purpose="what `run` prints at its end, with every finding in full",
        renderer="conformance.report.terminal:as_text",
    ),
    Format(
        name="html",
        purpose="one page with filters, exchanges and scripts",
        renderer="conformance.report.html:as_html",
        ci_file="report.html",
    ),
    Format(
        name="junit",
        purpose="test reports of CI systems",
        renderer="conformance.report.junit:as_junit",
        ci_file="junit.xml",
    ),
    Format(
        name="markdown",
        purpose="comments of merge requests and job summaries",
        renderer="conformance.report.markdown:as_markdown",
        ci_file="summary.md",
    ),
    Format(
        name="codequality",
        purpose="the Code Quality widget of GitLab",
        renderer="conformance.report.code_quality:as_code_quality",
        ci_file="codequality.json",
    ),
    Format(
        name="sarif",
        purpose="code scanning and editors",
        renderer="conformance.report.sarif:as_sarif",
        ci_file="report.sarif",
    ),
    Format(
        name="badge",
        purpose="an SVG image for a README",
        renderer="conformance.report.badge:as_badge",
    ),
)
"""Reports of one result, by name."""

MATRIX_FORMATS = _table(
    Format(
        name="markdown",
        purpose="comments and documents",
        renderer="conformance.report.matrix:as_markdown",
    ),
    Format(name="html", purpose="one page", renderer="conformance.report.matrix:as_html"),
)
"""Tables of several results, by name."""
