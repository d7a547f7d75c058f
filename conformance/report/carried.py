"""A check's result on pytest's report of it, which travels between processes: basic types only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from conformance.report.check_result import CheckResult
from conformance.wire.publication import Publication

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pytest

RESULT = "registry_conformance_result"
PUBLISHED = "registry_conformance_published"
"""The names of a report's attributes with the result of a check, and with the uploads behind a deviation."""


def carry(report: pytest.TestReport, result: CheckResult, published: Sequence[Publication] = ()) -> None:
    """Put a result on a report."""
    setattr(report, RESULT, msgspec.to_builtins(result))
    setattr(report, PUBLISHED, msgspec.to_builtins(published))


def carried_result(report: pytest.CollectReport | pytest.TestReport) -> CheckResult | None:
    """Return the result on a report; None where there is none."""
    table = getattr(report, RESULT, None)
    return None if table is None else msgspec.convert(table, CheckResult)


def carried_publications(report: pytest.TestReport) -> list[Publication]:
    """Return the uploads behind the deviation on a report."""
    return msgspec.convert(getattr(report, PUBLISHED, []), list[Publication])
