"""The script of a fault's first deviation tells the fault from its absence: thirty faults, chosen by their names.

`python -m benchmarks.scripts` tries all of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .scripts_of_faults import EXPECTED, NOT_TRIED, conclusions, sampled, scriptable

if TYPE_CHECKING:
    from reference_server.faults import Fault

pytestmark = pytest.mark.long

SAMPLE = sampled(scriptable(), 30, seed=27)


@pytest.mark.parametrize(
    ("fault", "requirement", "flavour"), SAMPLE, ids=lambda value: str(getattr(value, "name", ""))
)
def test_a_script_tells_a_fault_from_its_absence(fault: Fault, requirement: str, flavour: str) -> None:
    found = conclusions(fault, requirement, flavour)
    assert found.words, found.reason
    assert not found.misleads, str(found)
    assert found.words == EXPECTED or NOT_TRIED in found.words, str(found)


MENDED = {
    "another-page-when-compressed": EXPECTED,
    "device-names-fail": EXPECTED,
    "encoded-letters-not-found": EXPECTED,
    "fields-in-headers": EXPECTED,
    "files-sent-as-html": EXPECTED,
    "first-etag-only": EXPECTED,
    "metadata-compressed-silently": EXPECTED,
    "overridden-method-unguarded": EXPECTED,
    "upload-time-of-the-version": EXPECTED,
    "upload-time-without-zone": EXPECTED,
    "upload-to-the-index-not-found": EXPECTED,
    "types-cross-over": EXPECTED,
    "projects-before-routes": EXPECTED,
    "deleted-files-described": (NOT_TRIED, NOT_TRIED, NOT_TRIED),
    "expectations-ignored": EXPECTED,
    "files-without-sha256": EXPECTED,
    "wheels-as-eggs": (NOT_TRIED, NOT_TRIED, NOT_TRIED),
    "upload-time-local": (NOT_TRIED, NOT_TRIED, NOT_TRIED),
    "head-of-pages-with-body": (NOT_TRIED, NOT_TRIED, NOT_TRIED),
    "long-numbers-hang-up": (NOT_TRIED, NOT_TRIED, NOT_TRIED),
    "time-of-packages-ahead": (NOT_TRIED, NOT_TRIED, "not reproduced"),
    "credentials-in-links": (NOT_TRIED, NOT_TRIED, "not reproduced"),
    "projects-as-strings": (NOT_TRIED, "reproduced", "not reproduced"),
    "refused-file-names-reserved": (NOT_TRIED, "reproduced", "not reproduced"),
    "tokens-kept-for-good": (NOT_TRIED, NOT_TRIED, NOT_TRIED),
    "two-lengths-kept-open": (NOT_TRIED, NOT_TRIED, NOT_TRIED),
}
"""One fault for each kind of what once misled a script, and what it says: spaces, spellings in URLs, sums of archives,
validators, forms of times, the order of uploads and requests, numbers of packages, one request with several answers,
the length of what is not kept, an answer that asks for the body, and what no answer shows."""


ON_A_USED_STORE = ("group-root-page-cut-short", "short-list-without-compression")
"""Faults in the first entry of a list: where that is one of the run, the script of another entry cannot tell."""


@pytest.mark.parametrize("name", ON_A_USED_STORE)
def test_an_entry_may_be_missing_for_its_place(name: str) -> None:
    (case,) = (each for each in scriptable() if each[0].name == name)
    found = conclusions(*case)
    assert not found.misleads, str(found)
    assert found.words[1:] == EXPECTED[1:]


@pytest.mark.parametrize("name", MENDED)
def test_a_script_says_what_it_can_see(name: str) -> None:
    (case,) = (each for each in scriptable() if each[0].name == name)
    assert conclusions(*case).words == MENDED[name]


def test_a_new_fault_changes_one_of_the_sample_at_most() -> None:
    every = scriptable()
    fewer = sampled(every[1:], 30, seed=27)
    assert len({case[0].name for case in fewer} - {case[0].name for case in SAMPLE}) <= 1
    assert len(SAMPLE) == 30
