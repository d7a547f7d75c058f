"""The result as GitLab's Code Quality report, which a merge request shows next to the code."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from conformance.report.check_result import EXPLAINED
from conformance.report.reasons import why_no_verdict
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
"""The severity of a verdict. Errors say nothing about the target: one issue is about all of them."""

LONGEST = 1_000
"""Characters of a description."""


def as_code_quality(result: RunResult) -> str:
    """Return an array with one object per deviation, and one for a run without a verdict.

    Without that one a merge request would show the issues of the last run as resolved. Source: GitLab's documentation
    of the Code Quality format.
    """
    findings = [each for each in result.of(*EXPLAINED) if each.verdict in SEVERITIES]
    issues = [_no_verdict(result, reason)] if (reason := why_no_verdict(result)) else []
    issues += [_issue(each, result) for each in findings]
    return json.dumps(issues, indent=1, ensure_ascii=False) + "\n"


def fingerprint(name: str, result: RunResult) -> str:
    """Return a digest of a requirement, or another name, and the target, the same in every run."""
    target = "embedded" if result.target.embedded else result.target.url
    return hashlib.sha256(f"{target} {result.target.profile} {name}".encode()).hexdigest()


def _issue(finding: CheckResult, result: RunResult) -> dict[str, object]:
    words = [finding.about_baseline, finding.statement]
    if finding.found:
        words.append(f"Found: {finding.found}")
    if finding.cause:
        words.append(f"Follows from {finding.cause}.")
    severity = SEVERITIES[finding.verdict] if finding.scored else "info"
    return _object(" ".join(words), finding.id, severity, result)


def _no_verdict(result: RunResult, reason: str) -> dict[str, object]:
    return _object(
        f"The registry {result.ending}. {reason}",
        "run",
        "blocker",
        result,
    )


def _object(description: str, name: str, severity: str, result: RunResult) -> dict[str, object]:
    text = " ".join(description.split())
    return {
        "description": text if len(text) <= LONGEST else text[:LONGEST] + "…",
        "check_name": name,
        "fingerprint": fingerprint(name, result),
        "severity": severity,
        "location": {"path": PLACE, "lines": {"begin": 1}},
    }
