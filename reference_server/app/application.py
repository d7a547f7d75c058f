"""The WSGI application: find the route, authorize the caller, call the handler, apply alterations."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC
from threading import Lock
from time import perf_counter
from typing import TYPE_CHECKING, Protocol

from werkzeug.exceptions import BadRequest, HTTPException, MethodNotAllowed, NotFound

from reference_server.alterations import Alteration, compose, transmitted
from reference_server.app.elsewhere import has_project, is_elsewhere
from reference_server.app.handlers.call import Call, GroupCall
from reference_server.app.handlers.sending import PageAnswer
from reference_server.app.kept_answers import Asked, KeptAnswers, are_own, key_of
from reference_server.app.routes import BY_NAME, PAGES, url_map
from reference_server.http.cross_site import CrossSiteError, is_cross_site
from reference_server.http.host import has_valid_host
from reference_server.http.json_responses import options, refusal, router_refusal
from reference_server.http.request import Request
from reference_server.http.request_log.log import Counted, RequestLog, Whole
from reference_server.model.errors import (
    InvalidFieldError,
    RegistryError,
    StoreFullError,
    StoreUnavailableError,
)
from reference_server.rendering.page_cache import PageCache
from reference_server.rules.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from _typeshed.wsgi import StartResponse, WSGIEnvironment
    from werkzeug import Response

    from reference_server.app.elsewhere import Elsewhere
    from reference_server.flavours.flavour import Flavour
    from reference_server.model import Action, GitLabProject

KEPT_PAGES = 4096
KEPT_COMBINATIONS = 64  # of alterations on one request
HEADERS = {
    "Cache-Control": "max-age=0, private, must-revalidate",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
}


@dataclass(frozen=True, slots=True)
class _Mode:
    """The registry under some alterations."""

    alteration: Alteration
    registry: Registry
    pages: PageCache


class ActiveAlterations(Protocol):
    """Decides which alterations apply to a request. Called once per request, in order."""

    @property
    def is_empty(self) -> bool:
        """Whether no request is altered at the moment."""

    def active(self, method: str, path: str, endpoint: str) -> tuple[Alteration, ...]:
        """Count a request with this method, decoded path and route, and return its alterations in order."""


class Application:
    """A WSGI application. Safe to use from several threads.

    `variations` apply to every request, and `alterations` selects further ones. A path in `own` is answered by its
    function. Only the transmission of that answer can be altered. `pages` answers the requests of people, or
    returns None for a request that is not theirs. `log` keeps all other requests. Requests of other sites' pages are
    refused where they could change something. `elsewhere` has projects that are not in the registry.
    """

    def __init__(
        self,
        registry: Registry,
        flavour: Flavour,
        *,
        alterations: ActiveAlterations,
        variations: tuple[Alteration, ...] = (),
        own: Mapping[str, Callable[[Request], Response]] | None = None,
        pages: Callable[[Request], Response | None] = lambda _: None,
        elsewhere: Elsewhere | None = None,
        log: RequestLog | None = None,
    ) -> None:
        self.log = RequestLog() if log is None else log
        self._pages = pages
        self._elsewhere = elsewhere
        self._registry = registry
        self._flavour = flavour
        self._alterations = alterations
        self._own = own or {}
        self._adapter = url_map(flavour).bind("localhost")
        self._variations = variations
        self._usual = self._mode(compose(variations), kept_pages=KEPT_PAGES)
        self._altered: dict[tuple[Alteration, ...], _Mode] = {}
        self._lock = Lock()
        self._kept = KeptAnswers()
        self._keeps = not variations and elsewhere is None and are_own(registry.rules)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request, then read the rest of its body."""
        now = self._registry.now()
        asked = self._asked(environ, now)
        again = self._answered_again(asked, now, start_response) if asked else None
        return again or self._answered_in_full(asked, now, environ, start_response)

    def _asked(self, environ: WSGIEnvironment, now: datetime) -> Asked | None:
        """Return a request and the present state as a key; None where no answer may be given again."""
        edition = self._registry.store.edition if self._keeps and self._alterations.is_empty else None
        key = key_of(environ) if edition is not None else None
        return Asked(key, edition, now.astimezone(UTC).date()) if key else None

    def _answered_again(
        self, asked: Asked, now: datetime, start_response: StartResponse
    ) -> Iterable[bytes] | None:
        """Answer as an equal request was answered in the same state, if there is such an answer."""
        arrived = perf_counter()
        kept = self._kept.find(asked)
        body = kept.body() if kept else None
        if kept is None or body is None:
            return None
        entry = self.log.begin_again(now, arrived, kept.entry)
        start_response(kept.status, list(kept.headers))
        return Whole(body, entry, self.log)

    def _answered_in_full(
        self, asked: Asked | None, now: datetime, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        if not environ.get("HTTP_HOST"):
            environ.pop("HTTP_HOST", None)  # else URLs would have no host
        request = Request(environ)
        request.flavour = self._flavour
        try:
            return self._answered(asked, now, request, start_response)
        except (StoreUnavailableError, StoreFullError) as error:  # outside of all handlers
            if "entry" not in vars(request):
                request.entry = self.log.begin(now, request)
            return self._refused(request, error, start_response)

    def _refused(
        self, request: Request, error: RegistryError, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Answer for a refusal outside of all handlers, and write down why."""
        request.entry.refused(str(error))
        return self._sent(Alteration(), request, refusal(error), start_response)

    def _answered(
        self, asked: Asked | None, now: datetime, request: Request, start_response: StartResponse
    ) -> Iterable[bytes]:
        path = request.environ.get("PATH_INFO", "")
        is_addressed = has_valid_host(request.environ)
        cross_site = is_addressed and is_cross_site(request)
        if path in self._own and is_addressed and not cross_site:
            request.entry = self.log.begin(now, request)
            return self._sent(self._usual.alteration, request, self._own[path](request), start_response)
        unroutable = self._route(request)
        page = self._pages(request) if unroutable and is_addressed and not cross_site else None
        if page is not None:
            return transmitted(Alteration(), request, page, start_response)
        alterations = self._alterations.active(request.method, request.path, request.endpoint)
        self._note(request, now, alterations)
        mode = self._with(alterations) if alterations else self._usual
        request.registry = mode.registry
        if not is_addressed and mode.registry.rules.refuses_wrong_hosts:
            return self._sent(Alteration(), request, router_refusal(BadRequest()), start_response)
        if cross_site and (unroutable or path in self._own or mode.registry.rules.refuses_cross_site):
            return self._refused(request, CrossSiteError(), start_response)
        try:
            response = self._answer(request, mode, unroutable)
        except ConnectionError:
            self.log.broken_off(request.entry)
            raise
        sent = self._sent(mode.alteration, request, response, start_response)
        if asked and not alterations and self._registry.store.edition is asked.edition:
            self._kept.keep(asked, request, response)
        return sent

    def _sent(
        self, alteration: Alteration, request: Request, response: Response, start_response: StartResponse
    ) -> Iterable[bytes]:
        entry = request.entry
        entry.answered(response.status_code, request.caller)
        try:
            return Counted(transmitted(alteration, request, response, start_response), entry, self.log)
        except ConnectionError:
            self.log.broken_off(entry)
            raise

    def _note(self, request: Request, now: datetime, alterations: tuple[Alteration, ...]) -> None:
        """Add the request to the log, before anything can end it."""
        entry = request.entry = self.log.begin(now, request)
        entry.route = request.endpoint
        entry.project = str(request.arguments.get("name", ""))
        entry.faults = tuple(each.name for each in alterations)

    def _with(self, alterations: tuple[Alteration, ...]) -> _Mode:
        with self._lock:
            if alterations not in self._altered:
                if len(self._altered) >= KEPT_COMBINATIONS:
                    self._altered.clear()
                self._altered[alterations] = self._mode(
                    compose((*alterations, *self._variations)), kept_pages=0
                )
            return self._altered[alterations]

    def _mode(self, alteration: Alteration, *, kept_pages: int) -> _Mode:
        registry = self._registry.under(alteration.rules(self._registry.rules))
        return _Mode(alteration, registry, PageCache(limit=kept_pages))

    def _answer(self, request: Request, mode: _Mode, unroutable: HTTPException | None) -> Response:
        response = mode.alteration.handle(request)
        if response is None:
            response = _unrouted(request, mode, unroutable) if unroutable else self._handle(request, mode)
        more = self._flavour.page_headers if request.endpoint in PAGES else {}
        for name, value in (*HEADERS.items(), *more.items()):
            response.headers.setdefault(name, value)
        response = mode.alteration.respond(request, response)
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

    def _handle(self, request: Request, mode: _Mode) -> Response:
        """Check in GitLab's order: the GitLab project, the caller, then the rest."""
        route = BY_NAME[request.endpoint]
        arguments = dict(request.arguments)
        registry = mode.registry
        try:
            if "group" in arguments:
                group = arguments.pop("group")
                return route.handler(self._group_call(request, mode, group, route.action), **arguments)
            reference = arguments.pop("gitlab_project").replace("%2F", "/")
            gitlab_project = registry.gitlab_project(reference)
            if registry.rules.needs_id and route.is_of_registry and not reference.isdecimal():
                raise _no_id()
            caller = request.caller = registry.identify(request.credentials, route.action)
            registry.authorize(caller, gitlab_project, route.action)
            answering = self._answering(request, registry, [gitlab_project]) or registry
            call = Call(request, answering, gitlab_project, caller, mode.alteration, mode.pages)
            return route.handler(call, **arguments)
        except RegistryError as error:
            request.entry.refused(str(error))
            return refusal(error, self._flavour, route.name)
        except HTTPException as error:
            return router_refusal(error)

    def _group_call(self, request: Request, mode: _Mode, reference: str, action: Action) -> GroupCall:
        """Check in the same order: the group, the caller, then what the caller may read of it."""
        registry = mode.registry
        group = registry.group(reference.replace("%2F", "/"))
        caller = request.caller = registry.identify(request.credentials, action)
        gitlab_projects = registry.readable_in(group, caller, action)
        rules = registry.rules
        if self._elsewhere is None and not rules.hides_unreadable:
            return GroupCall(request, registry, group, gitlab_projects, caller, mode.alteration, mode.pages)
        members = rules.group_members(registry.store.gitlab_projects(), group)
        if rules.hides_unreadable and has_project(registry, members, request.arguments.get("name", "")):
            registry = registry.under(replace(rules, forwards_to=None))
        if gitlab_projects and (answering := self._answering(request, registry, members)):
            registry, gitlab_projects = answering, gitlab_projects[:1]
        return GroupCall(request, registry, group, gitlab_projects, caller, mode.alteration, mode.pages)

    def _answering(
        self, request: Request, registry: Registry, owners: Iterable[GitLabProject]
    ) -> Registry | None:
        """Return the registry of another place that answers a request, or None for this one."""
        place = self._elsewhere
        if place is None or not is_elsewhere(place, request, registry, owners):
            return None
        return Registry(now=registry.now, rules=registry.rules, store=place.store)


def _no_id() -> InvalidFieldError:
    field = "id"
    return InvalidFieldError(field)


def _unrouted(request: Request, mode: _Mode, error: HTTPException) -> Response:
    if isinstance(error, NotFound):
        from reference_server.app import account_routes

        answer = account_routes.answer(request, mode.registry)
        if answer is not None:
            return answer
    if not isinstance(error, MethodNotAllowed):
        return router_refusal(error)
    if request.method == "OPTIONS":
        return options(error)
    return router_refusal(NotFound() if request.flavour.hides_methods else error)
