"""What a run found: one result, and the formats made from it."""

from conformance.report.result import CheckResult, RunResult
from conformance.report.terminal import print_report

__all__ = ["CheckResult", "RunResult", "print_report"]
