"""The clean-up at the end of a run."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from conformance.run.clean_up import clean_up
from conformance.target import DEFAULT
from conformance.target.driver import clean_up_cost
from conformance.target.layouts import GITLAB
from conformance.verdicts.counting import counted
from conformance.verdicts.declaration import PREFIX
from conformance.verdicts.option_types import default_ledger_folder

if TYPE_CHECKING:
    from conformance.run.run import Run
    from conformance.target import Target
    from conformance.verdicts.options import RunOptions


def tidy(run: Run, *, broken_off: bool = False) -> str:
    """Delete what a run has published, except with --keep; return a note for the user.

    Uploads of a run that was `broken_off` may be on their way.
    """
    ledger = run.ledger
    if run.target.embedded:
        ledger.keep_only([])  # the registry ends with the run
        return ""
    if run.options.read_only:
        return ""  # it has published nothing
    if run.options.keep:
        return f"Nothing was deleted (--keep); {ledger.path} lists what was published."
    run.session.budget.begin_clean_up()
    done = clean_up(
        ledger,
        run.target,
        session=run.session,
        transcript=run.transcript,
        settle=run.options.settle,
        broken_off=broken_off,
        instead_of=run.processes,
    )
    if done.left:
        left = counted(len(done.left), "distribution")
        return f"{left} could not be deleted: {done.reason}. {ledger.path} lists them{_next_step(run)}."
    return (
        f"Deleted {counted(done.deleted, 'package')} ({counted(done.files, 'file')}) that this run published."
    )


def requests_per_deletion(target: Target, options: RunOptions) -> int:
    """Return how many requests the budget of a run has to keep for deleting each distribution."""
    if target.embedded or options.read_only or options.keep:
        return 0
    return clean_up_cost(target)


def _next_step(run: Run) -> str:
    if not clean_up_cost(run.target):
        return ""
    folder = run.options.ledger_folder
    ledgers = "" if folder == default_ledger_folder() else f" --ledgers {folder}"
    if not run.target.has_gitlab_api or _has_secret_name(run.target):
        return (
            f"; `registry-conformance sweep --config FILE{ledgers}`, with the file of this run, deletes them"
        )
    return (
        f"; `registry-conformance sweep {_typed(run.target)}{ledgers}` deletes them, "
        f"with the password in ${PREFIX}PASSWORD"
    )


def _typed(target: Target) -> str:
    """Return a target's addresses and user name as they are typed on a command line."""
    given = [word for key, url in target.given.as_table().items() for word in (f"--{key}", url)]
    usual = target.layout.name == GITLAB
    credential = target.credentials.get(DEFAULT)
    username = ["--username", credential.username] if credential else []
    return shlex.join([target.url, *given, *([] if usual else ["--layout", target.layout.name]), *username])


def _has_secret_name(target: Target) -> bool:
    """Tell whether the user name of `default` is a secret."""
    credential = target.credentials.get(DEFAULT)
    return credential is not None and (credential.username, "") in credential.secrets
