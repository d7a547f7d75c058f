"""What a registry does with every name, every version or every condition is one cause."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.report.causes import roots_of

EPOCH = "conformance_run_versions-1_1.0-py3-none-any.whl\nconformance_run_versions-1.0a1-py3-none-any.whl"
LETTER = "conformance_run_unicode-1.0-py3-none-_nderung.whl"
REFUSED = 'status 400: {"message":"epoch"}'
TAKEN = "status 201 for 'demo-1.0.html'"


def under(table: Any, **found: str) -> dict[str, str]:
    for name, text in found.items():
        table.add(name, "failed", found=text, signature="1" * 12)
    return dict(roots_of(table.stored().results))


def test_versions_whose_epoch_was_replaced_are_one_cause(table: Any) -> None:
    listed = (
        "gitlab.version.epoch",
        "gitlab.version.all-parts",
        "simple.html.detail.one-anchor-per-file",
        "version.epoch",
    )
    rows = dict.fromkeys(listed, EPOCH) | {"file.unicode-name": LETTER}
    assert under(table, **rows) == dict.fromkeys(rows.keys() - {"version.epoch"}, "version.epoch")


@pytest.mark.parametrize("other", [REFUSED, "conformance_run_versions-1.0a1-py3-none-any.whl"])
def test_an_epoch_that_fails_in_another_way_stands_for_itself(table: Any, other: str) -> None:
    assert under(table, **{"version.epoch": EPOCH, "version.local.private-ok": other}) == {}


def test_a_digest_that_is_recorded_as_it_is_was_never_compared(table: Any) -> None:
    found = {
        "upload.digest.mismatch": "status 201 for a wrong sha256_digest",
        "upload.digest.case": f"'{'E0' * 32}'",
    }
    assert under(table, **found) == {"upload.digest.case": "upload.digest.mismatch"}


@pytest.mark.parametrize("listed", [f"'{'e0' * 32}'", "None"])
def test_a_digest_that_is_another_one_stands_for_itself(table: Any, listed: str) -> None:
    found = {"upload.digest.mismatch": "status 201 for a wrong sha256_digest", "upload.digest.case": listed}
    assert under(table, **found) == {}


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
    assert under(table, **{"file.extension": TAKEN, row: "status 201 for 'demo-1.0-py3-none-any.whl'"}) == {}


def test_a_condition_that_is_not_looked_at_is_one_cause(table: Any) -> None:
    found = dict.fromkeys(("http.pages.304", "http.pages.304.any"), "status 200: <!DOCTYPE html>")
    assert under(table, **found) == {"http.pages.304.any": "http.pages.304"}
