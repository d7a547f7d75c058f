"""Answers to an Accept header without a type that is offered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.checks.negotiation.forms import truthful, written_in
from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.properties import strategies

if TYPE_CHECKING:
    from conformance.checks.negotiation.ask import Ask
    from conformance.kit.fixtures import Examples


LATEST_JSON = "application/vnd.pypi.simple.latest+json"


LATEST_HTML = "application/vnd.pypi.simple.latest+html"


UNSUPPORTED = ("image/png", "application/vnd.pypi.simple.v9+json")


@check("negotiation.unsupported.allowed-outcomes")
def test_allowed_outcomes(ask: Ask, examples: Examples) -> None:
    def neither_fails_nor_lies(accept: str) -> None:
        answer = ask(accept)
        expect.no_server_error(answer)
        truthful([answer])

    answers = [ask(accept) for accept in UNSUPPORTED]
    for answer in answers:
        expect.status(answer, 200, 300, 406)
    truthful(answers)
    examples.each(
        strategies.header_garbage(),
        neither_fails_nor_lies,
        named=lambda header: f"Accept: {header!r}",
        independent=True,
    )


@check("negotiation.unsupported.406")
def test_406(ask: Ask) -> None:
    for accept in UNSUPPORTED:
        expect.status(ask(accept), 406)


@check("negotiation.no-300")
def test_no_300(ask: Ask) -> None:
    answers = [ask(accept) for accept in UNSUPPORTED]
    choices = [str(answer) for answer in answers if answer.status == 300]
    expect.rule("a status other than 300 Multiple Choices", broken_by=choices, where=answers[0])


@check("negotiation.latest.real-type")
def test_real_type(ask: Ask) -> None:
    answers = [ask(accept) for accept in (LATEST_JSON, LATEST_HTML)]
    aliases = [f"{answer.content_type} for {answer}" for answer in answers if "latest" in answer.content_type]
    expect.rule(
        "the Content-Type to be that of the version served, not the alias `latest`",
        broken_by=aliases,
        where=answers[0],
    )


@check("negotiation.latest.supported")
def test_latest_supported(ask: Ask) -> None:
    written_in([ask(LATEST_JSON)], "json")
