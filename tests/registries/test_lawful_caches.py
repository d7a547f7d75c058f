"""Caches that keep answers, as long as these state, for those who may have them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from conformance.verdicts import Verdict
from reference_server.faults.auth.files import CachesForgetCredentials
from reference_server.faults.upload.visibility import AbsentPagesKeptForAll

from .one_row import judged

if TYPE_CHECKING:
    from werkzeug import Response

    from reference_server.http.request import Request

pytestmark = pytest.mark.usefixtures("own_folder")

AFTER_READS, FOR_NO_OTHER = "upload.visible-after-reads", "auth.read.kept-for-no-other"


class AbsentPagesKeptAWhile(AbsentPagesKeptForAll):
    """Keeps a 404 as long as it states."""

    def respond(self, request: Request, response: Response) -> Response:
        answer = super().respond(request, response)
        if answer.status_code == 404:
            answer.headers["Cache-Control"] = "max-age=60"
        return answer


def test_a_404_may_be_kept_as_long_as_it_states() -> None:
    found = judged(AFTER_READS, AbsentPagesKeptAWhile())
    assert found.verdict is Verdict.UNTESTABLE, found.message
    assert judged(AFTER_READS, AbsentPagesKeptForAll()).verdict is Verdict.FAILED


def test_what_was_read_with_a_credential_is_kept_for_no_other() -> None:
    assert judged(FOR_NO_OTHER).verdict is Verdict.PASSED
    assert judged(FOR_NO_OTHER, CachesForgetCredentials()).verdict is Verdict.FAILED
