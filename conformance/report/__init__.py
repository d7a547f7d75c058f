"""What a run found: one result, and the formats made from it."""

from conformance.report.result import CheckResult, RunResult

__all__ = ["CheckResult", "RunResult"]
