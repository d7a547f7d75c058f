"""The result as JUnit XML, in the form that the CI systems agree on (the schema of Jenkins' xUnit plugin)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

from conformance.report.client_cells import Outcome
from conformance.report.curl import deciding_command
from conformance.report.reasons import why_no_verdict_of_run
from conformance.verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from conformance.report.check_result import CheckResult
    from conformance.report.client_cells import ClientCell
    from conformance.report.result import RunResult

FAILURES = frozenset({Verdict.FAILED, Verdict.STALE})
SKIPPED = frozenset({Verdict.NOT_APPLICABLE, Verdict.UNTESTABLE})
NOT_JUDGED = frozenset({Outcome.CLIENT, Outcome.NOT_OFFERED, Outcome.NOT_APPLICABLE, Outcome.UNTESTABLE})
"""Outcomes of clients that say nothing of the registry."""

_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def as_junit(result: RunResult) -> str:
    """Return a test suite per area, a test case per requirement, and a suite with a case per client and scenario.

    Only what fails the run is a failure: a warning is the output of a passed test.
    """
    reason = why_no_verdict_of_run(result)
    counts = _counts(result.results, result.clients, name=result.target.url)
    if reason or not result.results:
        counts |= {each: str(int(counts[each]) + 1) for each in ("tests", "errors")}
    root = ET.Element("testsuites", counts)
    for area, findings in result.by_area().items():
        root.append(_suite(result, area, findings))
    if result.clients:
        root.append(_clients(result))
    if reason or not result.results:
        root.append(_no_suite(result, reason))
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _suite(result: RunResult, area: str, findings: list[CheckResult]) -> ET.Element:
    attributes = _counts(findings, (), name=area)
    attributes["skipped"] = str(sum(each.verdict in SKIPPED for each in findings))
    suite = _empty_suite(result, attributes)
    suite.extend(map(_case, findings))
    return suite


def _clients(result: RunResult) -> ET.Element:
    attributes = _counts((), result.clients, name="clients")
    attributes["skipped"] = str(sum(each.outcome in NOT_JUDGED for each in result.clients))
    suite = _empty_suite(result, attributes)
    suite.extend(map(_client_case, result.clients))
    return suite


def _empty_suite(result: RunResult, attributes: dict[str, str]) -> ET.Element:
    """Return a suite without its cases, with the facts of the run."""
    attributes["timestamp"] = f"{result.started:%Y-%m-%dT%H:%M:%S}"
    attributes["hostname"] = _text(urlsplit(result.target.url).hostname or "")
    suite = ET.Element("testsuite", attributes)
    properties = ET.SubElement(suite, "properties")
    facts = {
        "url": result.target.url,
        "profile": result.target.profile,
        "run": result.run,
        "seed": str(result.summary.seed),
        "ending": result.ending,
        "version": result.suite.version,
    }
    for name, value in facts.items():
        ET.SubElement(properties, "property", name=name, value=_text(value))
    return suite


def _no_suite(result: RunResult, reason: str) -> ET.Element:
    """Return a suite with the reason why there is no verdict: without any, CI systems would show nothing."""
    suite = ET.Element("testsuite", name="run", tests="1", failures="0", errors="1", time="0.000")
    case = ET.SubElement(
        suite, "testcase", name="the registry is judged", classname="conformance", time="0.000"
    )
    message = f"{result.target.url} {result.ending}: {reason}"
    notes = _text("\n".join(result.summary.notes))
    ET.SubElement(case, "error", message=_text(message), type="error").text = notes
    return suite


def _case(finding: CheckResult) -> ET.Element:
    case = ET.Element(
        "testcase",
        name=finding.id,
        classname=f"conformance.{finding.area}",
        time=f"{finding.duration:.3f}",
    )
    message, text = (
        _text(finding.about_baseline or finding.found or finding.statement),
        _text(finding.message),
    )
    if _is_failure(finding):
        kind = f"{finding.level} {finding.standing}"
        command = _text(deciding_command(finding)) if finding.signature else ""
        origin = f"Follows from {finding.cause}.\n\n" if finding.cause else ""
        if finding.possible_cause:
            origin = f"Perhaps follows from {finding.possible_cause}\n\n"
        ET.SubElement(
            case, "failure", message=message, type=kind
        ).text = f"{origin}{text}\n\n{command}".rstrip()
    elif finding.verdict is Verdict.ERROR:
        ET.SubElement(case, "error", message=text.partition("\n")[0], type="error").text = text
    elif finding.verdict in SKIPPED:
        ET.SubElement(case, "skipped", message=f"{finding.verdict}: {text}")
    elif finding.verdict is not Verdict.PASSED:
        words = str(finding.verdict) if finding.scored else f"{finding.verdict}, not scored"
        ET.SubElement(case, "system-out").text = f"{words} ({finding.level})\n{text}"
    return case


def _client_case(cell: ClientCell) -> ET.Element:
    name = _text(f"{cell.client} {cell.scenario}")
    case = ET.Element("testcase", name=name, classname="conformance.clients", time="0.000")
    message = _text(cell.message)
    text = _text("\n".join([cell.message, *cell.requests, cell.output]).rstrip())
    if _client_failed(cell):
        ET.SubElement(case, "failure", message=message, type=str(cell.outcome)).text = text
    elif cell.outcome is Outcome.ERROR:
        ET.SubElement(case, "error", message=message, type="error").text = text
    elif cell.outcome in NOT_JUDGED:
        ET.SubElement(case, "skipped", message=f"{cell.outcome}: {message}")
    elif cell.outcome is not Outcome.WORKED:
        ET.SubElement(case, "system-out").text = f"{cell.outcome}, not counted\n{text}"
    return case


def _client_failed(cell: ClientCell) -> bool:
    return cell.outcome is Outcome.FAILED and cell.counts


def _is_failure(finding: CheckResult) -> bool:
    return finding.verdict in FAILURES and finding.scored


def _counts(findings: Iterable[CheckResult], cells: Collection[ClientCell], *, name: str) -> dict[str, str]:
    findings = list(findings)
    failures = [*map(_is_failure, findings), *map(_client_failed, cells)]
    errors = [each.verdict is Verdict.ERROR for each in findings]
    return {
        "name": _text(name),
        "tests": str(len(findings) + len(cells)),
        "failures": str(sum(failures)),
        "errors": str(sum(errors) + sum(each.outcome is Outcome.ERROR for each in cells)),
        "time": f"{sum(each.duration for each in findings):.3f}",
    }


def _text(text: str) -> str:
    """Return text without the characters that XML 1.0 excludes (2.2), escaped or not."""
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)
