"""The result as GitLab's Code Quality report, which a merge request shows next to the code."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from conformance.report.check_result import EXPLAINED
from conformance.verdicts import Verdict

if TYPE_CHECKING:
    from conformance.report.check_result import CheckResult
    from conformance.report.result import RunResult

PLACE = "registry.toml"
"""The file that issues point to: a registry has no files, and this one names it."""

SEVERITIES = {
    Verdict.FAILED: "critical",
    Verdict.STALE: "major",
    Verdict.WARNED: "minor",
    Verdict.NOTED: "info",
    Verdict.KNOWN: "info",
}
"""The severity of a verdict. An error has none: it says nothing about the target."""


def as_code_quality(result: RunResult) -> str:
    """Return an array with one object per deviation. Source: GitLab's documentation of the Code Quality format."""
    findings = [each for each in result.of(*EXPLAINED) if each.verdict in SEVERITIES]
    return json.dumps([_issue(each, result) for each in findings], indent=1, ensure_ascii=False) + "\n"


def fingerprint(finding: CheckResult, result: RunResult) -> str:
    """Return a digest of requirement and target, the same in every run."""
    target = "embedded" if result.target.embedded else result.target.url
    return hashlib.sha256(f"{target} {result.target.profile} {finding.id}".encode()).hexdigest()


def _issue(finding: CheckResult, result: RunResult) -> dict[str, object]:
    return {
        "description": " ".join(f"{finding.statement} Found: {finding.found}".split())
        if finding.found
        else finding.statement,
        "check_name": finding.id,
        "fingerprint": fingerprint(finding, result),
        "severity": SEVERITIES[finding.verdict] if finding.scored else "info",
        "location": {"path": PLACE, "lines": {"begin": 1}},
    }
