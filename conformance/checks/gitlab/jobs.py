"""What GitLab tells of a CI job and its token: whose it is, and whether an allowlist limits the tokens of others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.verdicts import NotApplicable, Untestable

if TYPE_CHECKING:
    from conformance.kit.fixtures import GitLab
    from conformance.kit.http import Answer


def require_allowlist(gitlab: GitLab) -> None:
    """Raise NotApplicable where jobs of all GitLab projects may use this one, which its owner may choose.

    Source: GitLab's documentation, "Project CI/CD job token scope API", `inbound_enabled`.
    """
    settings = gitlab.call("GET", "/job_token_scope").json_object
    if settings.get("inbound_enabled") is False:
        raise NotApplicable("the GitLab project is open to jobs of all others: its allowlist is switched off")


def require_same_rights(answer: Answer, gitlab: GitLab, as_: str, *statuses: int) -> None:
    """Raise Untestable where a job is refused whose user is not known to be that of `default`.

    `statuses` are those of what the user of the job may not do, or not see.
    """
    if answer.status in statuses and not _is_of_default(gitlab, as_):
        raise Untestable(
            f"{answer}: the user of the job {as_!r} may lack the right; start the job as the user of `default`"
        )


def _is_of_default(gitlab: GitLab, as_: str) -> bool:
    """Tell whether GitLab names one user for a job and for `default`. Source: GitLab's Jobs API and Users API."""
    instance = gitlab.of_instance()
    user = instance.call("GET", "/job", as_=as_).json_object.get("user")
    number = user.get("id") if isinstance(user, dict) else None
    return number is not None and number == instance.call("GET", "/user").json_object.get("id")
