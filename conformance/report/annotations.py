"""The worst findings as annotations on GitHub: a step prints them as commands, and the page of the run shows them."""

from __future__ import annotations

import secrets
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from conformance.report.reasons import shared_reasons, why_no_verdict
from conformance.verdicts import Verdict
from conformance.verdicts.counting import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.report.check_result import CheckResult
    from conformance.report.result import RunResult

MOST = 10
"""Annotations of one kind that GitHub shows of a step."""

LONGEST = 1_000
"""Characters of an annotation."""

KINDS = {Verdict.FAILED: "error", Verdict.STALE: "error", Verdict.WARNED: "warning"}


@contextmanager
def commands_stopped(file: TextIO) -> Iterator[None]:
    """Let GitHub take nothing for a command that is printed meanwhile: it may be a text of the registry.

    Source: GitHub's documentation of workflow commands, "Stopping and starting workflow commands".
    """
    token = secrets.token_hex(16)
    print(f"::stop-commands::{token}", file=file, flush=True)
    try:
        yield
    finally:
        print(f"::{token}::", file=file, flush=True)


def github_annotations(result: RunResult) -> list[str]:
    """Return a command per cause, the worst first, and one for a run without a verdict. Each is a line."""
    causes = [each for each in result.causes() if each.verdict in KINDS and each.scored]
    shared = shared_reasons(causes)
    together = {each.id for _, group in shared for each in group}
    found = [
        _command("error", f"{group[0].verdict}: {counted(len(group), 'requirement')}", reason)
        for reason, group in shared
    ]
    if reason := why_no_verdict(result):
        found.insert(0, _command("error", f"no verdict: the registry {result.ending}", reason))
    for kind in ("error", "warning"):
        rows = [each for each in causes if KINDS[each.verdict] == kind and each.id not in together]
        found += [
            _command(kind, f"{each.verdict}: {each.id}", _words(each))
            for each in rows[: max(0, MOST - len(found)) if kind == "error" else MOST]
        ]
    return found


def _words(finding: CheckResult) -> str:
    """Return what a finding says, in lines."""
    rows = (
        ("", finding.about_baseline),
        ("", finding.statement),
        ("Expected: ", finding.expected),
        ("Found: ", finding.found),
        ("Affects: ", finding.affects),
    )
    return "\n".join(f"{label}{' '.join(text.split())}" for label, text in rows if text)


def _command(kind: str, title: str, text: str) -> str:
    """Return a workflow command. Its texts are escaped as GitHub's own toolkit does."""
    cut = text if len(text) <= LONGEST else text[:LONGEST] + "…"
    return f"::{kind} title={_escaped(title).replace(':', '%3A').replace(',', '%2C')}::{_escaped(cut)}"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
