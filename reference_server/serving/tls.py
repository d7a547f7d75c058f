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

CLIENT = "client"
"""Whom the certificate of a client is issued to."""


class Authority:
    """A certificate authority, and its certificate in a file for clients. Raises `UserError` without trustme."""

    def __init__(self) -> None:
        try:
            import trustme
        except ImportError as error:
            raise extra_missing(error) or error from None
        self._authority = trustme.CA()

    @cached_property
    def _folder(self) -> Path:
        """A folder that only this user can read. It is removed with this object."""
        folder = Path(tempfile.mkdtemp(prefix="reference-server-tls-"))
        remove_with(self, folder)
        return folder

    @cached_property
    def bundle(self) -> Path:
        """The file with the certificate, in PEM. It is removed with this object."""
        path = self._folder / "ca.pem"
        self.save(path)
        return path

    @cached_property
    def client_certificate(self) -> Path:
        """The file with the certificate of a client and its key, in PEM. It is removed with this object."""
        path = self._folder / "client.pem"
        self.save_client(path)
        return path

    def save(self, path: Path) -> None:
        """Write the certificate, in PEM."""
        self._authority.cert_pem.write_to_path(str(path))

    def save_client(self, path: Path, name: str = CLIENT) -> None:
        """Write a new certificate of a client, issued to this name, and its key, readable by their owner only."""
        pair = self._authority.issue_cert(
            f"{name}@localhost", common_name=name
        ).private_key_and_cert_chain_pem
        path.touch(mode=0o600)
        path.chmod(0o600)
        path.write_bytes(pair.bytes())

    @cache  # noqa: B019 - an authority lives as long as its contexts
    def context(self, host: str, *, asks_clients: bool = False) -> ssl.SSLContext:
        """Return what a server on this host needs, with a certificate for it and for `HOSTS`.

        If it `asks_clients`, they need a certificate of this authority.
        """
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._authority.issue_cert(*dict.fromkeys((host, *HOSTS))).configure_cert(context)
        if asks_clients:
            self._authority.configure_trust(context)
            context.verify_mode = ssl.CERT_REQUIRED
        return context


@cache
def shared_authority() -> Authority:
    """Return the authority of this process, which all its servers share. Raises as `Authority`."""
    return Authority()
