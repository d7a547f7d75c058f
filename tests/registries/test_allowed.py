"""What specifications allow is no failure: strict and lenient registries, orders, statuses, forms and redirects.

`python -m benchmarks.allowed` judges every profile with every behaviour in full; these are the rows that each behaviour
could be blamed by.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest

from conformance.verdicts import Verdict

PROGRAM = Path(__file__).parents[2] / "benchmarks" / "allowed.py"

VALIDATED = frozenset(
    {"archive.valid", "file.extension", "file.filetype-mismatch", "file.wheel.version-matches"}
)
HOSTILE = frozenset(
    {
        "security.traversal.filename",
        "security.traversal.filename-star",
        "security.control-chars.filename",
        "security.html.filename",
        "security.no-server-error",
    }
)
ORDERED = frozenset(
    {
        "http.user-agent-independent",
        "http.http2-1.1",
        "http.pages.gzip",
        "http.head.fields",
        "simple.html.root.anchor-text",
    }
)
ONE_FORM = frozenset(
    {
        "consistency.html-json-agree",
        "consistency.state-machine",
        "provenance.json.same-rules",
        "simple.json.detail.same-as-html",
        "status.active.download",
        "status.html-json-agree",
        "status.html.emitted",
        "status.json.emitted",
        "yank.html-json-agree",
        "yank.unyank",
    }
)
CHOICES = {
    ("index", "any-order"): ORDERED,
    ("index", "bare"): frozenset({"http.pages.cache-control", "http.pages.etag-per-type", "http.head"}),
    ("index", "json-only"): frozenset({"negotiation.content-type.truthful", "simple.json.detail.files"}),
    ("gitlab", "json-first"): ONE_FORM,
    ("pep503-upload", "identical-200"): frozenset({"upload.dup.identical", "upload.dup.different"}),
    ("pep503-upload", "strict"): VALIDATED
    | {"upload.digest.mismatch", "robustness.chunked", "upload.dup.different", "upload.dup.message"},
    ("pep503-upload", "lenient"): HOSTILE,
    ("gitlab", "serving"): frozenset({"simple.url.trailing-slash", "simple.url.variants-same-project"}),
    ("pypi", "never-406"): frozenset({"negotiation.unsupported.allowed-outcomes", "negotiation.no-accept"}),
}
"""By profile and behaviour, the requirements that are judged."""


def _allowed() -> Any:
    """Import the program from its file: it is in no package."""
    spec = importlib.util.spec_from_file_location("allowed", PROGRAM)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["allowed"] = module
    spec.loader.exec_module(module)
    return module


ALLOWED = _allowed()
BEHAVIOURS = {behaviour.name: behaviour for behaviour in ALLOWED.BEHAVIOURS}


@pytest.fixture(autouse=True)
def _own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PYTEST_DEBUG_TEMPROOT", str(tmp_path))  # of the inner sessions


@pytest.mark.parametrize(("profile", "behaviour"), CHOICES, ids=map(" ".join, CHOICES))
def test_nothing_that_is_allowed_fails(profile: str, behaviour: str, tmp_path: Path) -> None:
    only = CHOICES[profile, behaviour]
    judged = ALLOWED.judged(profile, BEHAVIOURS[behaviour], tmp_path, only=only, examples=2)
    assert judged.of({"failed", "error"}) == {}
    assert {each.id for each in judged.result.results} == only


def test_every_profile_has_six_behaviours() -> None:
    of_profile = {profile: 0 for behaviour in ALLOWED.BEHAVIOURS for profile in behaviour.profiles}
    for behaviour in ALLOWED.BEHAVIOURS:
        for profile in behaviour.profiles:
            of_profile[profile] += 1
    assert min(of_profile.values()) >= 6
    assert of_profile.keys() == {"gitlab", "index", "pep503-upload", "pypi"}


def test_a_lenient_registry_gets_notes_and_a_failure_where_it_is_asked_to_validate(tmp_path: Path) -> None:
    lenient = BEHAVIOURS["lenient"]
    noted = ALLOWED.judged("pep503-upload", lenient, tmp_path, only=VALIDATED).result
    assert set(noted.verdict_by_id.values()) == {Verdict.NOTED}
    assert all("registry.toml asks for it" in each.message for each in noted.results)
    asked = ALLOWED.replace(lenient, table={"features": ["strict-filenames", "validate-archive"]})
    failed = ALLOWED.judged("pep503-upload", asked, tmp_path, only=VALIDATED).result
    assert set(failed.verdict_by_id.values()) == {Verdict.FAILED}
