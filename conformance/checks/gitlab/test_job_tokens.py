"""What the token of a CI job is good for beside its own GitLab project's pages: others, and the REST API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from conformance.checks.gitlab.access import reads, require_valid
from conformance.checks.gitlab.jobs import require_allowlist, require_same_rights
from conformance.checks.gitlab.stocked import names_in, require_closed
from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.registry import GitLab, file_url, objects
from conformance.kit.uploads.publishing import publish
from conformance.kit.uploads.scenarios import link_to, only_package
from conformance.verdicts import Untestable
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from conformance.checks.gitlab.stocked import Stocked
    from conformance.kit.fixtures import Corpus, NewName, RegistryClient, Spare
    from reference_server.distributions import Distribution

ELSEWHERE, ALLOWED = "job-elsewhere", "job-allowed"
"""Jobs of two other GitLab projects: on no allowlist, and on that of the target."""


@check("gitlab.token.job-lists-packages")
def test_job_lists_packages(gitlab: GitLab, corpus: Corpus) -> None:
    wanted = corpus["main-wheel"]
    answer = gitlab.call("GET", "/packages", {"package_name": wanted.name, "per_page": 100}, as_="job")
    expect.status(answer, 200)
    names = names_in(objects(answer))
    expect.rule(
        f"{wanted.name} to be listed",
        broken_by=[] if canonicalize_name(wanted.name) in names else names or ["an empty list"],
        where=answer,
    )


@check("gitlab.token.job-deletes-package")
def test_job_deletes_package(registry: RegistryClient, gitlab: GitLab, new_name: NewName) -> None:
    distribution = wheel(new_name("deleted-by-job"), "1.0")
    publish(registry, distribution)
    answer = gitlab.delete_package(only_package(gitlab, distribution.name), as_="job")
    require_same_rights(answer, gitlab, "job", 403)
    expect.status(answer, 204)
    registry.deleted(distribution)
    expect.not_listed(registry.project_page(distribution.name), [distribution.filename])


@check("gitlab.token.job-elsewhere-refused")
def test_job_elsewhere_refused(
    private_registry: RegistryClient, gitlab: GitLab, corpus: Corpus, new_name: NewName
) -> None:
    """The job is one of `default`, whose own token is the twin."""
    require_allowlist(gitlab)
    name, url = canonicalize_name(corpus.main), file_url(private_registry, corpus["main-wheel"])
    for twin in (private_registry.project_answer(name), private_registry.download(url)):
        if not twin.is_success:
            raise Untestable(f"`default` does not read either: {twin}")
    require_valid(ELSEWHERE, private_registry, corpus)
    expect.forbidden(private_registry.project_answer(name, as_=ELSEWHERE))
    expect.forbidden(private_registry.download(url, as_=ELSEWHERE))
    uploaded = new_name("job-elsewhere")
    expect.forbidden(private_registry.upload(wheel(uploaded, "1.0"), as_=ELSEWHERE))
    publish(private_registry, wheel(uploaded, "1.1"))


@check("gitlab.token.job-elsewhere-cannot-delete")
def test_job_elsewhere_cannot_delete(
    private_registry: RegistryClient, gitlab: GitLab, corpus: Corpus, new_name: NewName, spare: Spare
) -> None:
    require_allowlist(gitlab)
    require_valid(ELSEWHERE, private_registry, corpus)
    distribution = wheel(new_name("not-deleted-by-job"), "1.0")
    publish(private_registry, distribution)
    expect.forbidden(gitlab.delete_package(only_package(gitlab, distribution.name), as_=ELSEWHERE))
    page = private_registry.project_page(distribution.name, fresh=True)
    expect.listed(page, [distribution.filename])
    spare(private_registry, distribution)


@check("gitlab.token.job-elsewhere-reads-public")
def test_job_elsewhere_reads_public(public_registry: RegistryClient, public_wheel: Distribution) -> None:
    page = public_registry.project_page(public_wheel.name, as_=ELSEWHERE)
    expect.listed(page, [public_wheel.filename])
    url = link_to(public_registry, public_wheel)
    expect.same_bytes(public_registry.download(url, as_=ELSEWHERE), public_wheel)


@check("gitlab.token.job-elsewhere-members-only")
def test_job_elsewhere_members_only(registry: RegistryClient, corpus: Corpus, kept: Stocked) -> None:
    """Its twin is `default`, whose job it is."""
    require_allowlist(GitLab(kept.registry))
    require_valid(ELSEWHERE, registry, corpus)
    require_closed(
        kept.looks(ELSEWHERE),
        rule="a registry for members only to be closed to jobs of GitLab projects that are on no allowlist",
    )


@check("gitlab.token.job-allowed")
def test_job_allowed(registry: RegistryClient, gitlab: GitLab, corpus: Corpus, new_name: NewName) -> None:
    page = registry.project_answer(canonicalize_name(corpus.main), as_=ALLOWED)
    require_same_rights(page, gitlab, ALLOWED, 403, 404)
    reads(ALLOWED, registry, corpus)
    distribution = wheel(new_name("job-allowed"), "1.0")
    answer = registry.upload(distribution, as_=ALLOWED)
    require_same_rights(answer, gitlab, ALLOWED, 403, 404)
    expect.accepted(answer)
    expect.listed(registry.project_page(distribution.name), [distribution.filename])
