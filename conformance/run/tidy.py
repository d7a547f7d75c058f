"""The clean-up at the end of a run."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from conformance.run.clean_up import clean_up
from conformance.target import DEFAULT
from conformance.verdicts.counting import counted
from conformance.verdicts.declaration import PREFIX
from conformance.verdicts.options import default_ledger_folder

if TYPE_CHECKING:
    from conformance.run.run import Run


def tidy(run: Run) -> str:
    """Delete what a run has published, except with --keep; return a note for the user."""
    ledger = run.ledger
    if run.target.embedded:
        ledger.keep_only([])  # the registry ends with the run
        return ""
    if run.options.read_only:
        return ""  # it has published nothing
    if run.options.keep:
        return f"Nothing was deleted (--keep); {ledger.path} lists what was published."
    done = clean_up(ledger, run.target, session=run.session, transcript=run.transcript)
    if done.left:
        left = counted(len(done.left), "distribution")
        return f"{left} could not be deleted: {done.reason}. {ledger.path} lists them{_next_step(run)}."
    return (
        f"Deleted {counted(done.deleted, 'package')} ({counted(done.files, 'file')}) that this run published."
    )


def _next_step(run: Run) -> str:
    if run.target.profile.clean_up != "gitlab-rest":
        return ""
    folder = run.options.ledger_folder
    ledgers = "" if folder == default_ledger_folder() else f" --ledgers {folder}"
    credential = run.target.credentials.get(DEFAULT)
    username = f" --username {shlex.quote(credential.username)}" if credential else ""
    return (
        f"; `registry-conformance sweep {run.target.url}{username}{ledgers}` deletes them, "
        f"with the password in ${PREFIX}PASSWORD"
    )
