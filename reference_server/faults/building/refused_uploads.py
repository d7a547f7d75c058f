"""Bases of faults that remember refused uploads."""

from __future__ import annotations

from dataclasses import replace
from threading import local
from typing import TYPE_CHECKING

from reference_server.faults.fault import Fault

if TYPE_CHECKING:
    from werkzeug import Response

    from reference_server.http.request import Request
    from reference_server.rules import Rules


class _Named(Fault):
    """Knows the project of the upload that a thread of the server is at."""

    def __init__(self) -> None:
        self.here = local()

    def rules(self, rules: Rules) -> Rules:
        def valid_name(name: str) -> bool:
            self.here.name = rules.normalize(name)
            return rules.valid_name(name)

        return replace(rules, valid_name=valid_name)

    def handle(self, request: Request) -> Response | None:
        del request
        self.here.name = None
        return None


class _Left(_Named):
    """Remembers the projects of uploads that were refused."""

    def __init__(self) -> None:
        super().__init__()
        self.left: dict[str, None] = {}

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "upload" and response.status_code >= 400 and self.here.name:
            self.left[self.here.name] = None
        return response
