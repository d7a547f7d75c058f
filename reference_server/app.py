"""The WSGI application: find the route, ask the rules, call the handler, give faults their chances."""

from __future__ import annotations

from typing import TYPE_CHECKING

from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.wsgi import ClosingIterator

from reference_server.answers import options, refusal, router_refusal
from reference_server.defaults import default_registry
from reference_server.errors import RegistryError
from reference_server.faults import compose
from reference_server.handlers.call import Call
from reference_server.handlers.sending import PageAnswer
from reference_server.rendering.rendered import RenderedPages
from reference_server.request import Request
from reference_server.routes import BY_NAME, URL_MAP

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIEnvironment
    from werkzeug import Response

    from reference_server.faults import Fault
    from reference_server.registry import Registry
    from reference_server.rules import Rules

KEPT_PAGES = 4096
HEADERS = {
    "Cache-Control": "max-age=0, private, must-revalidate",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
}


def create_app(
    registry: Registry | None = None, *, rules: Rules | None = None, faults: Iterable[Fault] = ()
) -> Application:
    """Make the WSGI application of a registry.

    Without a registry it gets a new one with the ready-made GitLab projects and tokens. `rules` take the
    place of the registry's own for what comes over HTTP; `faults` are applied to them in the given order.
    """
    registry = registry or default_registry()
    faults = tuple(faults)
    fault = compose(faults)
    pages = RenderedPages(limit=0 if faults else KEPT_PAGES)
    return Application(registry.under(fault.rules(rules or registry.rules)), fault, pages)


class Application:
    """A WSGI application. Safe to use from several threads."""

    def __init__(self, registry: Registry, fault: Fault, pages: RenderedPages) -> None:
        self._registry = registry
        self._fault = fault
        self._pages = pages
        self._adapter = URL_MAP.bind("localhost")

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request; what is left of its body is read once the answer is out."""
        request = Request(environ)
        request.registry = self._registry
        response = self._answer(request)
        body = response(environ, start_response)
        return ClosingIterator(body, [response.close, request.drain])

    def _answer(self, request: Request) -> Response:
        unroutable = self._route(request)
        response = self._fault.handle(request)
        if response is None:
            response = _unrouted(request, unroutable) if unroutable else self._handle(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        response = self._fault.respond(request, response)
        if isinstance(response, PageAnswer):
            response.compress()
        return response

    def _route(self, request: Request) -> HTTPException | None:
        try:
            request.endpoint, request.arguments = self._adapter.match(
                path_info=request.routed_path, method=request.method
            )
        except HTTPException as error:
            return error
        return None

    def _handle(self, request: Request) -> Response:
        """Check in the order that GitLab's clients see: GitLab project, caller, then the rest."""
        route = BY_NAME[request.endpoint]
        arguments = dict(request.arguments)
        registry = self._registry
        try:
            gitlab_project = registry.gitlab_project(arguments.pop("gitlab_project").replace("%2F", "/"))
            caller = registry.identify(request.credentials)
            registry.authorize(caller, gitlab_project, route.action)
            call = Call(request, registry, gitlab_project, caller, self._fault, self._pages)
            return route.handler(call, **arguments)
        except RegistryError as error:
            return refusal(error)
        except HTTPException as error:
            return router_refusal(error)


def _unrouted(request: Request, error: HTTPException) -> Response:
    if request.method == "OPTIONS" and isinstance(error, MethodNotAllowed):
        return options(error)
    return router_refusal(error)
