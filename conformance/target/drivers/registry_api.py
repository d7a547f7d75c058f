"""What drivers send requests with."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from conformance.target import DEFAULT
from conformance.target.drivers.refusals import CannotDo, NotThere

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.target import Target
    from conformance.wire import Answer, Session

MOST_DESCRIBED = 400
"""Characters of a body that the transcript keeps."""


class RegistryApi:
    """A target, and a session to change its state with; requests carry the credential `default`."""

    def __init__(self, target: Target, session: Session) -> None:
        self.target = target
        self.session = session
        self._uses_bearer = False
        self._trusted: set[tuple[str, ...]] = set()

    def with_bearer(self) -> RegistryApi:
        """Return one that sends the token as `Authorization: Bearer`, without the user name. Source: RFC 6750, 2.1."""
        found = RegistryApi(self.target, self.session)
        found._uses_bearer = True
        return found

    def trust(self, url: str) -> None:
        """Send the credential to the host of a URL, too: one from the settings of the driver."""
        self._trusted.add(urlsplit(url)[:2])

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | str | None = None,
    ) -> Answer:
        """Send a request and return the answer with any status. The credential stays on hosts of the target."""
        content = body.encode() if isinstance(body, str) else body
        known = self.target.same_host(url) or urlsplit(url)[:2] in self._trusted
        credential = self.target.credential(DEFAULT) if known else None
        if credential and self._uses_bearer:
            headers, credential = {**(headers or {}), "Authorization": f"Bearer {credential.token}"}, None
        return self.session.send(
            method,
            url,
            credential=credential,
            credential_name=DEFAULT,
            headers=headers,
            body=content,
            described=content.decode("utf-8", errors="replace")[:MOST_DESCRIBED] if content else "",
        )

    def request_bare(self, method: str, url: str, *, label: str, headers: Mapping[str, str]) -> Answer:
        """Send a request that carries its credential in `headers`; `label` names it in the transcript."""
        return self.session.send(method, url, credential=None, credential_name=label, headers=headers)

    def change(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | str | None = None,
        data: Any = None,
    ) -> Answer:
        """Send a request that changes something, with a body or with `data` as JSON; return the answer.

        Raises NotThere for 404 and 410, and CannotDo for any other answer that is no success.
        """
        if data is not None:
            headers, body = {"Content-Type": "application/json", **(headers or {})}, json.dumps(data)
        answer = self.send(method, url, headers=headers, body=body)
        if not answer.is_success:
            refusal = f"the registry refused a change: {answer} {answer.excerpt(120)}".rstrip()
            raise (NotThere if answer.status in {404, 410} else CannotDo)(refusal)
        return answer
