"""What a project's status does to uploads and downloads."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from conformance.checks.status.marked_projects import REASON
from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.driver import Ability, require
from conformance.kit.kept_answers import not_kept
from conformance.kit.uploads.publishing import fetch, publish
from conformance.kit.uploads.scenarios import link_to
from conformance.verdicts import Untestable
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from conformance.checks.status.marked_projects import Marks
    from conformance.kit.fixtures import Corpus, Driver, Index, NewName, RegistryClient, Remark
    from conformance.kit.http import Answer
    from conformance.pages import ProjectPage


@check("status.default-active")
def test_default_active(registry: RegistryClient, index: Index, corpus: Corpus) -> None:
    published = corpus["main-wheel"]
    for page in index.pages(canonicalize_name(corpus.main)):
        expect.equal(
            page.status or "active",
            "active",
            of="the status of a project without a change of status",
            where=page.where,
        )
    expect.same_bytes(registry.download(link_to(registry, published)), published)


@check("status.active.upload")
def test_active_upload(corpus: Corpus, index: Index, marks: Marks) -> None:
    for page in index.pages(canonicalize_name(corpus.main)):
        expect.listed(page, [corpus["main-wheel"].filename, corpus["main-latest"].filename])
    expect.accepted(marks["deprecated"].upload)


@check("status.active.again")
def test_active_again(registry: RegistryClient, index: Index, driver: Driver, new_name: NewName) -> None:
    require(driver, Ability.SET_STATUS)
    name = new_name("active-again")
    first, second, third = (wheel(name, version) for version in ("1.0", "1.1", "1.2"))
    publish(registry, first)
    driver.set_status(name, "archived", REASON)
    index.pages(name, fresh=True)  # a cache may keep what was asked for
    driver.set_status(name, "active")
    moment = time.monotonic()
    if _of_archived(index, name):
        registry.settling.wait_out(moment)
    former = _of_archived(index, name)
    for answer in not_kept(former, registry.settling.limit):
        expect.rule(
            "an active project to have neither its former status nor that one's reason",
            broken_by=former[answer],
            where=answer,
        )
    accepted, answer = second, registry.upload(second)
    if not answer.is_success:
        registry.settling.wait_out(moment)
        accepted, answer = third, registry.upload(third)
    expect.accepted(answer)
    for page in index.pages(name, fresh=True):
        expect.listed(page, [first.filename, accepted.filename])


def _of_archived(index: Index, name: str) -> dict[Answer, list[str]]:
    """Return what pages of an active project have of the time when it was archived, by their answers.

    An active project may have a reason of its own. Source: Project status markers, #specification.
    """
    found = {
        answer: ["status archived"] * (page.status == "archived")
        + [f"reason {REASON}"] * (page.status_reason == REASON)
        for answer, page in index.answered_pages(name, fresh=True)
    }
    return {answer: former for answer, former in found.items() if former}


@check("status.active.download")
def test_active_download(registry: RegistryClient, index: Index, marks: Marks) -> None:
    for project in marks.those("archived", "deprecated"):
        for page in index.pages(project.project):
            expect.listed(page, [project.file.filename])
        expect.same_bytes(registry.download(project.link.url), project.file)


@check("status.archived.no-upload")
def test_archived_no_upload(
    registry: RegistryClient, index: Index, marks: Marks, new_name: NewName, remark: Remark
) -> None:
    """Of a new version, and of the one that is there, where an active project takes a second wheel of a version."""
    archived = marks["archived"]
    sibling = wheel(archived.project, archived.file.version, build="1")
    answers = [archived.upload, registry.upload(sibling)]
    for answer in answers:
        if not answer.is_server_error:
            expect.refused(answer)
    for answer in answers:
        if answer.is_server_error:
            raise Untestable(f"an upload to an archived project ends in a server error: {answer}")
    active = new_name("two-wheels")
    publish(registry, wheel(active, "1.0"))
    if not registry.upload(wheel(active, "1.0", build="1")).is_success:
        remark("judged without a second wheel of a version: an active project does not take one either")
    for page in index.pages(archived.project, fresh=True):
        expect.not_listed(page, [archived.second.filename, sibling.filename])


@check("status.quarantined.no-upload")
def test_quarantined_no_upload(marks: Marks) -> None:
    expect.refused(marks["quarantined"].upload)


@check("status.quarantined.no-files")
def test_quarantined_no_files(index: Index, marks: Marks) -> None:
    quarantined = marks["quarantined"]
    for form in ("html", "json"):
        page = page_if_any(index, form, quarantined.project) if index.offer.has(form) else None
        if page is not None:
            expect.rule(
                "the page of a quarantined project to list no file",
                broken_by=page.filenames,
                where=page.where,
            )


@check("status.quarantined.urls-dead")
def test_quarantined_urls_dead(registry: RegistryClient, marks: Marks) -> None:
    link = marks["quarantined"].link
    answers = [fetch(registry, url) for url in (link.url, f"{link.url}.metadata")]
    alive = [str(answer) for answer in answers if not answer.is_client_error]
    expect.rule("the files of a quarantined project to be refused (4xx)", broken_by=alive, where=answers[0])


def page_if_any(index: Index, form: str, name: str) -> ProjectPage | None:
    """Return a project's page; None where it is refused (4xx), which is a way of not offering files."""
    if index.registry.project_answer(name, accept=index.media_types[form]).is_client_error:
        return None
    return index.html(name).page if form == "html" else index.json(name).page
