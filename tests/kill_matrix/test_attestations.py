"""An index that looks into attestations, and trusts no authority, keeps every requirement on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from werkzeug import Response

from reference_server.faults import Fault
from reference_server.faults.building.attestations import TakesAttestations, is_well_formed
from reference_server.faults.building.upload_forms import parts_of

from .matrix import held_by

if TYPE_CHECKING:
    from conformance.report.check_result import CheckResult
    from reference_server.http.request import Request
    from reference_server.model import Upload

    from .trial import Trial


OF_THE_TRUSTED = frozenset({"attestation.upload.subject", "attestation.upload.limits"})
"""What an index is judged by that accepts an attestation without another mistake."""


class NothingTrusted(TakesAttestations):
    """Refuses every upload with attestations."""

    def lets_through(self, sent: tuple[str, ...], upload: Upload) -> bool:
        del sent, upload
        return False


class AnsweredAlike(Fault):
    """Answers every upload with attestations with one status: its form has nothing to do with it."""

    features = ("attestations",)

    def __init__(self, status: int) -> None:
        self._status = status

    def handle(self, request: Request) -> Response | None:
        sent = request.endpoint == "upload" and "attestations" in parts_of(request)
        return Response("no", status=self._status) if sent else None


@pytest.mark.parametrize("flavour", ["reference", "pypi"])
def test_an_index_that_trusts_no_authority_passes(flavour: str, trial: Trial) -> None:
    only = {name for name in held_by(flavour) if name.startswith("attestation.")}
    results = trial(NothingTrusted(), only, flavour=flavour)
    assert _named(results, "passed") == {"attestation.upload.malformed", "attestation.upload.must-verify"}
    assert _named(results, "untestable") == only & OF_THE_TRUSTED
    assert _named(results, "not applicable") == {"attestation.upload.ignored-if-unsupported"}


@pytest.mark.parametrize("flavour", ["reference", "pypi"])
@pytest.mark.parametrize("status", [401, 403, 500, 503])
def test_an_index_that_answers_every_attestation_alike_is_not_judged(
    flavour: str, status: int, trial: Trial
) -> None:
    only = {name for name in held_by(flavour) if name.startswith("attestation.")}
    results = trial(AnsweredAlike(status), only, flavour=flavour)
    assert _named(results, "untestable") == only - {"attestation.upload.ignored-if-unsupported"}, results


def test_a_form_that_is_accepted_shows_which_other_mistakes_are(trial: Trial) -> None:
    class FormAlone(NothingTrusted):
        """Looks at the form alone."""

        def lets_through(self, sent: tuple[str, ...], upload: Upload) -> bool:
            return is_well_formed(sent, upload)

    results = trial(FormAlone(), {"attestation.upload.subject"})
    assert _named(results, "passed") == {"attestation.upload.subject"}


def _named(results: dict[str, CheckResult], verdict: str) -> set[str]:
    return {name for name, result in results.items() if result.verdict == verdict}


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
