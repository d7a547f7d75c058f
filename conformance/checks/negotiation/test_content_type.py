"""What the Content-Type of a page says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.checks.negotiation.ask import ANYTHING
from conformance.checks.negotiation.forms import truthful
from conformance.kit import expect
from conformance.kit.check import check
from conformance.pages import HTML_V1, JSON_V1

if TYPE_CHECKING:
    from conformance.checks.negotiation.ask import Ask
    from conformance.kit.fixtures import NewName, RegistryClient
    from conformance.kit.http import Answer


def pages(ask: Ask) -> list[Answer]:
    """Return every page in every form that is offered."""
    return [answer for accept in ask.index.media_types.values() for answer in ask.everywhere(accept)]


@check("negotiation.content-type.always")
def test_always(ask: Ask, registry: RegistryClient, new_name: NewName) -> None:
    absent = registry.project_answer(new_name("absent"))
    answers = [answer for answer in (*pages(ask), absent) if not answer.is_redirect]
    expect.each(
        answers, "to have a Content-Type", lambda answer: answer.content_type, of="answer", where=absent
    )


@check("negotiation.content-type.truthful")
def test_truthful(ask: Ask) -> None:
    truthful([*pages(ask), ask(HTML_V1), ask(JSON_V1), ask(ANYTHING)])


@check("negotiation.content-type.lowercase")
def test_lowercase(ask: Ask) -> None:
    answers = pages(ask)
    types = (answer.headers.get("Content-Type", "").partition(";")[0] for answer in answers)
    expect.rule(
        "every media type to be in lower case",
        broken_by=[media_type for media_type in types if media_type != media_type.lower()],
        where=answers[0],
    )
