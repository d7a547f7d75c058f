"""What real clients get, by the headers that they send."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.checks.negotiation.client_headers import BROWSERS, PIP, POETRY, UV, UV_CODINGS
from conformance.checks.negotiation.forms import FORMS, typed, written_in
from conformance.kit.check import check

if TYPE_CHECKING:
    from conformance.checks.negotiation.ask import Ask


@check("negotiation.pip-header")
def test_pip_header(ask: Ask) -> None:
    typed([*ask.everywhere(PIP), ask(POETRY)], *FORMS)


@check("negotiation.uv-header")
def test_uv_header(ask: Ask) -> None:
    typed([ask.afresh({"Accept": UV, "Accept-Encoding": UV_CODINGS})], *FORMS)


@check("negotiation.browser-header")
def test_browser_header(ask: Ask) -> None:
    written_in([ask(header) for header in BROWSERS], "html")
