"""The result as SARIF 2.1.0, the format of static analysis that code hosts and editors read."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from conformance.report.check_result import EXPLAINED
from conformance.report.code_quality import PLACE, fingerprint
from conformance.report.reasons import why_no_verdict_of_run
from conformance.verdicts import ExitCode, Verdict

if TYPE_CHECKING:
    from conformance.report.check_result import CheckResult
    from conformance.report.result import RunResult
    from conformance.wire.exchange import Exchange

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

REGION = {"startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 2}
"""The first character of the file that results point to: GitHub requires all four numbers."""

FINGERPRINT = "primaryLocationLineHash"
"""The only fingerprint by which GitHub recognises an alert; without it, GitHub hashes the first line."""

LEVELS = {
    Verdict.FAILED: "error",
    Verdict.STALE: "error",
    Verdict.WARNED: "warning",
    Verdict.NOTED: "note",
    Verdict.KNOWN: "note",
}
"""The level of a verdict (3.27.10). An error of the harness is a notification instead (3.20.21)."""


def as_sarif(result: RunResult) -> str:
    """Return a log with one run: a rule per requirement, a result per deviation."""
    run = {
        "tool": {"driver": _driver(result)},
        "invocations": [_invocation(result)],
        "results": [_result(each, result) for each in _reported(result)],
        "columnKind": "unicodeCodePoints",
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=1, ensure_ascii=False) + "\n"


def _reported(result: RunResult) -> list[CheckResult]:
    return [each for each in result.of(*EXPLAINED) if each.verdict in LEVELS]


def _driver(result: RunResult) -> dict[str, Any]:
    return {
        "name": result.suite.name,
        "version": result.suite.version,
        "rules": [_rule(each) for each in result.results],
    }


def _rule(finding: CheckResult) -> dict[str, Any]:
    levels = {"MUST": "error", "SHOULD": "warning", "MAY": "note"}
    help_ = (
        f"Affects: {finding.affects}\nSource: {finding.source}" if finding.requirement else finding.statement
    )
    return {
        "id": finding.id,
        "shortDescription": {"text": finding.statement},
        "fullDescription": {"text": f"A failing registry {finding.standing.words(finding.level)}."},
        "help": {"text": help_},
        "defaultConfiguration": {"level": levels[finding.level]},
        "properties": {"tags": [finding.area, str(finding.level), str(finding.standing)]},
    }


def _result(finding: CheckResult, result: RunResult) -> dict[str, Any]:
    where = finding.where or result.target.url
    table: dict[str, Any] = {
        "ruleId": finding.id,
        "ruleIndex": result.results.index(finding),
        "level": LEVELS[finding.verdict] if finding.scored else "note",
        "message": {"text": finding.message or finding.statement},
        "locations": [
            {
                "physicalLocation": {"artifactLocation": {"uri": PLACE}, "region": REGION},
                "logicalLocations": [{"fullyQualifiedName": where, "kind": "resource"}],
            }
        ],
        "partialFingerprints": {FINGERPRINT: fingerprint(finding.id, result)},
    }
    if finding.verdict is Verdict.KNOWN:
        table["suppressions"] = [{"kind": "external", "justification": "listed in the baseline"}]
    if finding.exchanges:
        table |= _web(finding.exchanges[-1])
    return table


def _web(exchange: Exchange) -> dict[str, Any]:
    """Return the request and the response (3.46, 3.47) behind a result."""
    method, _, target = exchange.request.partition(" ")
    if exchange.status is None or not urlsplit(target).netloc:
        return {}
    return {
        "webRequest": {"method": method, "target": target, "headers": dict(exchange.request_headers)},
        "webResponse": {
            "statusCode": exchange.status,
            "reasonPhrase": exchange.reason,
            "headers": dict(exchange.response_headers),
            "body": {"text": exchange.response_body},
        },
    }


def _invocation(result: RunResult) -> dict[str, Any]:
    reason = why_no_verdict_of_run(result)
    finished = {"endTimeUtc": _utc(result.finished)} if result.finished else {}
    return {
        "executionSuccessful": result.exit_code in {ExitCode.CONFORMS, ExitCode.DEVIATES},
        "exitCode": int(result.exit_code),
        "exitCodeDescription": f"{result.target.url} {result.ending}",
        "startTimeUtc": _utc(result.started),
        **finished,
        "toolExecutionNotifications": [
            *([{"level": "error", "message": {"text": reason}}] if reason else []),
            *(
                {"level": "error", "message": {"text": each.message}, "associatedRule": {"id": each.id}}
                for each in result.of(Verdict.ERROR)
            ),
        ],
    }


def _utc(time: datetime) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
