"""An index that looks into attestations, and trusts no authority, keeps every requirement on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reference_server.faults.building.attestations import TakesAttestations

from .matrix import held_by

if TYPE_CHECKING:
    from reference_server.model import Upload

    from .trial import Trial


class NothingTrusted(TakesAttestations):
    """Refuses every upload with attestations."""

    def lets_through(self, sent: tuple[str, ...], upload: Upload) -> bool:
        del sent, upload
        return False


@pytest.mark.parametrize("flavour", ["reference", "pypi"])
def test_an_index_that_trusts_no_authority_passes(flavour: str, trial: Trial) -> None:
    only = {name for name in held_by(flavour) if name.startswith("attestation.")}
    results = trial(NothingTrusted(), only, flavour=flavour)
    judged = {name for name, result in results.items() if result.verdict == "passed"}
    assert judged == only - {"attestation.upload.ignored-if-unsupported"}
    assert {"attestation.upload.malformed", "attestation.upload.must-verify"} <= judged


def test_an_index_that_claims_nothing_may_ignore_attestations(trial: Trial) -> None:
    class Ignored(NothingTrusted):
        """Ignores attestations, and claims nothing."""

        features = ()

        def lets_through(self, sent: tuple[str, ...], upload: Upload) -> bool:
            del sent, upload
            return True

    only = {name for name in held_by("reference") if name.startswith("attestation.")}
    results = trial(Ignored(), only)
    assert {name for name, result in results.items() if result.verdict == "passed"} == {
        "attestation.upload.ignored-if-unsupported"
    }
    assert {result.verdict for result in results.values()} == {"passed", "not applicable"}
