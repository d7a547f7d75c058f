"""The formats that a result can be had in, by the names that the command line knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.report.badge import as_badge
from conformance.report.code_quality import as_code_quality
from conformance.report.html import as_html
from conformance.report.junit import as_junit
from conformance.report.markdown import as_markdown
from conformance.report.sarif import as_sarif

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.report.reading import StoredResult

FORMATS: dict[str, Callable[[StoredResult], str]] = {
    "html": as_html,
    "junit": as_junit,
    "markdown": as_markdown,
    "codequality": as_code_quality,
    "sarif": as_sarif,
    "badge": as_badge,
}
