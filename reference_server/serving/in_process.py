"""The server in this process. It starts and stops in milliseconds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, Unpack

from reference_server.faults import switches
from reference_server.faults.switch import switch_with
from reference_server.serving.default_registry import default_registry
from reference_server.serving.exposure import require_secret_tokens
from reference_server.serving.served_registry import RegistryOptions, ServedRegistry
from reference_server.serving.state import state_of
from reference_server.serving.steered import Steered
from reference_server.serving.wsgi_server import Server

if TYPE_CHECKING:
    from collections.abc import Iterable
    from ssl import SSLContext
    from types import TracebackType

    from reference_server.faults import Fault, Switch, Switchboard
    from reference_server.faults.switch import SwitchedOn
    from reference_server.http.request_log import RequestLog
    from reference_server.rules.registry import Registry
    from reference_server.serving.tls import Authority
    from reference_server.sources.generated import GeneratedIndex
    from reference_server.sources.upstream import Upstream


class ReferenceServer(Server, ServedRegistry):
    """A registry on a port of its own, from `start` (or `with`) until `stop`.

    Port 0 chooses a free port. `registry` gives direct access to the state. It outlives `stop`; the end of `with`
    closes it, unless it was an argument. The state is in memory, or in the directory `store`, where the next server
    finds it. A `folder` has distributions to serve, or what `reference-server record` wrote; with `watch`, changes of
    distributions are noticed. A `generated` index has any number of projects. `tls` serves HTTPS, with a certificate
    that `ca_bundle` verifies: True for the authority of this process, which its servers share, or another one. With
    `client_certificates`, clients need one, as in the file `client_certificate`. The `options` are those of
    `RegistryOptions`. `rules` and `faults` apply to requests over HTTP, not to direct calls of `registry`. Raises
    `UnknownFlavourError`, `UnknownFaultError`, `FaultOptionError`, `UserError` for `tls` without trustme and for an
    unusable folder or upstream, `PublicTokensError` for a `host` that other machines reach without `fresh_tokens`, and
    `StoreError` for an unusable directory.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        registry: Registry | None = None,
        store: Path | str | None = None,
        folder: Path | str | None = None,
        watch: bool = False,
        generated: GeneratedIndex | None = None,
        tls: Authority | bool = False,
        client_certificates: bool = False,
        **options: Unpack[RegistryOptions],
    ) -> None:
        if sum(map(bool, (registry, store, folder, generated))) > 1:
            raise ValueError(
                "give one of registry=, store=, folder= and generated=: each has its own packages"
            )
        if client_certificates and not tls:
            raise ValueError("client_certificates need tls")
        self._authority = _authority(tls)
        self._asks_clients = client_certificates
        self._owns_registry = registry is None
        if registry is None:
            flavour = options.get("flavour", "reference")
            state = state_of(store=store, folder=folder, flavour=flavour, watches=watch, generated=generated)
            registry = default_registry(store=state)
        if store and options.get("upstream"):
            options["upstream"] = _keeping(options["upstream"], Path(store))
        try:
            ServedRegistry.__init__(self, registry, **options)
            require_secret_tokens(host, self.registry.store, "Add fresh_tokens=True, or listen on 127.0.0.1.")
            context = self._context(host)
            Server.__init__(self, self.app, host, port, tls=context)
        except BaseException:
            if self._owns_registry:
                registry.close()
            raise

    @property
    def ca_bundle(self) -> Path | None:
        """The file with the certificate to trust, in PEM, or None without TLS."""
        return self._authority.bundle if self._authority else None

    @property
    def client_certificate(self) -> Path | None:
        """The file with a client's certificate and its key, in PEM, or None where clients need none."""
        return self._authority.client_certificate if self._authority and self._asks_clients else None

    def _context(self, host: str) -> SSLContext | None:
        return self._authority.context(host, asks_clients=self._asks_clients) if self._authority else None

    def start(self) -> Self:
        """Start the server. Raises `PortTakenError`, an `OSError`."""
        super().start()
        self.registry.store.announce(self.origin)
        return self

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException as error:
            self.__exit__(type(error), error, error.__traceback__)
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        if self._owns_registry:
            self.app.close()
        else:
            self.app.close_upstream()


def _keeping(given: Upstream | str | None, store: Path) -> Upstream | str | None:
    """Return an upstream whose mirror keeps what it fetches in the store's directory, unless it has another folder."""
    from reference_server.sources.upstream import FOLDER, Upstream

    upstream = Upstream.of(given) if given is not None else None
    return replace(upstream, keep=store / FOLDER) if upstream and upstream.keep is None else upstream


def _authority(tls: Authority | bool) -> Authority | None:  # noqa: FBT001 - the argument of `ReferenceServer`
    if not isinstance(tls, bool):
        return tls
    if not tls:
        return None
    from reference_server.serving.tls import shared_authority

    return shared_authority()


class ProxyServer(Server, Steered):
    """A reverse proxy that adds faults to any registry, from `start` (or `with`) until `stop`.

    `upstream` is the registry's origin, such as `http://HOST:PORT`; `at(url)` returns the proxy's URL for a URL of the
    registry. Only faults that change requests and answers are possible: see `reference_server.serving.proxy`. Raises
    `InsideFaultError` for others. `requests` has what clients asked for, without the caller, whom the registry knows.
    `ca_bundle` has the certificates by which the registry is known (default: the system's).
    """

    def __init__(
        self,
        upstream: str,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        faults: Iterable[Fault | Switch | str] = (),
        ca_bundle: Path | None = None,
    ) -> None:
        from reference_server.serving.proxy import FaultProxy

        self._upstream = upstream.rstrip("/")
        self._proxy = FaultProxy(upstream, switches(faults), ca_bundle=ca_bundle)
        super().__init__(self._proxy, host, port)

    def at(self, url: str) -> str:
        """Return the proxy's URL for a URL of the registry."""
        return self.origin + url.removeprefix(self._upstream)

    def put(self, *faults: Fault | Switch | str) -> None:
        """Activate exactly these faults. Raises `InsideFaultError`."""
        self._proxy.put(switches(faults))

    @property
    def switchboard(self) -> Switchboard:
        """The faults that are on."""
        return self._proxy.switchboard

    @property
    def requests(self) -> RequestLog:
        """The requests so far, in order."""
        return self._proxy.log

    def fault(self, fault: Fault | Switch | str, **conditions: Any) -> SwitchedOn:
        """Switch on a fault, until the end of `with` or until `put`. Raises `InsideFaultError`, too."""
        from reference_server.serving.proxy import require_outside

        switch = switch_with(fault, conditions)
        require_outside(switch.fault)
        return super().fault(switch)

    def stop(self) -> None:
        """Stop the server, if it is running."""
        super().stop()
        self._proxy.close()
