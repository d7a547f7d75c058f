"""GitLab's own API: what it lists, and what it deletes."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from conformance.checks.gitlab.lists import lists_of_packages
from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.registry import GitLab, json_of, objects
from conformance.kit.uploads.publishing import publish
from conformance.kit.uploads.scenarios import ids_of_packages, link_to, only_package
from conformance.verdicts import Deviation, NotApplicable, Untestable
from reference_server.distributions import sdist, wheel

if TYPE_CHECKING:
    from typing import Any

    from conformance.kit.fixtures import Corpus, Deletion, NewName, RegistryClient, Spare

ABSENT = 999_999_999
"""The id of a package, or of a file, that does not exist."""

OTHER_TYPES = ("composer", "conan", "golang", "maven", "npm", "nuget")
"""The types of packages that GitLab 13.4 documents beside pypi."""


def packages_of_the_run(gitlab: GitLab, corpus: Corpus) -> list[dict[str, Any]]:
    return gitlab.packages(package_type="pypi", package_name=corpus.run_id)


def main_package(gitlab: GitLab, corpus: Corpus) -> dict[str, Any]:
    """Return the package that holds the main project's wheel and sdist."""
    wanted = (canonicalize_name(corpus.main), corpus["main-wheel"].version)
    for package in packages_of_the_run(gitlab, corpus):
        if (canonicalize_name(str(package.get("name"))), package.get("version")) == wanted:
            return package
    raise Deviation(
        expected=f"a package {' '.join(wanted)}",
        found="none of this name and version",
        where=f"GET /packages?package_type=pypi&package_name={corpus.run_id}",
    )


@check("gitlab.rest.lists-packages")
def test_lists_packages(gitlab: GitLab, corpus: Corpus) -> None:
    wanted = {
        (canonicalize_name(item.name), item.version, "pypi") for item in corpus.distributions_of("main-wheel")
    }
    found = {
        (canonicalize_name(str(package.get("name"))), package.get("version"), package.get("package_type"))
        for package in packages_of_the_run(gitlab, corpus)
    }
    missing = [f"{' '.join(each)} is missing" for each in sorted(wanted - found)]
    expect.rule(
        "every published package to be listed",
        broken_by=missing,
        where=f"GET /packages?package_type=pypi&package_name={corpus.run_id}",
    )


@check("gitlab.rest.filters-by-type")
def test_filters_by_type(gitlab: GitLab, corpus: Corpus) -> None:
    for owner, other in product(lists_of_packages(gitlab), OTHER_TYPES):
        found = owner.packages(package_type=other, package_name=corpus.run_id)
        expect.equal(
            found, [], of=f"the packages of type {other}", where=f"GET /packages?package_type={other}"
        )


@check("gitlab.rest.filters-by-name")
def test_filters_by_name(gitlab: GitLab, corpus: Corpus) -> None:
    name = corpus["picky-old"].name
    for owner in lists_of_packages(gitlab):
        found = {str(package.get("name")) for package in owner.packages(package_name=name)}
        expect.equal(
            found, {name}, of="the names of the packages", where=f"GET /packages?package_name={name}"
        )
        part = {str(package.get("name")) for package in owner.packages(package_name=corpus.run_id)}
        expect.rule(
            "a part of a name to select its packages, too",
            broken_by=[f"{each} is missing" for each in sorted(found - part)],
            where=f"GET /packages?package_name={corpus.run_id}",
        )


@check("gitlab.rest.pages")
def test_pages(gitlab: GitLab, corpus: Corpus) -> None:
    """By name in the order of creation, so that other runs on the same registry do not shift the pages."""
    query: dict[str, str | int] = {
        "package_name": corpus["picky-old"].name,
        "order_by": "created_at",
        "sort": "asc",
        "per_page": 1,
    }
    for page, wanted in enumerate((["1.0"], ["2.0"], []), start=1):
        answer = gitlab.call("GET", "/packages", {**query, "page": page})
        versions = [package.get("version") for package in objects(answer)]
        expect.equal(versions, wanted, of=f"the versions on page {page}", where=answer)


