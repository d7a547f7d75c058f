"""Alterations change the server, each at one of a few seams."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from werkzeug.wsgi import ClosingIterator

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from _typeshed.wsgi import StartResponse
    from werkzeug import Response

    from reference_server.http.request import Request
    from reference_server.rendering.pages import ProjectPage, RootPage
    from reference_server.rules.rules import Rules

SEAMS = ("rules", "project_page", "root_page", "rendered", "handle", "respond", "transmit")


class HangUpError(ConnectionError):
    """The connection ends here, even in the middle of a response."""


class Alteration:
    """One named change of the server. Override the innermost seam that can express it.

    The docstring's first line is its summary. The options of `__init__` are keywords with defaults. `acts_on`
    names the routes whose requests it can affect; empty means all. Conditions such as `first` count these only.
    `features` are what a server with it claims to the suite, besides those of its flavour.
    """

    acts_on: ClassVar[Collection[str]] = ()
    features: ClassVar[tuple[str, ...]] = ()

    @property
    def name(self) -> str:
        """The class's name in lower case with dashes."""
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", type(self).__name__).lower()

    @property
    def summary(self) -> str:
        """The first line of the docstring."""
        return (type(self).__doc__ or "").strip().partition("\n")[0]

    @property
    def seams(self) -> tuple[str, ...]:
        """The seams that it overrides."""
        return tuple(seam for seam in SEAMS if getattr(type(self), seam) is not getattr(Alteration, seam))

    def rules(self, rules: Rules) -> Rules:
        """Change the rules. Called when the alteration is switched on, once for each combination with others."""
        return rules

    def project_page(self, page: ProjectPage) -> ProjectPage:
        """Change the content of a project's page."""
        return page

    def root_page(self, page: RootPage) -> RootPage:
        """Change the content of the root page."""
        return page

    def rendered(self, body: bytes) -> bytes:
        """Change the bytes of a rendered page."""
        return body

    def respond(self, request: Request, response: Response) -> Response:
        """Change any response; `request.endpoint` names the route."""
        del request
        return response

    def handle(self, request: Request) -> Response | None:
        """Answer instead of the server, before any check."""
        del request
        return None

    def transmit(self, request: Request, body: Iterable[bytes]) -> Iterable[bytes]:
        """Send the body of a response in another way: more slowly, or only in part.

        The header is sent with the first piece. Raises `HangUpError` to close the connection.
        """
        del request
        return body


def transmitted(
    alteration: Alteration, request: Request, response: Response, start_response: StartResponse
) -> Iterable[bytes]:
    """Send a response as the alteration does, then read the rest of the request's body.

    Raises `HangUpError`.
    """
    try:
        body = alteration.transmit(request, response(request.environ, start_response))
    except HangUpError:
        response.close()
        request.drain()
        raise
    return ClosingIterator(body, [response.close, request.drain])


class _Several(Alteration):
    """Several alterations, applied in order."""

    def __init__(self, alterations: tuple[Alteration, ...]) -> None:
        self._alterations = alterations

    @property
    def seams(self) -> tuple[str, ...]:
        return tuple(seam for seam in SEAMS if any(seam in each.seams for each in self._alterations))

    def rules(self, rules: Rules) -> Rules:
        for alteration in self._alterations:
            rules = alteration.rules(rules)
        return rules

    def project_page(self, page: ProjectPage) -> ProjectPage:
        for alteration in self._alterations:
            page = alteration.project_page(page)
        return page

    def root_page(self, page: RootPage) -> RootPage:
        for alteration in self._alterations:
            page = alteration.root_page(page)
        return page

    def rendered(self, body: bytes) -> bytes:
        for alteration in self._alterations:
            body = alteration.rendered(body)
        return body

    def respond(self, request: Request, response: Response) -> Response:
        for alteration in self._alterations:
            response = alteration.respond(request, response)
        return response

    def handle(self, request: Request) -> Response | None:
        answers = (alteration.handle(request) for alteration in self._alterations)
        return next((answer for answer in answers if answer is not None), None)

    def transmit(self, request: Request, body: Iterable[bytes]) -> Iterable[bytes]:
        for alteration in self._alterations:
            body = alteration.transmit(request, body)
        return body


def compose(alterations: Iterable[Alteration]) -> Alteration:
    """Combine alterations: each seam goes through all of them, in order."""
    several = tuple(alterations)
    return several[0] if len(several) == 1 else _Several(several)
