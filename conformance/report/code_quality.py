"""The result as GitLab's Code Quality report, which a merge request shows next to the code."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from conformance.report.reading import NEEDING_WORDS
from conformance.verdicts import Verdict

if TYPE_CHECKING:
    from conformance.report.reading import Finding, StoredResult

PLACE = "registry.toml"
"""The file that findings are shown at. A registry is no file: this is the one that names it."""

SEVERITIES = {
    Verdict.FAILED: "critical",
    Verdict.STALE: "major",
    Verdict.WARNED: "minor",
    Verdict.NOTED: "info",
    Verdict.KNOWN: "info",
}
"""What GitLab calls a verdict. An error is not here: it says nothing about the target."""


def as_code_quality(result: StoredResult) -> str:
    """Return an array with one object per deviation. Source: GitLab's documentation of the Code Quality format."""
    findings = [each for each in result.of(*NEEDING_WORDS) if each.verdict in SEVERITIES]
    return json.dumps([_issue(each, result) for each in findings], indent=1, ensure_ascii=False) + "\n"


def fingerprint(finding: Finding, result: StoredResult) -> str:
    """Return what stays the same from run to run: the requirement, and which target it is about."""
    target = "embedded" if result.embedded else result.url
    return hashlib.sha256(f"{target} {result.profile} {finding.id}".encode()).hexdigest()


def _issue(finding: Finding, result: StoredResult) -> dict[str, object]:
    return {
        "description": " ".join(f"{finding.statement} Found: {finding.found}".split())
        if finding.found
        else finding.statement,
        "check_name": finding.id,
        "fingerprint": fingerprint(finding, result),
        "severity": SEVERITIES[finding.verdict] if finding.scored else "info",
        "location": {"path": PLACE, "lines": {"begin": 1}},
    }
