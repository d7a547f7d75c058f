"""Baselines: what is refused, what a row says, and what writing and pruning keep. Signatures, too."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import strategies as st
from msgspec import structs

from conformance.kit.properties.examples import Examples
from conformance.verdicts import Deviation, Listing, Reason, Verdict
from conformance.verdicts.baseline import (
    EMPTY,
    BadBaseline,
    Baseline,
    Known,
    pruned,
    read_baseline,
    updated,
    write_baseline,
)
from conformance.verdicts.signature import signature_of

if TYPE_CHECKING:
    from pathlib import Path

KNOWN_IDS = {"area.one", "area.two"}
TODAY = date(2026, 11, 22)
ROW = '[[known]]\nid = "area.one"\nreason = "target-bug"\nsignature = "0123456789ab"\n'


def read(text: str, folder: Path) -> Baseline:
    path = folder / "baseline.toml"
    path.write_text(text, encoding="utf-8")
    return read_baseline(path, known=KNOWN_IDS, retired={"area.old": "the specification dropped it"})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x", "is not TOML"),
        ("other = 1\n", "unknown key 'other', expected one of known"),
        ("[known]\nid = 1\n", "known: expected a list, found a table"),
        (ROW + ROW, "area.one is listed twice"),
        (ROW.replace("area.one", "area.three"), "there is no requirement 'area.three'"),
        (ROW.replace("area.one", "area.old"), "area.old was retired: the specification dropped it"),
        (ROW + 'colour = "red"\n', "known[1] (area.one): unknown key 'colour', expected one of expires, id"),
        (
            ROW.replace('reason = "target-bug"\n', ""),
            "known[1] (area.one): expected the key reason, found none",
        ),
        (
            ROW.replace("target-bug", "laziness"),
            ".reason: expected one of environment, reference-divergence",
        ),
        (
            ROW + 'expires = "soon"\n',
            ".expires: expected a date such as 2027-01-31, without quotes, found text",
        ),
        (ROW + "expires = 2027-01-31T10:00:00\n", "expected a date such as 2027-01-31"),
        (ROW + "expires = 2027-02-31\n", "is not TOML"),
        (ROW + "owner = 7\n", ".owner: expected text in quotes, found a whole number"),
        (ROW.replace('"area.one"', "3"), "known[1].id: expected text in quotes, found a whole number"),
        (ROW.replace('id = "area.one"\n', ""), "known[1]: expected the key id, found none"),
    ],
)
def test_a_bad_file_is_refused_with_one_line(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(BadBaseline) as caught:
        read(text, tmp_path)
    assert message in str(caught.value)
    assert str(tmp_path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_absent_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadBaseline, match=r"cannot read .*: No such file"):
        read_baseline(tmp_path / "absent.toml", known=())


@pytest.mark.parametrize(
    ("name", "signature", "expires", "listing"),
    [
        ("area.two", "0123456789ab", "", Listing.NONE),
        ("area.one", "0123456789ab", "", Listing.SAME),
        ("area.one", "000000000000", "", Listing.DIFFERS),
        ("area.one", "0123456789ab", "expires = 2026-11-22\n", Listing.SAME),
        ("area.one", "0123456789ab", "expires = 2026-11-21\n", Listing.EXPIRED),
        ("area.one", "000000000000", "expires = 2026-11-21\n", Listing.EXPIRED),
    ],
)
def test_listing(name: str, signature: str, expires: str, listing: Listing, tmp_path: Path) -> None:
    assert read(ROW + expires, tmp_path).listing(name, signature, today=TODAY) is listing


@pytest.mark.parametrize("listing", Listing)
def test_every_listing_is_explained(listing: Listing, tmp_path: Path) -> None:
    baseline = read(ROW + 'owner = "packages"\n', tmp_path)
    for deviated in (True, False):
        text = baseline.explain("area.one", listing, deviated=deviated)
        assert "target-bug, owner packages" in text if listing is not Listing.NONE else text == ""


NEW = Known(id="", reason=Reason.ENVIRONMENT, signature="", owner="somebody")
LISTED = Known(
    id="area.one", reason=Reason.SPEC_GAP, signature="old", issue="https://example.org/1", expires=TODAY
)


def test_writing_keeps_the_words_of_a_row_and_takes_its_new_signature(finding: Any) -> None:
    before = Baseline({"area.one": LISTED})
    after = updated(
        before,
        [finding("area.one", Verdict.STALE, "new"), finding("area.two", Verdict.FAILED, "two")],
        new=NEW,
    )
    one, two = after.rows["area.one"], after.rows["area.two"]
    assert (one.reason, one.issue, one.expires, one.signature) == (
        Reason.SPEC_GAP,
        "https://example.org/1",
        TODAY,
        "new",
    )
    assert (two.id, two.reason, two.owner, two.signature) == (
        "area.two",
        Reason.ENVIRONMENT,
        "somebody",
        "two",
    )


@pytest.mark.parametrize(
    ("verdict", "left"),
    [
        (Verdict.PASSED, set()),
        (Verdict.STALE, set()),
        (Verdict.UNTESTABLE, {"area.one"}),
        (Verdict.NOT_APPLICABLE, {"area.one"}),
        (Verdict.ERROR, {"area.one"}),
    ],
)
def test_only_what_passed_is_dropped(verdict: Verdict, left: set[str], finding: Any) -> None:
    before = Baseline({"area.one": LISTED})
    results = [finding("area.one", verdict), finding("area.two", Verdict.PASSED)]
    for after in (updated(before, results, new=NEW), pruned(before, results)):
        assert after.rows.keys() == left


def test_pruning_adds_and_changes_nothing(finding: Any) -> None:
    before = Baseline({"area.one": LISTED})
    results = [finding("area.one", Verdict.STALE, "new"), finding("area.two", Verdict.FAILED, "two")]
    assert pruned(before, results).rows == before.rows


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "baseline.toml"
    rows = {"area.two": Known(id="area.two", reason=Reason.TARGET_BUG, signature="x"), "area.one": LISTED}
    write_baseline(path, Baseline(rows))
    assert read_baseline(path, known=KNOWN_IDS).rows == rows
    write_baseline(path, EMPTY)
    assert read_baseline(path, known=()).rows == {}


def test_rows_are_tables_of_their_own_however_short_they_are(tmp_path: Path) -> None:
    path = tmp_path / "baseline.toml"
    row = Known(id="area.one", reason=Reason.TARGET_BUG, signature="x", owner='say "owner"')
    write_baseline(path, Baseline({"area.two": structs.replace(LISTED, id="area.two"), "area.one": row}))
    assert path.read_text(encoding="utf-8").splitlines() == [
        "[[known]]",
        'id = "area.one"',
        'reason = "target-bug"',
        'signature = "x"',
        'owner = "say \\"owner\\""',
        "",
        "[[known]]",
        'id = "area.two"',
        'reason = "spec-gap"',
        'signature = "old"',
        'issue = "https://example.org/1"',
        "expires = 2026-11-22",
    ]


def signature(found: str, run_id: str = "abcdefgh", expected: str = "status 400") -> str:
    return signature_of(Deviation(expected=expected, found=found, where="GET [3]"), run_id=run_id)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("201 at http://127.0.0.1:40001/x", "201 at http://127.0.0.1:9/x"),
        ("conformance-abcdefgh-12-form", "conformance-abcdefgh-gw03-form"),
        ("CONFORMANCE_ABCDEFGH_1_form", "Conformance.abcdefgh_77_form"),
        ("seen in GET /simple/ [12]", "seen in GET /simple/ [4711]"),
        ("no end within 61 s", "no end within 64 s"),
        ("uploaded 2026-11-22T17:03:04.120Z", "uploaded 2027-01-02T00:00:00Z"),
        ("Date is Sun, 22 Nov 2026 17:26:44 GMT", "Date is Mon, 23 Nov 2026 01:02:03 GMT"),
        ("sha256 " + "a" * 64, "sha256 " + "b" * 64),
        ("1042 bytes", "998 bytes"),
        ('{"id": 12, "a": 1}', '{"id": 4, "a": 1}'),
        ("exit code 1: /tmp/a/b.whl\nERROR: no", "exit code 1: /tmp/cc/dd.whl\nERROR: no"),
        (
            "500 oops\nsmallest failing example, seed 1: 'a'",
            "500 oops\nfirst failing example, seed 2: 'bbb'",
        ),
        ("../../+f/5ff/73b6afd631265/a-1.0.whl", "../../+f/9df/15e784d95b470/a-1.0.whl"),
    ],
)
def test_a_signature_is_the_same_in_another_run(one: str, other: str) -> None:
    assert signature(one) == signature(other)


def test_a_signature_does_not_depend_on_the_run_id() -> None:
    assert signature("conformance-abcdefgh-1-x") == signature("conformance-zyxwvuts-9-x", run_id="zyxwvuts")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("200", "201"),
        ("404 nothing", "500 nothing"),
        ("no files", "conformance-abcdefgh-1-x-1.0.tar.gz"),
        ("exit code 1: a\nERROR: no", "exit code 2: a\nERROR: no"),
        ("exit code 1: a\nERROR: no", "exit code 1: a\nERROR: hash mismatch"),
        ("version 1.0", "version 2.0"),
    ],
)
def test_another_failure_has_another_signature(one: str, other: str) -> None:
    assert signature(one) != signature(other)


def test_what_was_expected_counts() -> None:
    assert signature("200", expected="status 400") != signature("200", expected="status 404")


@pytest.mark.parametrize("seed", [0, 1])
def test_a_property_has_one_signature_whether_it_is_shrunk_or_not(seed: int) -> None:
    def tried(*, shrink: bool) -> tuple[int, Deviation]:
        numbers: list[int] = []

        def body(number: int) -> None:
            numbers.append(number)
            if number > 10:
                raise Deviation(expected=f"{number!r} is taken", found=f"400 for '{number}'", where="here")

        with pytest.raises(Deviation) as caught:
            Examples(count=50, seed=seed, shrink=shrink).each(st.integers(0, 10_000), body)
        return len(numbers), caught.value

    (many, smallest), (few, first) = tried(shrink=True), tried(shrink=False)
    assert few < many, "a known failure is not made smaller again"
    assert "'11'" in smallest.found
    assert signature_of(smallest, run_id="") == signature_of(first, run_id="")
