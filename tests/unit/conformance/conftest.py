"""Results to make reports from, as `run --json` writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from conformance.catalogue import catalogue
from conformance.report.causes import roots_of
from conformance.report.explain import explain_deviation
from conformance.report.result_file import result_from_json
from conformance.verdicts import Deviation, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.report.check_result import CheckResult
    from conformance.report.result import RunResult

HOSTILE = """</pre></script><script>alert(1)</script><img src=x onerror=alert(1)> ``` ]]> | \x00\x1b[31m & "'
* {{ 7*7 }}"""
"""What a registry might answer to break the report about it."""

DEVIATION = {"failed", "warned", "noted", "known"}


class ResultTable:
    """Builds the JSON object of a result, check by check."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self.url = "https://registry.example.com/api/v4/projects/1/packages/pypi"
        self.exit_code = 1

    def add(self, name: str, verdict: str, found: str = "nothing", **changes: Any) -> ResultTable:
        """Add the result of a check."""
        row = catalogue()[name]
        deviation = Deviation(expected="this", found=found, where=f"GET {self.url}")
        deviated = verdict in DEVIATION
        message = explain_deviation(row, deviation, catalogue()) if deviated else ""
        self.rows.append(
            {
                "id": name,
                "level": str(row.level),
                "standing": str(row.standing),
                "verdict": verdict,
                "message": message,
                "duration": 0.25,
                "requests": 1,
                "expected": deviation.expected if deviated else "",
                "found": deviation.found if deviated else "",
                "where": deviation.where if deviated else "",
                "signature": "0123456789ab" if deviated else "",
                "scored": True,
                "exchanges": [self.exchange()],
            }
            | changes
        )
        return self

    def exchange(self, **changes: Any) -> dict[str, Any]:
        """Return an exchange."""
        return {
            "number": 1,
            "request": f"GET {self.url}",
            "credential": "default",
            "request_headers": {"Accept": "text/html", "Authorization": "Basic ***"},
            "request_body": "",
            "status": 200,
            "reason": "OK",
            "response_headers": {"Content-Type": "text/html"},
            "response_body": "<a href='x'>x</a>",
            "seconds": 0.01,
        } | changes

    def as_json(self) -> dict[str, Any]:
        """Return the whole result."""
        counts = {row["verdict"]: 0 for row in self.rows}
        for row in self.rows:
            counts[row["verdict"]] += 1
        return {
            "suite": {"name": "pypi-registry-conformance", "version": "0.1.0"},
            "target": {"url": self.url, "profile": "gitlab", "embedded": False, "credentials": ["default"]},
            "run": "abcdefgh",
            "started": "2026-11-22T17:25:54.662+00:00",
            "finished": "2026-11-22T17:25:59.986+00:00",
            "summary": {
                "verdicts": counts,
                "judged": len(self.rows),
                "unscored": 0,
                "set": None,
                "requests": 7,
                "seed": 0,
                "examples": 10,
                "rounds": 15,
                "read_only": False,
                "projects": [],
                "exit_code": self.exit_code,
                "notes": ["Deleted 3 packages (4 files) that this run published."],
            },
            "results": self.rows,
        }

    def stored(self) -> RunResult:
        """Return the result as reports read it."""
        return result_from_json(self.as_json())

    def roots(self, **found: str) -> dict[str, str]:
        """Return what follows from what, where these requirements deviate with these texts."""
        for name, text in found.items():
            self.add(name, "failed", found=text, signature="1" * 12)
        return dict(roots_of(self.stored().results))


@pytest.fixture
def table() -> ResultTable:
    return ResultTable()


@pytest.fixture
def finding() -> Callable[..., CheckResult]:
    """What builds the result of a check from an id, which need not be of the catalogue, a verdict and a signature."""

    def build(name: str, verdict: Verdict, signature: str = "") -> CheckResult:
        changes = {"id": name, "signature": signature}
        (built,) = ResultTable().add("simple.html.doctype", str(verdict), **changes).stored().results
        return built

    return build


@pytest.fixture
def every_verdict(table: ResultTable) -> ResultTable:
    """A result with every verdict in it, and hostile text wherever a registry's words may stand."""
    hostile = table.exchange(
        request=f"GET {table.url}/simple/{HOSTILE}",
        reason=HOSTILE,
        response_headers={HOSTILE: HOSTILE},
        response_body=HOSTILE,
    )
    return (
        table.add("simple.html.doctype", "failed", HOSTILE, exchanges=[hostile] * 3)
        .add("simple.html.valid-html5", "stale", message=f"It passed.\n{HOSTILE}")
        .add("simple.html.hash.present", "warned", HOSTILE)
        .add("gitlab.duplicate.message", "noted", HOSTILE)
        .add("gitlab.duplicate.refused", "known", HOSTILE)
        .add("http.pages.cache-control", "error", message=f"KeyError: {HOSTILE}\nTraceback …")
        .add("http.files.content-type", "untestable", message=f"no credential {HOSTILE}")
        .add("auth.read.401", "passed")
        .add("auth.read.basic", "not applicable", message=HOSTILE)
        .add("auth.read.preemptive", "failed", HOSTILE, scored=False)
    )
