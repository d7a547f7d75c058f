"""Package registries that are for others than those who see their GitLab project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.checks.gitlab.access import require_valid
from conformance.checks.gitlab.stocked import require_closed, rows_in
from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.registry import ANONYMOUS, DEFAULT, GitLab
from conformance.kit.uploads.stored_files import accepted_and_listed
from conformance.verdicts import Untestable
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from conformance.checks.gitlab.stocked import Stocked
    from conformance.kit.fixtures import Corpus, NewName, RegistryClient, Remark

OUTSIDERS = (ANONYMOUS, "stranger")
DEPLOY = "deploy-read"
"""The token of another GitLab project, unless it is that of a group."""
READERS = (DEFAULT, "reporter")


def known(callers: tuple[str, ...], stocked: Stocked, remark: Remark, *, note: str = "") -> list[str]:
    """Return the callers that the target has a credential of; the remark on the others ends with `note`."""
    credentials = {ANONYMOUS, *stocked.registry.target.credentials}
    missing = [each for each in callers if each not in credentials]
    without = f"judged without {' and '.join(missing)}; add it to registry.toml" if missing else ""
    if text := ". ".join(filter(None, (without, note))):
        remark(text)
    return [each for each in callers if each in credentials]


def may_be_of_group(as_: str, registry: RegistryClient) -> bool:
    """Tell whether GitLab does not list a deploy token with the target's GitLab project: a group has its own."""
    if as_ not in registry.target.credentials:
        return False
    credential = registry.target.credential(as_)
    answer = GitLab(registry).call("GET", "/deploy_tokens", {"per_page": 100})
    names = {row.get("username") for row in rows_in(answer)}
    return credential is not None and credential.username not in names


def require_each_valid(callers: list[str], registry: RegistryClient, corpus: Corpus) -> None:
    """Raise Untestable where one of them has a credential that GitLab does not know any more."""
    for caller in callers:
        if caller != ANONYMOUS:
            require_valid(caller, registry, corpus)


@check("gitlab.access.members-only-closed")
def test_members_only_closed(registry: RegistryClient, corpus: Corpus, kept: Stocked, remark: Remark) -> None:
    """Its twin is `default`, who publishes there and finds the URL of the file."""
    of_group = may_be_of_group(DEPLOY, registry)
    note = f"judged without {DEPLOY}, which may be the token of a group" if of_group else ""
    callers = known((*OUTSIDERS, *([] if of_group else [DEPLOY])), kept, remark, note=note)
    looks = {f"{what} as {caller}": look for caller in callers for what, look in kept.looks(caller).items()}
    require_closed(looks, rule="a registry for members only to be closed to others")
    require_each_valid(callers, registry, corpus)


@check("gitlab.access.members-only-read")
def test_members_only_read(kept: Stocked, remark: Remark) -> None:
    for member in known(READERS, kept, remark):
        kept.require_served(member)


@check("gitlab.access.members-only-publish")
def test_members_only_publish(registry: RegistryClient, new_name: NewName) -> None:
    accepted_and_listed(registry.in_gitlab_project("members-only"), wheel(new_name("member"), "1.0"))


@check("gitlab.access.open-to-everyone")
def test_open_to_everyone(opened: Stocked, remark: Remark) -> None:
    for caller in known(OUTSIDERS, opened, remark):
        opened.require_served(caller)


@check("gitlab.access.open-for-pulling-only")
def test_open_for_pulling_only(
    registry: RegistryClient, corpus: Corpus, opened: Stocked, new_name: NewName, remark: Remark
) -> None:
    """Its twin is an upload by `default`."""
    name, callers = new_name("pushed"), known(OUTSIDERS, opened, remark)
    for caller in callers:
        expect.forbidden(opened.registry.upload(wheel(name, "1.0"), as_=caller))
    require_each_valid(callers, registry, corpus)
    if not (twin := opened.registry.upload(wheel(name, "2.0"))).is_success:
        raise Untestable(f"an upload by `default` is refused as well: {twin}")
