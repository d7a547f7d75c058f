"""A server that is within the rules, and shows a project for the first time some time after its upload."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from reference_server.faults import Fault
from reference_server.http.json_responses import refusal
from reference_server.model.errors import PackageNotFoundError

if TYPE_CHECKING:
    from werkzeug import Response

    from reference_server.http.request import Request
    from reference_server.rules import Rules


class LatePages(Fault):
    """Has no page of a project until some seconds after it was first asked for; then one under every spelling."""

    def __init__(self, delay: float) -> None:
        super().__init__()
        self._delay = delay
        self._first: dict[str, float] = {}

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, redirects_unnormalized=False)

    def handle(self, request: Request) -> Response | None:
        if request.endpoint != "project_page":
            return None
        name = canonicalize_name(request.arguments["name"])
        now = time.monotonic()
        if request.method == "GET" and now < self._first.setdefault(name, now) + self._delay:
            return refusal(PackageNotFoundError())
        return None
