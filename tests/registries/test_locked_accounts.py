"""Wrong passwords may lock an account: what they opened before is found, and no other requirement suffers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from werkzeug import Response

from conformance.catalogue import catalogue
from conformance.profiles import profile
from conformance.run.checks_run import run_checks
from conformance.run.selection import Selection
from conformance.target import target_from_table
from conformance.verdicts import Verdict
from conformance.verdicts.options import RunOptions
from reference_server import ReferenceServer
from reference_server.faults import Fault
from reference_server.faults.auth.reading import TokensHaveNoCase

if TYPE_CHECKING:
    from conformance.report.check_result import CheckResult
    from reference_server.http.request import Request

pytestmark = pytest.mark.usefixtures("own_folder")

ROW = "auth.read.nearly-right"
READING = frozenset(
    row.id for row in catalogue().for_profile(profile("gitlab")) if row.id.startswith("auth.read.")
)

OWNER = "owner"
"""A user of their own: other rows send wrong passwords for others."""


class LocksAccounts(Fault):
    """Answers every request of a user with one status after so many wrong passwords, and does not forget them."""

    def __init__(self, status: int, after: int, *, forgets: bool = False) -> None:
        self._status, self._after, self._forgets = status, after, forgets
        self._right, self._wrong = ("", ""), 0
        self.locked = False

    def guards(self, username: str, password: str) -> None:
        """Guard the account of one user."""
        self._right = (username, password)

    def handle(self, request: Request) -> Response | None:
        username, password = request.credentials.basic or ("", "")
        if username != self._right[0]:
            return None
        if password != self._right[1]:
            self._wrong += 1
        elif self._forgets:
            self._wrong = 0
        locked = self._wrong > self._after
        self.locked |= locked
        return Response("", status=self._status) if locked else None


def judged(only: frozenset[str], *faults: Fault) -> dict[str, CheckResult]:
    with ReferenceServer(faults=faults) as server:
        table = {**server.target()}
        login = {"username": OWNER, "password": server.password}
        table["credentials"] = {**table["credentials"], "default": login}
        for each in faults:
            if isinstance(each, LocksAccounts):
                each.guards(OWNER, server.password)
        target = target_from_table(table, embedded=True)
        run = run_checks(target, RunOptions(examples=1), Selection(only=only))
    return {each.id: each for each in run.results}


@pytest.mark.parametrize("after", [0, 1, 2])
@pytest.mark.parametrize("status", [401, 403, 423])
def test_a_locked_account_is_no_deviation(status: int, after: int) -> None:
    """The first password differs in case: what it opens is known before any mistake counts."""
    found = judged(frozenset({ROW}), LocksAccounts(status, after))[ROW]
    assert found.verdict is Verdict.UNTESTABLE, found.message


@pytest.mark.parametrize("after", [1, 2])
@pytest.mark.parametrize("status", [401, 423])
def test_what_a_wrong_password_opened_before_the_lock_is_found(status: int, after: int) -> None:
    found = judged(frozenset({ROW}), LocksAccounts(status, after), TokensHaveNoCase())[ROW]
    assert (found.verdict, found.found) == (Verdict.FAILED, "status 200 for the password in-other-case")


def test_a_registry_that_forgets_mistakes_locks_nothing() -> None:
    fault = LocksAccounts(423, 1, forgets=True)
    assert judged(frozenset({ROW}), fault)[ROW].verdict is Verdict.PASSED
    assert not fault.locked


def test_no_other_row_is_judged_by_a_locked_account() -> None:
    fault = LocksAccounts(403, 0)
    locked, usual = (
        {name: each.verdict for name, each in judged(READING, *faults).items() if name != ROW}
        for faults in ((fault,), ())
    )
    assert fault.locked
    assert locked == usual
    assert len(locked) > 5
