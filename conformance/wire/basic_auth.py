"""HTTP Basic for requests. Source: RFC 7617."""

from __future__ import annotations

from typing import TYPE_CHECKING

from requests.auth import HTTPBasicAuth

if TYPE_CHECKING:
    import requests

    from conformance.wire.credential import Credential


class BasicAuth(HTTPBasicAuth):
    """HTTP Basic, with the name of the scheme as the credential spells it."""

    def __init__(self, credential: Credential) -> None:
        super().__init__(*credential.encoded)
        self._scheme = credential.scheme

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Return the request with its credential."""
        prepared: requests.PreparedRequest = super().__call__(request)  # type: ignore[no-untyped-call]
        written = str(prepared.headers["Authorization"])
        prepared.headers["Authorization"] = written.replace("Basic", self._scheme, 1)
        return prepared
