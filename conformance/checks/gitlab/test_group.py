"""The index of a group: the packages of all its GitLab projects."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from packaging.utils import canonicalize_name

from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.registry import ANONYMOUS, DEFAULT, GitLab, page_in, root_in
from conformance.kit.unknown_projects import expect_unknown
from conformance.kit.uploads.publishing import publish
from conformance.verdicts import NotApplicable, Untestable
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from conformance.kit.fixtures import NewName, RegistryClient, Remark
    from conformance.pages import ProjectPage
    from reference_server.distributions import Distribution

ABSENT_GROUP = "999999999"
READER = "reporter"
"""A caller who is a member of the target's GitLab project, and not of the one in the subgroup."""


@dataclass(frozen=True, kw_only=True)
class Grouped:
    """A group with two projects in the target."""

    group: RegistryClient
    shared: tuple[Distribution, ...]
    """Of one project: a version in the target."""
    own: Distribution
    """What only the target has."""

    @property
    def apart(self) -> tuple[Distribution, ...]:
        """A file of each project."""
        return (self.shared[0], self.own)

    def page(self, name: str, *, as_: str) -> ProjectPage | None:
        """Return a project's page as a caller gets it; None where it is refused. Raises Deviation for a failure."""
        answer = self.group.project_answer(name, as_=as_)
        if not (answer.is_client_error or answer.is_redirect):
            expect.status(answer, 200)
        return page_in(answer) if answer.status == 200 else None

    def url(self, distribution: Distribution) -> str:
        """Return the documented URL of a file."""
        return f"{self.group.target.url}/files/{distribution.sha256}/{quote(distribution.filename)}"


@dataclass(frozen=True, kw_only=True)
class WithSubgroup(Grouped):
    """A group with a project in two of its GitLab projects, and one in each of them only."""

    shared: tuple[Distribution, Distribution]
    """One version each in the target and in the GitLab project of the subgroup."""
    secret: Distribution
    """What only the private GitLab project of the subgroup has."""

    @property
    def apart(self) -> tuple[Distribution, ...]:
        """A file of each project."""
        return (*super().apart, self.secret)


def require_reader_of_group(group: RegistryClient, gitlab: GitLab) -> None:
    """Raise NotApplicable where GitLab says that the credential is of a member of the GitLab project alone.

    Such a user may see a private group, and read none of its packages.
    """
    if group.root_answer().status != 403:
        return
    roles = gitlab.call("GET", "").json_object.get("permissions")
    if not isinstance(roles, dict):
        return
    if roles.get("project_access") and not roles.get("group_access"):
        raise NotApplicable(
            "the user of the default credential is a member of the GitLab project, and not of its group, which is "
            "private; make the user a member of the group"
        )


@pytest.fixture(scope="session")
def in_target(registry: RegistryClient, gitlab: GitLab, new_name: NewName) -> Grouped:
    """What is published in the target, which belongs to a group."""
    group = registry.in_group()
    require_reader_of_group(group, gitlab)
    here, own = wheel(new_name("grouped"), "1.0"), wheel(new_name("group-own"), "1.0")
    publish(registry, here, own)
    for file in (here, own):
        group.accepted(file)
    return Grouped(group=group, shared=(here,), own=own)


@pytest.fixture(scope="session")
def grouped(in_target: Grouped, registry: RegistryClient, new_name: NewName) -> WithSubgroup:
    """What is published in two GitLab projects of one group."""
    below = registry.in_gitlab_project("subgroup")
    (here,) = in_target.shared
    there, secret = wheel(here.name, "2.0"), wheel(new_name("group-secret"), "1.0")
    publish(below, there, secret)
    for file in (there, secret):
        in_target.group.accepted(file)
    return WithSubgroup(group=in_target.group, shared=(here, there), own=in_target.own, secret=secret)


@pytest.fixture
def whole_or_part(
    registry: RegistryClient, in_target: Grouped, remark: Remark, request: pytest.FixtureRequest
) -> Grouped:
    """The group with its subgroup, or, with a remark, without it where the target names none."""
    if "subgroup" in registry.target.gitlab_projects:
        whole: Grouped = request.getfixturevalue("grouped")
        return whole
    remark("what is in subgroups was left out: [gitlab-projects] in registry.toml has no `subgroup`")
    return in_target


@check("gitlab.group.every-gitlab-project")
def test_every_gitlab_project(grouped: WithSubgroup) -> None:
    for files in (grouped.shared, (grouped.own,), (grouped.secret,)):
        page = grouped.group.project_page(canonicalize_name(files[0].name))
        expect.listed(page, [file.filename for file in files])


