"""What a fault is: one named misbehaviour, at one of a few seams of the good server."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar, Literal

from werkzeug.wsgi import ClosingIterator

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse
    from werkzeug import Response

    from reference_server.rendering.pages import ProjectPage, RootPage
    from reference_server.request import Request
    from reference_server.rules import Rules

SEAMS = ("rules", "project_page", "root_page", "rendered", "handle", "respond", "transmit")


class HangUpError(ConnectionError):
    """The connection ends here, whatever was promised."""


class Fault:
    """One named misbehaviour: override the innermost seam that can express it.

    The docstring's first line is its summary; `breaks` lists the ids of the requirements it violates, and
    `incident` names the public report that it is taken from, where there is one. The family is `content`
    (one rule broken, everything else right) or `trouble` (what goes wrong on the way, and clients have to
    live with). What `__init__` takes can be given by name, and has defaults.
    """

    breaks: ClassVar[tuple[str, ...]] = ()
    incident: ClassVar[str] = ""
    family: ClassVar[Literal["content", "trouble"]] = "content"

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
        """The seams that it changes."""
        return tuple(seam for seam in SEAMS if getattr(type(self), seam) is not getattr(Fault, seam))

    def rules(self, rules: Rules) -> Rules:
        """Decide something else. Called once, when the fault is first switched on."""
        return rules

    def project_page(self, page: ProjectPage) -> ProjectPage:
        """Change what a project's page says."""
        return page

    def root_page(self, page: RootPage) -> RootPage:
        """Change what the root page says."""
        return page

    def rendered(self, body: bytes) -> bytes:
        """Change the bytes of a rendered page."""
        return body

    def respond(self, request: Request, response: Response) -> Response:
        """Change any answer; `request.endpoint` names the route."""
        del request
        return response

    def handle(self, request: Request) -> Response | None:
        """Answer instead of the server, before anything is checked."""
        del request
        return None

    def transmit(self, request: Request, body: Iterable[bytes]) -> Iterable[bytes]:
        """Send the body of an answer in another way: slower, or not all of it.

        Its header goes out with the first piece. Raises `HangUpError` to close the connection.
        """
        del request
        return body


def transmitted(
    fault: Fault, request: Request, response: Response, start_response: StartResponse
) -> Iterable[bytes]:
    """Send an answer as the fault does; what is left of the request's body is read once the answer is out.

    Raises `HangUpError`.
    """
    try:
        body = fault.transmit(request, response(request.environ, start_response))
    except HangUpError:
        response.close()
        request.drain()
        raise
    return ClosingIterator(body, [response.close, request.drain])


class _Several(Fault):
    """Faults one after the other."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        self._faults = faults

    def rules(self, rules: Rules) -> Rules:
        for fault in self._faults:
            rules = fault.rules(rules)
        return rules

    def project_page(self, page: ProjectPage) -> ProjectPage:
        for fault in self._faults:
            page = fault.project_page(page)
        return page

    def root_page(self, page: RootPage) -> RootPage:
        for fault in self._faults:
            page = fault.root_page(page)
        return page

    def rendered(self, body: bytes) -> bytes:
        for fault in self._faults:
            body = fault.rendered(body)
        return body

    def respond(self, request: Request, response: Response) -> Response:
        for fault in self._faults:
            response = fault.respond(request, response)
        return response

    def handle(self, request: Request) -> Response | None:
        answers = (fault.handle(request) for fault in self._faults)
        return next((answer for answer in answers if answer is not None), None)

    def transmit(self, request: Request, body: Iterable[bytes]) -> Iterable[bytes]:
        for fault in self._faults:
            body = fault.transmit(request, body)
        return body


def compose(faults: Iterable[Fault]) -> Fault:
    """Make one fault of several: each seam goes through all of them, in order."""
    several = tuple(faults)
    return several[0] if len(several) == 1 else _Several(several)
