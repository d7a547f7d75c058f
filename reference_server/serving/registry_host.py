"""Many registries on one port, each below a path of its own."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Self, Unpack

from werkzeug.exceptions import NotFound

from reference_server.serving.default_registry import default_registry
from reference_server.serving.exposure import require_secret_tokens
from reference_server.serving.served_registry import RegistryOptions, ServedRegistry
from reference_server.serving.wsgi_server import Server

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import TracebackType

    from _typeshed.wsgi import StartResponse, WSGIEnvironment


class RegistryHost(Server):
    """A server for registries that share nothing but its port. `add` takes less than a millisecond."""

    def __init__(self, *, host: str = "127.0.0.1", port: int = 0) -> None:
        super().__init__(self._forward, host, port)
        self._listens_on = host
        self._numbers = count(1)
        self._tenants: dict[str, Tenant] = {}

    def add(self, **options: Unpack[RegistryOptions]) -> Tenant:
        """Add an empty registry, until its `close`. Raises as `ReferenceServer`."""
        tenant = Tenant(self, str(next(self._numbers)), **options)
        try:
            require_secret_tokens(self._listens_on, tenant.registry.store, "Add fresh_tokens=True.")
        except BaseException:
            tenant.app.close()
            raise
        self._tenants[tenant.place] = tenant
        return tenant

    def remove(self, place: str) -> None:
        """Remove a registry, if it is there."""
        self._tenants.pop(place, None)

    def _forward(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        place, slash, path = environ.get("PATH_INFO", "").removeprefix("/").partition("/")
        tenant = self._tenants.get(place)
        if tenant is None:
            return NotFound("There is no registry at this path.")(environ, start_response)
        environ["SCRIPT_NAME"], environ["PATH_INFO"] = f"/{place}", slash + path
        return tenant.app(environ, start_response)


class Tenant(ServedRegistry):
    """A registry of its own on the port of a `RegistryHost`, until `close` or the end of `with`."""

    def __init__(self, host: RegistryHost, place: str, **options: Unpack[RegistryOptions]) -> None:
        super().__init__(default_registry(), **options)
        self._host = host
        self.place = place

    @property
    def origin(self) -> str:
        """The URL of the root, without a slash: a path on the host."""
        return f"{self._host.origin}/{self.place}"

    def close(self) -> None:
        """Remove the registry with its content."""
        self._host.remove(self.place)
        self.app.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
