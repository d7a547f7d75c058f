"""Faults that bypass authentication."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reference_server.faults.building.decisions import let_in
from reference_server.faults.building.requests import PAGES, READING
from reference_server.faults.fault import Fault

if TYPE_CHECKING:
    from werkzeug import Response

    from reference_server.http.request import Request
    from reference_server.rules import Rules


class OverriddenMethodUnguarded(Fault):
    """Authorizes the method in X-HTTP-Method-Override and then serves the real one."""

    caught_by = ("security.auth.method-bypass",)

    def handle(self, request: Request) -> Response | None:
        if request.headers.get("X-HTTP-Method-Override") == "OPTIONS" and request.endpoint in READING:
            let_in(request)
        return None


class JsonUnguarded(Fault):
    """Requires credentials for pages in HTML but not in JSON."""

    caught_by = ("security.auth.method-bypass",)

    def handle(self, request: Request) -> Response | None:
        if "json" in request.args.get("format", "") and request.endpoint == "project_page":
            let_in(request)
        return None


class AcceptUnguarded(Fault):
    """Requires credentials for pages in HTML but not for those in JSON, which a route of their own serves."""

    caught_by = ("security.auth.method-bypass",)
    acts_on = PAGES

    def handle(self, request: Request) -> Response | None:
        if request.endpoint in PAGES and request.headers.get("Accept", "").endswith("+json"):
            let_in(request)
        return None


class RangesUnguarded(Fault):
    """Requires credentials for whole files but not for parts, as a cache of parts in front of the registry."""

    caught_by = ("security.auth.method-bypass", "metadata.same-auth")
    acts_on = ("file",)

    def handle(self, request: Request) -> Response | None:
        if request.endpoint == "file" and "Range" in request.headers:
            let_in(request)
        return None


class CookiesPublish(Fault):
    """Accepts a session cookie for an upload that another site has sent."""

    caught_by = ("security.auth.csrf",)

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, refuses_cross_site=False)

    def handle(self, request: Request) -> Response | None:
        if request.endpoint == "upload" and "Origin" in request.headers and "signed_in" in request.cookies:
            let_in(request)
        return None

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "root_page" and response.status_code == 200:
            response.set_cookie("signed_in", "maintainer", httponly=True)
        return response