@check("gitlab.rest.package")
def test_package(gitlab: GitLab, corpus: Corpus) -> None:
    listed = main_package(gitlab, corpus)
    answer = gitlab.call("GET", f"/packages/{listed['id']}")
    expect.status(answer, 200)
    found = json_of(answer)
    for key in ("id", "name", "version", "package_type"):
        expect.equal(found.get(key), listed.get(key), of=f"`{key}`", where=answer)


@check("gitlab.rest.package-files")
def test_package_files(gitlab: GitLab, corpus: Corpus) -> None:
    package_id = int(main_package(gitlab, corpus)["id"])
    wanted = {
        (item.filename, len(item.content), item.sha256)
        for item in (corpus["main-wheel"], corpus["main-sdist"])
    }
    files = gitlab.package_files(package_id)
    where = f"GET /packages/{package_id}/package_files"
    found = {(file.get("file_name"), file.get("size"), file.get("file_sha256")) for file in files}
    expect.equal(found, wanted, of="the files of the package", where=where)
    strange = [file.get("file_name") for file in files if file.get("package_id") != package_id]
    expect.rule("every file to name its package, in `package_id`", broken_by=strange, where=where)


@check("gitlab.rest.delete-package")
def test_delete_package(registry: RegistryClient, deletion: Deletion) -> None:
    expect.status(deletion.answer, 204)
    expect.not_listed(registry.project_page(deletion.distribution.name), [deletion.distribution.filename])
    expect.status(registry.download(deletion.url), 404)


@check("gitlab.rest.delete-file")
def test_delete_file(registry: RegistryClient, gitlab: GitLab, new_name: NewName, spare: Spare) -> None:
    """The file between two others, so that neither the first nor the last one is meant by chance."""
    name = new_name("half-deleted")
    goes = wheel(name, "1.0", build="1")
    stay = (wheel(name, "1.0"), sdist(name, "1.0"))
    publish(registry, stay[0], goes, stay[1])
    package_id = only_package(gitlab, name)
    ids = {file.get("file_name"): file.get("id") for file in gitlab.package_files(package_id)}
    if ids.get(goes.filename) is None:
        raise Untestable(f"the list of package files lacks {goes.filename}; see gitlab.rest.package-files")
    expect.status(gitlab.call("DELETE", f"/packages/{package_id}/package_files/{ids[goes.filename]}"), 204)
    registry.deleted(goes)
    page = registry.project_page(name)
    expect.not_listed(page, [goes.filename])
    expect.listed(page, [distribution.filename for distribution in stay])
    spare(registry, *stay)


@check("gitlab.rest.delete-absent-file-not-found")
def test_delete_absent_file_not_found(
    registry: RegistryClient, gitlab: GitLab, new_name: NewName, spare: Spare
) -> None:
    one, other = wheel(new_name("whole"), "1.0"), wheel(new_name("beside"), "1.0")
    publish(registry, one, other)
    packages = [ids_of_packages(gitlab, distribution.name).get("1.0") for distribution in (one, other)]
    if None in packages:
        raise Untestable("what this check publishes is not listed; see gitlab.rest.lists-packages")
    package_id, others = map(int, filter(None, packages))
    own, elsewhere = (
        [file.get("id") for file in gitlab.package_files(each)] for each in (package_id, others)
    )
    if not own or not elsewhere:
        raise Untestable("the files of a package are not listed; see gitlab.rest.package-files")
    for absent in (ABSENT, *elsewhere):
        expect.status(gitlab.call("DELETE", f"/packages/{package_id}/package_files/{absent}"), 404)
    for distribution in (one, other):
        expect.listed(registry.project_page(distribution.name, fresh=True), [distribution.filename])
    deleted = gitlab.call("DELETE", f"/packages/{package_id}/package_files/{own[0]}")
    if not deleted.is_success:
        raise Untestable(f"no file is deleted, present or absent ({deleted}); see gitlab.rest.delete-file")
    registry.deleted(one)
    spare(registry, other)


@check("gitlab.rest.delete-absent-not-found")
def test_delete_absent_not_found(gitlab: GitLab, deletion: Deletion) -> None:
    """One that never was, and one that is no more."""
    expect.status(gitlab.delete_package(ABSENT), 404)
    if (still := gitlab.call("GET", f"/packages/{deletion.package_id}")).status == 200:
        raise Untestable(f"a deleted package is still there ({still}); see gitlab.rest.delete-package")
    expect.status(gitlab.delete_package(deletion.package_id), 404)


