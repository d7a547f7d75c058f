"""Header fields that proxies add to what a registry answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from conformance.verdicts import Verdict
from reference_server.faults import Fault

from .one_row import judged

if TYPE_CHECKING:
    from werkzeug import Response

    from reference_server.http.request import Request

pytestmark = pytest.mark.usefixtures("own_folder")

PAGE_HEADERS = "gitlab.rest.page-headers"


class LinkAdded(Fault):
    """Adds a relation to Link, as a proxy does for early hints."""

    def __init__(self, link: str) -> None:
        self._link = link

    def respond(self, request: Request, response: Response) -> Response:
        del request
        response.headers.add("Link", self._link)
        return response


def test_a_proxy_may_add_a_relation_to_link() -> None:
    for link in ("<https://cdn.example.com>; rel=preconnect", '</style.css>; rel="preload"; as=style'):
        found = judged(PAGE_HEADERS, LinkAdded(link))
        assert found.verdict is Verdict.PASSED, found.message


def test_a_page_that_is_not_next_is_found() -> None:
    found = judged(PAGE_HEADERS, LinkAdded('<https://registry.example.com/?page=7>; rel="next"'))
    assert found.verdict is Verdict.FAILED
