"""A certificate authority for tests, on trustme."""

from __future__ import annotations

import ssl
import tempfile
from functools import cache, cached_property
from pathlib import Path

from reference_server.errors import extra_missing
from reference_server.store.temporary import remove_with

HOSTS = ("localhost", "127.0.0.1", "::1", "a.localhost", "b.localhost", "c.localhost")
"""The names and addresses that every certificate is for."""


class Authority:
    """A certificate authority, and its certificate in a file for clients. Raises `UserError` without trustme."""

    def __init__(self) -> None:
        try:
            import trustme
        except ImportError as error:
            raise extra_missing(error) or error from None
        self._authority = trustme.CA()

    @cached_property
    def bundle(self) -> Path:
        """The file with the certificate, in PEM. It is removed with this object."""
        folder = Path(tempfile.mkdtemp(prefix="reference-server-tls-"))
        remove_with(self, folder)
        path = folder / "ca.pem"
        self.save(path)
        return path

    def save(self, path: Path) -> None:
        """Write the certificate, in PEM."""
        self._authority.cert_pem.write_to_path(str(path))

    @cache  # noqa: B019 - an authority lives as long as its contexts
    def context(self, host: str) -> ssl.SSLContext:
        """Return what a server on this host needs, with a certificate for it and for `HOSTS`."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._authority.issue_cert(*dict.fromkeys((host, *HOSTS))).configure_cert(context)
        return context


@cache
def shared_authority() -> Authority:
    """Return the authority of this process, which all its servers share. Raises as `Authority`."""
    return Authority()
