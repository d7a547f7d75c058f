"""The WSGI application: find the route, ask the rules, call the handler, give faults their chances."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

from werkzeug.exceptions import HTTPException, MethodNotAllowed

from reference_server.answers import options, refusal, router_refusal
from reference_server.defaults import default_registry
from reference_server.errors import RegistryError
from reference_server.faults import Fault, Switch, Switchboard, compose, switches, transmitted
from reference_server.flavours import REFERENCE
from reference_server.handlers.call import Call
from reference_server.handlers.control import PATH as CONTROL
from reference_server.handlers.control import control
from reference_server.handlers.sending import PageAnswer
from reference_server.rendering.rendered import RenderedPages
from reference_server.request import Request
from reference_server.routes import BY_NAME, URL_MAP

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIEnvironment
    from werkzeug import Response

    from reference_server.flavours import Flavour
    from reference_server.registry import Registry
    from reference_server.rules import Rules

KEPT_PAGES = 4096
KEPT_COMBINATIONS = 64  # of faults that were on together
HEADERS = {
    "Cache-Control": "max-age=0, private, must-revalidate",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
}


def create_app(
    registry: Registry | None = None,
    *,
    rules: Rules | None = None,
    faults: Iterable[Fault | Switch | str] = (),
    flavour: Flavour = REFERENCE,
    controlled: bool = False,
    variety: int | None = None,
) -> Application:
    """Make the WSGI application of a registry.

    Without a registry it gets a new one with the ready-made GitLab projects and tokens. `rules` take the
    place of the registry's own for what comes over HTTP; the flavour changes some of them, and `faults` are
    applied to them in the given order: faults, switches, or texts such as `no-hashes,first=2`. Where it is
    `controlled`, faults are switched over HTTP too: see `handlers.control`. `variety` is the seed by which
    everything changes that the specifications leave open: see `reference_server.variety`.
    Raises `UnknownFaultError` and `FaultOptionError`.
    """
    registry = registry or default_registry()
    registry = registry.under(flavour.rules(rules or registry.rules))
    variations: tuple[Fault, ...] = ()
    if variety is not None:
        from reference_server.variety import Variety

        variations = Variety(variety).chosen
    return Application(registry, flavour, switches(faults), controlled=controlled, variations=variations)


@dataclass(frozen=True, slots=True)
class _Misbehaving:
    """The registry as it is with some faults on."""

    fault: Fault
    registry: Registry
    pages: RenderedPages


class Application:
    """A WSGI application. Safe to use from several threads. `switchboard` says which faults are on."""

    def __init__(
        self,
        registry: Registry,
        flavour: Flavour,
        switches: Iterable[Switch],
        *,
        controlled: bool,
        variations: tuple[Fault, ...] = (),
    ) -> None:
        self.switchboard = Switchboard()
        self.switchboard.put(switches)
        self._registry = registry
        self._flavour = flavour
        self._is_controlled = controlled
        self._adapter = URL_MAP.bind("localhost")
        self._variations = variations
        self._good = self._mode(compose(variations), kept_pages=KEPT_PAGES)
        self._bad: dict[tuple[Fault, ...], _Misbehaving] = {}
        self._lock = Lock()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request; what is left of its body is read once the answer is out."""
        request = Request(environ)
        request.flavour = self._flavour
        if self._is_controlled and environ.get("PATH_INFO") == CONTROL:
            response, fault = control(request, self._registry, self.switchboard), self._good.fault
        else:
            faults = self.switchboard.faults_for(request.method, environ.get("PATH_INFO", ""))
            mode = self._with(faults) if faults else self._good
            request.registry, fault = mode.registry, mode.fault
            response = self._answer(request, mode)
        return transmitted(fault, request, response, start_response)

    def _with(self, faults: tuple[Fault, ...]) -> _Misbehaving:
        with self._lock:
            if faults not in self._bad:
                if len(self._bad) >= KEPT_COMBINATIONS:
                    self._bad.clear()
                self._bad[faults] = self._mode(compose((*faults, *self._variations)), kept_pages=0)
            return self._bad[faults]

    def _mode(self, fault: Fault, *, kept_pages: int) -> _Misbehaving:
        registry = self._registry.under(fault.rules(self._registry.rules))
        return _Misbehaving(fault, registry, RenderedPages(limit=kept_pages))

    def _answer(self, request: Request, mode: _Misbehaving) -> Response:
        unroutable = self._route(request)
        response = mode.fault.handle(request)
        if response is None:
            response = _unrouted(request, unroutable) if unroutable else self._handle(request, mode)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        response = mode.fault.respond(request, response)
        if isinstance(response, PageAnswer):
            response.compress()
        return response

    def _route(self, request: Request) -> HTTPException | None:
        try:
            request.endpoint, request.arguments = self._adapter.match(
                path_info=self._flavour.routed(request.routed_path), method=request.method
            )
        except HTTPException as error:
            return error
        return None

    def _handle(self, request: Request, mode: _Misbehaving) -> Response:
        """Check in the order that GitLab's clients see: GitLab project, caller, then the rest."""
        route = BY_NAME[request.endpoint]
        arguments = dict(request.arguments)
        registry = mode.registry
        try:
            gitlab_project = registry.gitlab_project(arguments.pop("gitlab_project").replace("%2F", "/"))
            caller = registry.identify(request.credentials)
            registry.authorize(caller, gitlab_project, route.action)
            call = Call(request, registry, gitlab_project, caller, mode.fault, mode.pages)
            return route.handler(call, **arguments)
        except RegistryError as error:
            return refusal(error)
        except HTTPException as error:
            return router_refusal(error)


def _unrouted(request: Request, error: HTTPException) -> Response:
    if request.method == "OPTIONS" and isinstance(error, MethodNotAllowed):
        return options(error)
    return router_refusal(error)
