"""An answer that a test prepares."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING

from werkzeug import Response

from reference_server.faults.fault import Trouble

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reference_server.http.request import Request


class CannedAnswer(Trouble):
    """Answers requests as a test wants it; its switch says which.

    `body` is bytes, text, or what becomes JSON, by default GitLab's message.
    """

    def __init__(
        self,
        status: int = 200,
        reason: str = "",
        body: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.status = f"{status} {reason or _phrase(status)}"
        self.body = {"message": self.status} if body is None else body
        self.headers = dict(headers or {})

    def handle(self, request: Request) -> Response:
        del request
        mimetype = "text/html" if isinstance(self.body, str | bytes) else "application/json"
        content = self.body if isinstance(self.body, str | bytes) else json.dumps(self.body)
        response = Response(content, status=self.status, mimetype=mimetype)
        response.headers.update(self.headers)
        return response


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
