"""The worst findings as annotations on GitHub: a step prints them as commands, and the page of the run shows them."""

from __future__ import annotations

import secrets
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from conformance.report.reasons import ranked, why_no_verdict
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
    found: dict[str, list[str]] = {"error": [], "warning": []}
    if why := why_no_verdict(result):
        found["error"].append(_command("error", f"no verdict: the registry {result.ending}", why))
    for reason, group in ranked(causes):
        kind = KINDS[group[0].verdict]
        found[kind].append(_annotation(kind, reason, group))
    return [line for lines in found.values() for line in lines[:MOST]]


def _annotation(kind: str, reason: str, group: list[CheckResult]) -> str:
    """Return the command for a finding, or for several that share a reason."""
    first, *others = group
    name = counted(len(group), "requirement") if others else first.id
    return _command(kind, f"{first.verdict}: {name}", reason if others else _words(first))


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
