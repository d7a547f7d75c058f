"""Projects that are not there, and projects without files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.registry import page_in
from conformance.kit.unknown_projects import expect_unknown
from conformance.kit.uploads.scenarios import publish_and_delete
from conformance.verdicts import Deviation, Untestable

if TYPE_CHECKING:
    from conformance.kit.fixtures import Corpus, GitLab, Index, NewName, RegistryClient
    from conformance.kit.http import Answer


@check("simple.project.unknown-404")
def test_unknown_404(registry: RegistryClient, index: Index, corpus: Corpus) -> None:
    name = f"conformance-{corpus.run_id}-absent"
    for media_type in index.media_types.values():
        expect_unknown(registry, registry.project_answer(name, accept=media_type))


@check("simple.project.no-files")
def test_no_files(registry: RegistryClient, gitlab: GitLab, index: Index, new_name: NewName) -> None:
    answers = _after_the_last_file(registry, gitlab, index, new_name("emptied"))
    for answer in answers:
        if answer.is_server_error:
            raise Untestable(f"the page ends in an error: {answer}; see simple.project.emptied-no-error")
        if not registry.is_unknown(answer):
            expect.status(answer, 200, 404)
        expect.equal(
            files_in(answer), [], of="the files of a project whose only package was deleted", where=answer
        )
    expect.equal(
        [answer.status for answer in answers],
        [answers[0].status] * len(answers),
        of="the status of every form",
        where="; ".join(map(str, answers)),
    )


@check("simple.project.emptied-no-error")
def test_emptied_no_error(registry: RegistryClient, gitlab: GitLab, index: Index, new_name: NewName) -> None:
    answers = _after_the_last_file(registry, gitlab, index, new_name("emptied-page"))
    expect.each(
        answers,
        "to be answered without a server error",
        lambda answer: not answer.is_server_error,
        of="request for a project whose only package was deleted",
        where=answers[0],
    )


def _after_the_last_file(registry: RegistryClient, gitlab: GitLab, index: Index, new: str) -> list[Answer]:
    """Return the answers for an emptied project, one for each form."""
    name = emptied(registry, gitlab, new)
    return [registry.project_answer(name, accept=each, fresh=True) for each in index.media_types.values()]


def emptied(registry: RegistryClient, gitlab: GitLab, name: str) -> str:
    """Publish a project and delete its only package. Raises Untestable when that is not possible."""
    try:
        deletion = publish_and_delete(registry, gitlab, name)
    except Deviation as deviation:
        raise Untestable(f"no project could be emptied: {deviation}") from deviation
    if not deletion.answer.is_success:
        raise Untestable(f"no project could be emptied: {deletion.answer}")
    return name


def files_in(answer: Answer) -> list[str]:
    """Return the names of the files that an answer lists, if it is a page."""
    return sorted(page_in(answer).filenames) if answer.status == 200 else []
