"""The query's `format`, which some indexes read in place of Accept."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from conformance.checks.negotiation.forms import form_of, written_in
from conformance.kit import expect
from conformance.kit.check import check
from conformance.pages import JSON_V1, TEXT_HTML
from conformance.verdicts import Deviation

if TYPE_CHECKING:
    from conformance.checks.negotiation.ask import Ask
    from conformance.kit.http import Answer

NO_SINGLE_TYPE = {
    "a list with qualities": (f"{JSON_V1};q=0.9,{TEXT_HTML};q=0.1", f"{JSON_V1};q=0.1,{TEXT_HTML};q=0.9"),
    "a wildcard": ("application/*", "text/*"),
}
"""Values that would select JSON and HTML, in this order, if they were read as Accept is."""


def asked_in_query(ask: Ask, wanted: str, *, accept: str) -> Answer:
    """Ask for one thing in the query, and for another in the header."""
    return ask.afresh({"Accept": accept}, format_=quote(wanted, safe=""))


@check("negotiation.format-param.precedence")
def test_precedence(ask: Ask) -> None:
    written_in([asked_in_query(ask, JSON_V1, accept=TEXT_HTML)], "json")
    if ask.index.offer.has("html"):
        written_in([asked_in_query(ask, TEXT_HTML, accept=JSON_V1)], "html")


@check("negotiation.format-param.unsupported-ok")
def test_unsupported_ok(ask: Ask) -> None:
    for wanted in ("image/png", "%"):
        expect.no_server_error(asked_in_query(ask, wanted, accept=ask.offered[0]))


@check("negotiation.format-param.single")
def test_single(ask: Ask) -> None:
    for kind, (for_json, for_html) in NO_SINGLE_TYPE.items():
        json = asked_in_query(ask, for_json, accept=TEXT_HTML)
        html = asked_in_query(ask, for_html, accept=JSON_V1)
        if (form_of(json), form_of(html)) == ("json", "html"):
            raise Deviation(
                expected=f"{kind} in `format` to be an error, or to leave the choice to Accept",
                found=f"JSON for {for_json}, HTML for {for_html}",
                where=f"{json}\n{html}",
            )
