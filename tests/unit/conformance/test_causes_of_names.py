"""What a registry does with every name, every version or every condition is one cause."""

from __future__ import annotations

from typing import Any

import pytest

EPOCH = "conformance_run_versions-1_1.0-py3-none-any.whl\nconformance_run_versions-1.0a1-py3-none-any.whl"
LETTER = "conformance_run_unicode-1.0-py3-none-_nderung.whl"
REFUSED = 'status 400: {"message":"epoch"}'
TAKEN = "status 201 for 'demo-1.0.html'"


def test_versions_whose_epoch_was_replaced_are_one_cause(table: Any) -> None:
    listed = (
        "gitlab.version.epoch",
        "gitlab.version.all-parts",
        "simple.html.detail.one-anchor-per-file",
        "version.epoch",
    )
    rows = dict.fromkeys(listed, EPOCH) | {"file.unicode-name": LETTER}
    assert table.roots(**rows) == dict.fromkeys(rows.keys() - {"version.epoch"}, "version.epoch")


@pytest.mark.parametrize("other", [REFUSED, "conformance_run_versions-1.0a1-py3-none-any.whl"])
def test_an_epoch_that_fails_in_another_way_stands_for_itself(table: Any, other: str) -> None:
    assert table.roots(**{"version.epoch": EPOCH, "version.local.private-ok": other}) == {}


def test_a_digest_that_is_recorded_as_it_is_was_never_compared(table: Any) -> None:
    found = {
        "upload.digest.mismatch": "status 201 for a wrong sha256_digest",
        "upload.digest.case": f"'{'E0' * 32}'",
    }
    assert table.roots(**found) == {"upload.digest.case": "upload.digest.mismatch"}


@pytest.mark.parametrize("listed", [f"'{'e0' * 32}'", "None"])
def test_a_digest_that_is_another_one_stands_for_itself(table: Any, listed: str) -> None:
    found = {"upload.digest.mismatch": "status 201 for a wrong sha256_digest", "upload.digest.case": listed}
    assert table.roots(**found) == {}


@pytest.mark.parametrize(
    "row",
    [
        "file.filetype-mismatch",
        "file.wheel.name-grammar",
        "file.wheel.name-matches-project",
        "file.wheel.version-matches",
    ],
)
def test_each_mistake_of_a_file_name_stands_for_itself(table: Any, row: str) -> None:
    """Whether a registry takes any extension says nothing of what it compares beside it."""
    assert table.roots(**{"file.extension": TAKEN, row: "status 201 for 'demo-1.0-py3-none-any.whl'"}) == {}


def test_a_tag_that_is_not_found_again_says_nothing_of_any_tag(table: Any) -> None:
    """The ETag may be wrong."""
    assert (
        table.roots(**dict.fromkeys(("http.pages.304", "http.pages.304.any"), "status 200: <!DOCTYPE>")) == {}
    )


def test_a_digest_that_is_compared_in_part_may_be_shown_as_it_came(table: Any) -> None:
    found = {
        "upload.digest.mismatch": "status 201 for a sha256_digest whose last digit is wrong",
        "upload.digest.case": f"'{'E0' * 32}'",
    }
    assert table.roots(**found) == {}


@pytest.mark.parametrize(
    ("caller", "follows"), [("anonymous", True), ("stranger", True), ("job-finished", False)]
)
def test_a_group_that_everyone_reads_explains_those_that_have_no_credential(
    table: Any, caller: str, *, follows: bool
) -> None:
    root, matrix = "gitlab.group.file-of-readable-only", "gitlab.matrix.group-file"
    found = {root: "status 200: <9 bytes>", matrix: f"private, {caller}, group-file: status 200, not 401"}
    assert table.roots(**found) == ({matrix: root} if follows else {})


@pytest.mark.parametrize(
    ("left", "follows"),
    [
        ("no distribution: 200\nanother file's digest: 200", True),
        ("another file's digest: 200", False),
    ],
)
def test_a_name_stays_taken_where_every_refusal_stores_its_file(
    table: Any, left: str, *, follows: bool
) -> None:
    root, right = "upload.reject-is-atomic", "robustness.wrong-digest-then-right"
    found = {root: left, right: 'status 400: {"message":"File name has already been taken"}'}
    assert table.roots(**found) == ({right: root} if follows else {})