@check("gitlab.group.no-other-gitlab-project")
def test_no_other_gitlab_project(grouped: WithSubgroup, registry: RegistryClient, new_name: NewName) -> None:
    same = wheel(new_name("group-same"), "1.0")
    publish(registry, same)
    publish(registry.in_gitlab_project("subgroup"), same)
    grouped.group.accepted(same)
    for files in (grouped.shared, (grouped.own,), (grouped.secret,), (same, same)):
        page = grouped.group.project_page(canonicalize_name(files[0].name))
        if not page.files:
            raise Untestable(f"the group lists no file of {files[0].name}: {page.where}")
        more = Counter(file.filename for file in page.files) - Counter(file.filename for file in files)
        expect.rule(
            "every file of the page to be one that was uploaded, once for each GitLab project that has it",
            broken_by=sorted(more.elements()),
            where=page.where,
        )


@check("gitlab.group.new-files-listed")
def test_new_files_listed(in_target: Grouped, registry: RegistryClient, new_name: NewName) -> None:
    group, name = in_target.group, new_name("group-later")
    for file in (wheel(name, "1.0"), wheel(name, "1.1")):
        group.project_answer(name, fresh=True)
        publish(registry, file)
        group.accepted(file)
        expect.listed(group.project_page(name, fresh=True), [file.filename])


@check("gitlab.group.root-page")
def test_root_page(whole_or_part: Grouped) -> None:
    answer = whole_or_part.group.root_answer()
    expect.status(answer, 200)
    listed = {canonicalize_name(project.name) for project in root_in(answer).projects}
    wanted = {canonicalize_name(file.name) for file in whole_or_part.apart}
    expect.rule(
        "the root page to list every project of the group",
        broken_by=sorted(f"{name} is missing" for name in wanted - listed),
        where=answer,
    )


@check("gitlab.group.links-work")
def test_links_work(whole_or_part: Grouped) -> None:
    page = whole_or_part.group.project_page(canonicalize_name(whole_or_part.shared[0].name))
    links = {file.filename: file.url for file in page.files}
    for file in whole_or_part.shared:
        if file.filename not in links:
            raise Untestable(f"{file.filename} is not on the page of the group: {page.where}")
        expect.same_bytes(whole_or_part.group.download(links[file.filename]), file)
        expect.same_bytes(whole_or_part.group.download(whole_or_part.url(file)), file)


@check("gitlab.group.page-of-readable-only")
def test_page_of_readable_only(grouped: WithSubgroup) -> None:
    hidden = {file.filename for file in (grouped.shared[1], grouped.secret)}
    shown = []
    for caller in (READER, ANONYMOUS):
        for file in (grouped.shared[0], grouped.secret):
            page = grouped.page(canonicalize_name(file.name), as_=caller)
            found = hidden.intersection(page.filenames) if page else ()
            shown += [f"{name}, to {caller}" for name in found]
    own = grouped.page(canonicalize_name(grouped.shared[0].name), as_=READER)
    if own is None or grouped.shared[0].filename not in own.filenames:
        raise Untestable(f"{READER} does not see the target's own file in the group")
    expect.rule(
        "files of the private GitLab project to be on no page of these callers",
        broken_by=sorted(shown),
        where=grouped.group.target.url,
    )


@check("gitlab.group.file-of-readable-only")
def test_file_of_readable_only(grouped: WithSubgroup) -> None:
    own = grouped.group.download(grouped.url(grouped.own), as_=READER)
    if own.status == 403:
        raise Untestable(f"{READER} may not read packages of the group, which is private: {own}")
    expect.same_bytes(own, grouped.own)
    hidden = (grouped.shared[1], grouped.secret)
    for answer in [grouped.group.download(grouped.url(file)) for file in hidden]:
        if answer.status != 200:
            raise Untestable(
                f"the file is not served to a member either: {answer}; see gitlab.group.links-work"
            )
    for caller in (READER, ANONYMOUS):
        for file in hidden:
            expect.forbidden(grouped.group.download(grouped.url(file), as_=caller))


@check("gitlab.group.absent-project-not-found")
def test_absent_project_not_found(in_target: Grouped, new_name: NewName) -> None:
    answer = in_target.group.project_answer(canonicalize_name(new_name("group-absent")))
    expect_unknown(in_target.group, answer)


@check("gitlab.group.unknown-not-found")
def test_unknown_not_found(in_target: Grouped, registry: RegistryClient) -> None:
    name = canonicalize_name(in_target.own.name)
    expect.status(in_target.group.project_answer(name), 200)
    expect.status(registry.at_group(ABSENT_GROUP).project_answer(name), 404)


def packages_of(*files: Distribution) -> set[tuple[str, str]]:
    return {(canonicalize_name(file.name), file.version) for file in files}


