"""Assembles the WSGI application of a registry with its flavour, faults, variety and control API."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property, partial
from threading import Lock
from typing import TYPE_CHECKING

from reference_server.app.application import Application
from reference_server.faults import Fault, Switch, Switchboard
from reference_server.flavours import REFERENCE
from reference_server.http.request_log.log import KEPT, RequestLog
from reference_server.serving.control import PATH, control
from reference_server.serving.default_registry import default_registry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from werkzeug import Response

    from reference_server.alterations import Alteration
    from reference_server.flavours import Flavour
    from reference_server.http.request import Request
    from reference_server.rules import Rules
    from reference_server.rules.registry import Registry
    from reference_server.sources.mirror import Mirror
    from reference_server.sources.upstream import Upstream
    from reference_server.store.blobs import Blobs

PAGES = frozenset({"/", "/projects", "/projects/new", "/users/sign_in", "/users/sign_out"})
"""The paths of the page that have no `/-/`."""


class RegistryApplication(Application):
    """The WSGI application of a registry. `switchboard` has the active faults."""

    def __init__(
        self,
        registry: Registry,
        flavour: Flavour,
        switchboard: Switchboard,
        *,
        controlled: bool,
        variations: tuple[Alteration, ...],
        log: RequestLog,
        mirror: Mirror | None = None,
    ) -> None:
        own = {PATH: partial(control, registry=registry, switchboard=switchboard)} if controlled else {}
        super().__init__(
            registry,
            flavour,
            alterations=switchboard,
            variations=variations,
            own=own,
            pages=self._page,
            log=log,
            elsewhere=mirror,
        )
        self.switchboard = switchboard
        self.mirror = mirror
        self._making_site = Lock()

    def close_upstream(self) -> None:
        """Remove the files of an upstream."""
        if self.mirror is not None:
            self.mirror.close()

    def close(self) -> None:
        """Close the registry, and remove the files of an upstream."""
        self.close_upstream()
        self._registry.close()

    def _page(self, request: Request) -> Response | None:
        """Answer a person, or return None for a path that is none of the page's."""
        path = request.environ.get("PATH_INFO", "")
        if path.startswith("/api/") or (path not in PAGES and "/-/" not in path):
            return None
        with self._making_site:  # a second site would not know the sessions of the first
            site = self._site
        return site(request)

    @cached_property
    def _site(self) -> Callable[[Request], Response | None]:
        """The page, which takes as long to import as the rest of the server. Most servers need none."""
        from reference_server.web.site import Site

        return Site(self._registry, self.log)


def create_app(
    registry: Registry | None = None,
    *,
    rules: Rules | None = None,
    faults: Iterable[Fault | Switch | str] = (),
    flavour: Flavour = REFERENCE,
    controlled: bool = False,
    variety: int | None = None,
    kept_requests: int = KEPT,
    upstream: Upstream | str | None = None,
    mirrored: Blobs | None = None,
) -> RegistryApplication:
    """Return the WSGI application of a registry.

    The default registry is a new one with the ready-made GitLab projects and tokens. `rules` replace those of the
    registry for requests over HTTP; the flavour and then the `faults`, in order, change them. A fault may also be
    a switch or a text such as `no-hashes,first=2`. If `controlled`, faults can be switched over HTTP: see
    `reference_server.serving.control`. `variety` is a seed that varies everything that the specifications leave
    open: see `reference_server.variety`. The log of the application keeps the last `kept_requests`. `upstream` is the
    URL of another index, or an `Upstream`, for projects that are not here; `mirrored` is the place for its files
    (default: one of their own).
    Raises `UnknownFaultError`, `FaultOptionError` and `UpstreamInvalidError`.
    """
    registry = registry or default_registry()
    flavoured, mirror = _with_upstream(flavour.rules(rules or registry.rules), upstream, mirrored)
    registry = registry.under(flavoured)
    variations: tuple[Alteration, ...] = ()
    if variety is not None:
        from reference_server.variety import Variety

        variations = Variety(variety).chosen
    switchboard = Switchboard()
    switchboard.put(faults)
    log = RequestLog(kept_requests)
    return RegistryApplication(
        registry, flavour, switchboard, controlled=controlled, variations=variations, log=log, mirror=mirror
    )


def _with_upstream(
    rules: Rules, given: Upstream | str | None, mirrored: Blobs | None
) -> tuple[Rules, Mirror | None]:
    """Return the rules with a redirect to an upstream, or a mirror of it, or neither."""
    if given is None:
        return rules, None
    from reference_server.sources.upstream import Upstream

    upstream = Upstream.of(given)
    if upstream.mode == "redirect":
        return replace(
            rules,
            forwards_to=upstream.index,
            may_forward=upstream.may_be_asked,
            hides_unreadable=True,
        ), None
    from reference_server.sources.mirror import Mirror

    return rules, Mirror(upstream, blobs=mirrored)
