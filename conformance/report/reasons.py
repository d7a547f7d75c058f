"""Why requirements or a whole run were not judged, in few words: a reason that many share is given once."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from conformance.verdicts import ExitCode, Verdict
from conformance.verdicts.counting import counted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from conformance.report.check_result import CheckResult
    from conformance.report.result import RunResult

NO_VERDICT = frozenset({ExitCode.USAGE, ExitCode.HARNESS_ERROR, ExitCode.TOO_LITTLE_JUDGED})
"""Exit codes that say nothing about the registry."""

_IN_ORDER = re.compile(r"ok\s|\d+ problems? found\.$")
"""Lines of `doctor` that say nothing of a problem."""


def shared_reasons(findings: Iterable[CheckResult]) -> list[tuple[str, list[CheckResult]]]:
    """Return findings of one verdict that only have a reason, which at least two of them share, by that reason."""
    found: dict[tuple[Verdict, str], list[CheckResult]] = defaultdict(list)
    for each in findings:
        if each.verdict in {Verdict.ERROR, Verdict.STALE} and not each.signature:
            found[each.verdict, each.message].append(each)
    return [(reason, group) for (_, reason), group in found.items() if len(group) > 1]


def why_no_verdict(result: RunResult) -> str:
    """Return in one line why a run came to no verdict; empty for one that did."""
    if result.exit_code not in NO_VERDICT:
        return ""
    reasons: dict[str, int] = defaultdict(int)
    for each in result.of(Verdict.ERROR):
        reasons[each.message.partition("\n")[0]] += 1
    if reasons:
        return "; ".join(f"{counted(number, 'requirement')}: {reason}" for reason, number in reasons.items())
    lines = [line for note in result.summary.notes for line in note.splitlines()]
    return " ".join(" ".join(line for line in lines if not _IN_ORDER.match(line)).split())
