"""Why requirements or a whole run were not judged, in few words: a reason that many share is given once."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from conformance.verdicts import ExitCode, Verdict
from conformance.verdicts.counting import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

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


def remedy(reason: str) -> str:
    """Return what to do about the reason of an error, in a sentence; empty where the reason says all."""
    hung_up = re.search(r"got no answer: .*(closed connection|aborted|reset)", reason, re.IGNORECASE)
    return "A registry that crashes on a request ends its connection, too: see its log." if hung_up else ""


def ranked(findings: Sequence[CheckResult]) -> list[tuple[str, list[CheckResult]]]:
    """Return findings in their order, those that share a reason together with it where the first of them stands.

    The reason of a finding that shares none is empty.
    """
    groups = {group[0].id: (reason, group) for reason, group in shared_reasons(findings)}
    together = {each.id for _, group in groups.values() for each in group}
    return [
        groups.get(each.id, ("", [each])) for each in findings if each.id in groups or each.id not in together
    ]


def why_no_verdict(result: RunResult) -> str:
    """Return in one line why a run came to no verdict; empty for one that did."""
    if result.exit_code not in NO_VERDICT:
        return ""
    numbers: dict[str, int] = defaultdict(int)
    for each in result.of(Verdict.ERROR):
        numbers[each.message.partition("\n")[0]] += 1
    reasons = [f"{counted(number, 'requirement')}: {reason}" for reason, number in numbers.items()]
    return "; ".join(filter(None, [why_no_verdict_of_run(result), *reasons]))


def why_no_verdict_of_run(result: RunResult) -> str:
    """Return in one line why a run came to no verdict, without the errors of its requirements.

    Only a run without results, or of a version that knew no reasons, has them among its notes.
    """
    if result.exit_code not in NO_VERDICT:
        return ""
    reasons = result.summary.reasons
    if not reasons and not result.of(Verdict.ERROR):
        reasons = result.summary.notes
    lines = [line for reason in reasons for line in reason.splitlines()]
    return " ".join(" ".join(line for line in lines if not _IN_ORDER.match(line)).split())