def packages_in(
    group: GitLab, grouped: WithSubgroup, *, as_: str = DEFAULT, subgroups: bool = True
) -> set[tuple[str, str]]:
    """Return name and version of each package of `grouped` that a group lists; none where the list is refused."""
    if as_ != DEFAULT and group.call("GET", "/packages", as_=as_).is_client_error:
        return set()
    narrowed: dict[str, Any] = {} if subgroups else {"exclude_subgroups": "true"}
    found: set[tuple[str, str]] = set()
    for file in grouped.apart:
        rows = group.packages(as_=as_, package_name=file.name, **narrowed)
        found |= {(canonicalize_name(str(row.get("name"))), str(row.get("version"))) for row in rows}
    return found


def missing_from(found: set[tuple[str, str]], *files: Distribution) -> list[str]:
    return [f"{' '.join(each)} is missing" for each in sorted(packages_of(*files) - found)]


def require_packages(group: GitLab, grouped: WithSubgroup, *files: Distribution) -> None:
    """Raise Untestable unless a group lists the packages of these files to the default caller."""
    answer = group.call("GET", "/packages", {"per_page": 1})
    if answer.status != 200:
        raise Untestable(f"the group has no list of packages: {answer}")
    if lost := missing_from(packages_in(group, grouped), *files):
        raise Untestable(f"the group's list of packages is not whole: {', '.join(lost)}")


@pytest.fixture
def list_of_subgroup(registry: RegistryClient, gitlab: GitLab, remark: Remark) -> GitLab | None:
    """The subgroup, whose path is that of its GitLab project; None, with a remark, where GitLab does not state it."""
    described = GitLab(registry.in_gitlab_project("subgroup")).call("GET", "")
    path = described.json_object.get("path_with_namespace") if described.status == 200 else None
    if not isinstance(path, str):
        remark("the list of the subgroup itself was left out: GitLab does not state its path")
        return None
    return gitlab.at_group(path.rpartition("/")[0])


@check("gitlab.group.packages")
def test_packages(grouped: WithSubgroup, gitlab: GitLab, list_of_subgroup: GitLab | None) -> None:
    found = packages_in(gitlab.in_group(), grouped)
    expect.rule(
        "the packages of every GitLab project of the group to be listed",
        broken_by=missing_from(found, *grouped.shared, grouped.own, grouped.secret),
        where="GET /groups/:id/packages",
    )
    if list_of_subgroup:
        lists_of_its_own(packages_in(list_of_subgroup, grouped), grouped)


def lists_of_its_own(found: set[tuple[str, str]], grouped: WithSubgroup) -> None:
    """Require the packages of the subgroup in its list, and none of the group that it is in."""
    above = packages_of(grouped.shared[0], grouped.own)
    expect.rule(
        "the list of the subgroup to have the packages of its own GitLab project alone",
        broken_by=[
            *(f"{' '.join(each)} is in the group above" for each in sorted(found & above)),
            *missing_from(found, grouped.shared[1], grouped.secret),
        ],
        where="GET /groups/:id/packages of the subgroup",
    )


@check("gitlab.group.packages-without-subgroups")
def test_packages_without_subgroups(
    grouped: WithSubgroup, gitlab: GitLab, list_of_subgroup: GitLab | None
) -> None:
    group = gitlab.in_group()
    above, below = (grouped.shared[0], grouped.own), (grouped.shared[1], grouped.secret)
    require_packages(group, grouped, *above, *below)
    found = packages_in(group, grouped, subgroups=False)
    expect.rule(
        "the packages of the group's own GitLab projects alone",
        broken_by=[
            *(f"{' '.join(each)} is in a subgroup" for each in sorted(found & packages_of(*below))),
            *missing_from(found, *above),
        ],
        where="GET /groups/:id/packages?exclude_subgroups=true",
    )
    if list_of_subgroup and not missing_from(packages_in(list_of_subgroup, grouped), *below):
        lists_of_its_own(packages_in(list_of_subgroup, grouped, subgroups=False), grouped)


@check("gitlab.group.packages-of-readable-only")
def test_packages_of_readable_only(grouped: WithSubgroup, gitlab: GitLab) -> None:
    group = gitlab.in_group()
    hidden = packages_of(grouped.shared[1], grouped.secret)
    require_packages(group, grouped, grouped.shared[1], grouped.secret)
    shown = [
        f"{' '.join(each)}, to {caller}"
        for caller in (READER, ANONYMOUS)
        for each in sorted(hidden & packages_in(group, grouped, as_=caller))
    ]
    expect.rule(
        "packages of the private GitLab project to be in no list of these callers",
        broken_by=shown,
        where="GET /groups/:id/packages",
    )