@check("gitlab.rest.own-packages-only")
def test_own_packages_only(registry: RegistryClient, gitlab: GitLab, new_name: NewName, spare: Spare) -> None:
    """Asked for by its id in another GitLab project, where the caller has every right as well."""
    distribution = wheel(new_name("own-package"), "1.0")
    publish(registry, distribution)
    package_id = only_package(gitlab, distribution.name)
    elsewhere = GitLab(registry.in_gitlab_project("elsewhere"))
    if not (own := gitlab.call("GET", f"/packages/{package_id}")).is_success:
        raise Untestable(f"the package is not found where it is ({own}); see gitlab.rest.package")
    found = elsewhere.call("GET", f"/packages/{package_id}")
    if found.is_success and distribution.name not in found.text:
        raise NotApplicable("each GitLab project counts its own packages")
    expect.rule(
        "a package not to be found by its id in another GitLab project",
        broken_by=[distribution.name] if found.is_success else (),
        where=found,
    )
    elsewhere.delete_package(package_id)  # what it deletes counts, and not what it says
    expect.listed(registry.project_page(distribution.name, fresh=True), [distribution.filename])
    spare(registry, distribution)


@check("gitlab.rest.delete-keeps-others")
def test_delete_keeps_others(
    registry: RegistryClient, gitlab: GitLab, new_name: NewName, spare: Spare
) -> None:
    distribution = wheel(new_name("shared-bytes"), "1.0")
    elsewhere = registry.in_gitlab_project("elsewhere")
    for home in (registry, elsewhere):
        publish(home, distribution)
    url = link_to(elsewhere, distribution)
    if elsewhere.download(url).content != distribution.content:
        raise Untestable("the file is not served before anything is deleted; see gitlab.file.bytes-exact")
    deleted = gitlab.delete_package(only_package(gitlab, distribution.name))
    if not deleted.is_success:
        raise Untestable(f"the package is not deleted ({deleted}); see gitlab.rest.delete-package")
    registry.deleted(distribution)
    expect.same_bytes(elsewhere.download(url), distribution)
    spare(elsewhere, distribution)


@check("gitlab.rest.delete-keeps-versions")
def test_delete_keeps_versions(
    registry: RegistryClient, gitlab: GitLab, new_name: NewName, spare: Spare
) -> None:
    """Versions that begin or end with the one that goes, and its twin in a project whose name begins alike."""
    name = new_name("other-versions")
    goes, elsewhere = wheel(name, "1.0"), wheel(f"{name}-more", "1.0")
    stay = [wheel(name, version) for version in ("1.0.1", "1.0.post1", "11.0")]
    publish(registry, goes, *stay, elsewhere)
    package_id = ids_of_packages(gitlab, name).get("1.0")
    if package_id is None:
        raise Untestable("what this check publishes is not listed; see gitlab.rest.lists-packages")
    deleted = gitlab.delete_package(package_id)
    if not deleted.is_success:
        raise Untestable(f"the package is not deleted ({deleted}); see gitlab.rest.delete-package")
    registry.deleted(goes)
    expect.listed(registry.project_page(name, fresh=True), [file.filename for file in stay])
    expect.listed(registry.project_page(elsewhere.name, fresh=True), [elsewhere.filename])
    spare(registry, *stay, elsewhere)


@check("gitlab.rest.delete-needs-role")
def test_delete_needs_role(registry: RegistryClient, gitlab: GitLab, new_name: NewName, spare: Spare) -> None:
    distribution = wheel(new_name("kept"), "1.0")
    publish(registry, distribution)
    expect.status(gitlab.delete_package(only_package(gitlab, distribution.name), as_="developer"), 403)
    expect.status(registry.download(link_to(registry, distribution)), 200)
    spare(registry, distribution)


@check("gitlab.rest.deleted-can-be-published-again", alone=True)  # others require the same project to be gone
def test_deleted_can_be_published_again(registry: RegistryClient, deletion: Deletion) -> None:
    expect.accepted(registry.upload(deletion.distribution))
    expect.listed(registry.project_page(deletion.distribution.name), [deletion.distribution.filename])
