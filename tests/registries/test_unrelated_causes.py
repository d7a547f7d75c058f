"""Defects that have nothing to do with each other are as many causes."""

from __future__ import annotations

import pytest

from conformance.run.checks_run import run_checks
from conformance.run.selection import Selection
from conformance.target import target_from_table
from conformance.verdicts.options import RunOptions
from reference_server import ReferenceServer
from reference_server.faults import fault_named

pytestmark = pytest.mark.usefixtures("own_folder")

EXTENSION = "file.extension"
UNKNOWN, DIGEST = "simple.project.unknown-404", "gitlab.file.other-sha256-not-found"


@pytest.mark.parametrize(
    ("faults", "rows"),
    [
        (("any-extension", "files-of-other-projects"), (EXTENSION, "file.wheel.name-matches-project")),
        (("any-extension", "file-types-not-compared"), (EXTENSION, "file.filetype-mismatch")),
        (("any-extension", "files-of-other-versions"), (EXTENSION, "file.wheel.version-matches")),
        (("any-extension", "any-wheel-name"), (EXTENSION, "file.wheel.name-grammar")),
        (("unknown-projects-empty-in-json", "files-found-by-name"), (UNKNOWN, DIGEST)),
        (("etag-of-the-start", "any-etag-ignored"), ("http.pages.304", "http.pages.304.any")),
        (
            ("beginnings-of-digests-compared", "digests-shown-as-sent"),
            ("upload.digest.mismatch", "upload.digest.case"),
        ),
        (
            ("paths-accepted-as-names", "separators-at-the-edge"),
            ("name.invalid-rejected", "gitlab.name.separator-at-edge-refused"),
        ),
        (
            ("project-created-by-a-refusal", "refused-file-names-reserved"),
            ("upload.reject-is-atomic", "robustness.wrong-digest-then-right"),
        ),
        (("unknown-projects-empty-in-json", "files-found-by-digest"), (UNKNOWN, DIGEST)),
    ],
)
def test_two_defects_are_two_causes(faults: tuple[str, ...], rows: tuple[str, ...]) -> None:
    with ReferenceServer(faults=[fault_named(each) for each in faults]) as server:
        target = target_from_table(server.target(), embedded=True)
        result = run_checks(target, RunOptions(examples=3, settle=0.02), Selection(only=frozenset(rows)))
    assert {each.id: each.cause for each in result.results if each.signature} == dict.fromkeys(rows, "")
