"""Project pages, what they link to, and the GitLab project they belong to."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from packaging.utils import canonicalize_name

from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.registry import file_url
from conformance.kit.unknown_projects import expect_unknown
from conformance.kit.uploads.publishing import publish
from conformance.kit.uploads.scenarios import link_to
from conformance.verdicts import Untestable
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from conformance.kit.fixtures import Corpus, NewName, RegistryClient

ABSENT_PROJECT = "999999999"


@check("gitlab.page.lists-exactly-the-uploads")
def test_lists_exactly_the_uploads(registry: RegistryClient, corpus: Corpus) -> None:
    page = registry.project_page(canonicalize_name(corpus.main))
    uploaded = sorted(distribution.filename for distribution in corpus.distributions_of("main-wheel"))
    expect.equal(
        sorted(file.filename for file in page.files), uploaded, of="the files of the page", where=page.where
    )


@check("gitlab.page.absent-project-not-found")
def test_absent_project_not_found(registry: RegistryClient, new_name: NewName) -> None:
    expect_unknown(registry, registry.project_answer(new_name("absent")))


@check("gitlab.page.requires-python")
def test_requires_python(registry: RegistryClient, corpus: Corpus) -> None:
    page = registry.project_page(canonicalize_name(corpus.main))
    wanted = {item.filename: item.metadata.requires_python for item in corpus.distributions_of("main-wheel")}
    found = {file.filename: file.requires_python for file in page.files}
    expect.equal(found, wanted, of="the Requires-Python of each file", where=page.where)


@check("gitlab.page.hash")
def test_hash(registry: RegistryClient, corpus: Corpus) -> None:
    page = registry.project_page(canonicalize_name(corpus.main))
    wanted = {item.filename: item.sha256 for item in corpus.distributions_of("main-wheel")}
    found = {file.filename: file.hashes.get("sha256") for file in page.files}
    expect.equal(found, wanted, of="the sha256 of each file", where=page.where)


@check("gitlab.page.links-work")
def test_links_work(registry: RegistryClient, corpus: Corpus) -> None:
    page = registry.project_page(canonicalize_name(corpus.main))
    answers = [registry.download(file.url) for file in page.files]
    expect.rule(
        "every link to lead to its file",
        broken_by=[str(a) for a in answers if a.status != 200],
        where=page.where,
    )


@check("gitlab.file.url")
def test_url(registry: RegistryClient, corpus: Corpus) -> None:
    """However it is encoded: `%2D` is a hyphen. Source: RFC 3986, 2.3."""
    wheel_ = corpus["main-wheel"]
    _, _, path = link_to(registry, wheel_).partition("/files/")
    expect.equal(
        quote(unquote(path)),
        f"{wheel_.sha256}/{quote(wheel_.filename)}",
        of="the link below files/",
        where=registry.project_page(canonicalize_name(corpus.main)).where,
    )
    expect.same_bytes(registry.download(file_url(registry, wheel_)), wheel_)


@check("gitlab.file.found-after-upload")
def test_found_after_upload(registry: RegistryClient, new_name: NewName) -> None:
    later = wheel(new_name("file-later"), "1.0")
    url = file_url(registry, later)
    registry.download(url)
    publish(registry, later)
    answer = registry.download(url)
    if answer.status not in {200, 404}:
        raise Untestable(f"the file is neither served nor absent ({answer}); see gitlab.file.bytes-exact")
    expect.status(answer, 200)


@check("gitlab.file.bytes-exact")
def test_bytes_exact(registry: RegistryClient, corpus: Corpus) -> None:
    for role in ("main-wheel", "main-sdist"):
        expect.same_bytes(registry.download(link_to(registry, corpus[role])), corpus[role])


@check("gitlab.file.other-sha256-not-found")
def test_other_sha256_not_found(registry: RegistryClient, corpus: Corpus) -> None:
    wheel_ = corpus["main-wheel"]
    url = file_url(registry, wheel_).replace(wheel_.sha256, corpus["main-latest"].sha256)
    expect.status(registry.download(url), 404)


@check("gitlab.file.other-name-not-found")
def test_other_name_not_found(registry: RegistryClient, corpus: Corpus) -> None:
    wheel_ = corpus["main-wheel"]
    url = file_url(registry, wheel_).replace(quote(wheel_.filename), f"other-{quote(wheel_.filename)}")
    expect.status(registry.download(url), 404)


@check("gitlab.project.own-space")
def test_own_space(registry: RegistryClient, corpus: Corpus) -> None:
    page = registry.in_gitlab_project("elsewhere").project_page(canonicalize_name(corpus.main))
    expect.not_listed(page, [corpus["main-wheel"].filename])


@check("gitlab.project.same-file-in-two")
def test_same_file_in_two(registry: RegistryClient, new_name: NewName) -> None:
    distribution = wheel(new_name("both"), "1.0")
    for home in (registry, registry.in_gitlab_project("elsewhere")):
        expect.accepted(home.upload(distribution))
        expect.listed(home.project_page(distribution.name), [distribution.filename])


@check("gitlab.project.unknown-not-found")
def test_unknown_not_found(registry: RegistryClient, corpus: Corpus) -> None:
    expect.status(registry.at_project(ABSENT_PROJECT).project_answer(canonicalize_name(corpus.main)), 404)


@check("gitlab.project.encoded-path")
def test_encoded_path(registry: RegistryClient, corpus: Corpus) -> None:
    path = registry.target.gitlab_projects.get("path")
    if path is None:
        raise Untestable(
            "the full path of the target's GitLab project is unknown; add `path` to [gitlab-projects] in registry.toml"
        )
    page = registry.at_project(quote(path, safe="")).project_page(canonicalize_name(corpus.main))
    expect.listed(page, [corpus["main-wheel"].filename])


@check("gitlab.switch.off-refuses-uploads")
def test_off_refuses_uploads(registry: RegistryClient, new_name: NewName) -> None:
    expect.refused(registry.in_gitlab_project("switched-off").upload(wheel(new_name("off"), "1.0")))


@check("gitlab.switch.off-hides-pages")
def test_off_hides_pages(registry: RegistryClient, new_name: NewName) -> None:
    """A registry that is on would say 404 for a project that is not there."""
    expect.status(registry.in_gitlab_project("switched-off").project_answer(new_name("off")), 401, 403)
