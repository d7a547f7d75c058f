"""Which type an Accept header gets."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from conformance.checks.negotiation.ask import ANYTHING
from conformance.checks.negotiation.forms import FORMS, forms_of, typed, written_in
from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.plain_reads import read_plainly, without_passing_errors
from conformance.kit.properties import strategies
from conformance.kit.properties.accept_header import acceptable, preferred
from conformance.pages import HTML_V1, JSON_V1, TEXT_HTML
from conformance.verdicts import Untestable

if TYPE_CHECKING:
    from conformance.checks.negotiation.ask import Ask
    from conformance.kit.fixtures import Examples, Index

WEIGHTS = (("0.1", "0.9"), ("0.25", "0.5"), ("0.999", "1.000"))
"""Pairs of weights, the smaller one first: with as many digits, with more of them, and with a one."""

SPELLINGS_OF_A_HALF = (";q=0.50", ";Q=0.5", "; q=0.5", " ; q=0.5", ";\tq=0.5", "\t;q=0.500")
"""Valid spellings of one weight. Source: RFC 9110, 5.6.3 and 12.4.2."""

SPELLINGS_OF_A_WEIGHT = (";q=0.001", ";q=1.000", ";Q=0.5", "; q=0.5", " ; q=0.5")


@check("negotiation.json")
def test_json(ask: Ask) -> None:
    typed(ask.everywhere(JSON_V1), JSON_V1)


@check("negotiation.html-v1")
def test_html_v1(ask: Ask) -> None:
    typed(ask.everywhere(HTML_V1), HTML_V1, TEXT_HTML)


@check("negotiation.text-html")
def test_text_html(ask: Ask) -> None:
    typed(ask.everywhere(TEXT_HTML), TEXT_HTML, HTML_V1)


@check("negotiation.no-accept")
def test_no_accept(ask: Ask) -> None:
    without, anything = ask.afresh({"Accept": None}), ask(ANYTHING)
    expect.status(without, 200)
    expect.equal(
        without.content_type, anything.content_type, of="the type without Accept, as for */*,", where=without
    )


@check("negotiation.empty-accept")
def test_empty_accept(ask: Ask) -> None:
    expect.status(ask(""), 200)


@check("negotiation.wildcards")
def test_wildcards(ask: Ask) -> None:
    applications = {JSON_V1, HTML_V1} & {ask(media_type).content_type for media_type in ask.offered}
    written_in([ask(ANYTHING)], "json", "html")
    if applications:
        typed([ask("application/*")], *sorted(applications))
    if TEXT_HTML in ask.offered:
        written_in([ask("text/*")], "html")


def _accept(members: tuple[str, ...]) -> str:
    return f"Accept: {', '.join(members)}"


@check("negotiation.picks-listed")
def test_picks_listed(ask: Ask, examples: Examples) -> None:
    def picks(members: tuple[str, ...]) -> None:
        header = ", ".join(members)
        if allowed := forms_of(acceptable(header, ask.offered)):
            written_in([ask(header)], *allowed)

    examples.each(strategies.accept_members(), picks, named=_accept, independent=True)


@check("negotiation.order-irrelevant")
def test_order_irrelevant(ask: Ask, examples: Examples) -> None:
    def same_backwards(members: tuple[str, ...]) -> None:
        if len(members) == 1:
            return
        forwards, backwards = ask(", ".join(members)), ask(", ".join(reversed(members)))
        expect.equal(
            (backwards.status, backwards.content_type),
            (forwards.status, forwards.content_type),
            of=f"the status and type for {', '.join(reversed(members))}, as for the reverse order,",
            where=backwards,
        )

    same_backwards((JSON_V1, TEXT_HTML))
    examples.each(strategies.accept_members(), same_backwards, named=_accept, independent=True)


@check("negotiation.two-lines")
def test_two_lines(index: Index) -> None:
    """The twin has both in one line. Where weights are ignored, both get the same, too."""
    url = index.page_url
    for members in ((f"{TEXT_HTML};q=0.1", JSON_V1), (f"{JSON_V1};q=0.1", TEXT_HTML)):
        one_line, two_lines = (
            partial(
                read_plainly, index.registry, url, what="GET", headers=[("Accept", line) for line in lines]
            )
            for lines in ([", ".join(members)], members)
        )
        one = one_line()
        two = without_passing_errors(two_lines, one_line)
        if one.answer is None or one.answer.status != 200:
            raise Untestable(f"a request over a plain socket does not get the page: {one}")
        found = expect.answered(two.answer, to=f"Accept: {' and, in another line, '.join(members)}")
        expect.equal(
            (found.status, found.content_type),
            (one.answer.status, one.answer.content_type),
            of=f"the status and type for {' and '.join(members)} in two lines, as in one,",
            where=found,
        )


@check("negotiation.quality")
def test_quality(ask: Ask, examples: Examples) -> None:
    def best_wins(members: tuple[str, ...]) -> None:
        header = ", ".join(members)
        best = forms_of(preferred(header, ask.offered))
        if len(best) == 1:
            written_in([ask(header)], *best)

    for less, more in WEIGHTS:
        best_wins((f"{JSON_V1};q={less}", f"{TEXT_HTML};q={more}"))
        best_wins((f"{JSON_V1};q={more}", f"{TEXT_HTML};q={less}"))
    examples.each(
        strategies.accept_members(strategies.SIMPLE_TYPES), best_wins, named=_accept, independent=True
    )


@check("negotiation.q-zero")
def test_q_zero(ask: Ask) -> None:
    written_in([ask(f"{JSON_V1};q=0, {TEXT_HTML}")], "html")
    written_in([ask(f"{TEXT_HTML};q=0, {HTML_V1};q=0.000, {JSON_V1}")], "json")


@check("negotiation.q-syntax")
def test_q_syntax(ask: Ask, examples: Examples) -> None:
    """A weight that is read as none is seen beside a greater one, where the registry chooses by weights."""
    written_in([ask(JSON_V1 + weight) for weight in SPELLINGS_OF_A_WEIGHT], "json")
    plain = ask(f"{JSON_V1};q=0.5, {TEXT_HTML}")
    if plain.content_type in {TEXT_HTML, HTML_V1}:  # else `negotiation.quality` has found it
        written_in([ask(f"{JSON_V1}{weight}, {TEXT_HTML}") for weight in SPELLINGS_OF_A_HALF], "html")
    examples.each(
        strategies.weights_misspelled(),
        lambda weight: expect.no_server_error(ask(f"{JSON_V1};q={weight}".strip())),
        named=lambda weight: f"q={weight!r}",
        independent=True,
    )


@check("negotiation.specificity")
def test_specificity(ask: Ask) -> None:
    written_in([ask(f"*/*, {JSON_V1};q=0"), ask(f"*/*;q=0.9, {JSON_V1};q=0.1")], "html")
    written_in([ask(f"*/*, {TEXT_HTML};q=0, {HTML_V1};q=0")], "json")
    written_in([ask(f"text/*, application/*;q=0.9, {TEXT_HTML};q=0.1, {HTML_V1};q=0.1")], "json")


@check("negotiation.case-insensitive")
def test_case_insensitive(ask: Ask) -> None:
    written_in([ask(JSON_V1.upper())], "json")
    written_in([ask(TEXT_HTML.upper())], "html")


@check("negotiation.prefers-json-on-ties")
def test_prefers_json_on_ties(ask: Ask) -> None:
    ties = (f"{JSON_V1}, {HTML_V1}, {TEXT_HTML}", f"{TEXT_HTML};q=0.5, {JSON_V1};q=0.5")
    written_in([ask(header) for header in ties], "json")


@check("negotiation.head-same")
def test_head_same(ask: Ask) -> None:
    offered = {form: accept for accept, form in FORMS.items() if accept in ask.offered}
    for accept in offered.values():
        get, head = ask(accept), ask.afresh({"Accept": accept}, method="HEAD")
        expect.equal(
            (head.status, head.content_type),
            (get.status, get.content_type),
            of="the status and type of HEAD, as of GET,",
            where=head,
        )


@check("negotiation.stable")
def test_stable(ask: Ask) -> None:
    answers = [ask.afresh({"Accept": accept}) for accept in (JSON_V1, TEXT_HTML, JSON_V1, TEXT_HTML)]
    written_in(answers[::2], "json")
    written_in(answers[1::2], "html")


@check("negotiation.vary")
def test_vary(ask: Ask) -> None:
    pages = [ask(accept) for accept in (JSON_V1, TEXT_HTML)]
    unchanged = [
        ask.afresh({"Accept": page.content_type, "If-None-Match": page.headers["ETag"]})
        for page in pages
        if "ETag" in page.headers
    ]
    answers = (*pages, *unchanged, *ask.negotiated_list())
    fields = ((answer, answer.headers.get("Vary", "").lower()) for answer in answers)
    without = [
        str(answer) for answer, vary in fields if not {"accept", "*"} & set(vary.replace(",", " ").split())
    ]
    expect.rule("every negotiated answer to have `Vary: Accept`", broken_by=without, where=pages[0])
