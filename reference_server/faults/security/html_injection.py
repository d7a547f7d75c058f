"""Faults in escaping HTML."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, ClassVar

from werkzeug import Response

from reference_server.faults.building.request_notes import NotesRequests
from reference_server.faults.building.requests import body_of
from reference_server.faults.building.upload_forms import text_of
from reference_server.faults.building.upload_rules import waved_through
from reference_server.faults.fault import Fault

if TYPE_CHECKING:
    from reference_server.http.request import Request
    from reference_server.rules import Rules

HTML = "text/html; charset=utf-8"


class NamesReflected(Fault):
    """Repeats the path unescaped in an HTML error."""

    caught_by = ("security.html.name",)
    incident = "pypiserver #77"

    def respond(self, request: Request, response: Response) -> Response:
        if response.status_code == 404 and "<" in request.path:
            return Response(f"<h1>There is no {request.path}</h1>", status=404, content_type=HTML)
        return response


class QueriesReflected(Fault):
    """Repeats the query unescaped in an HTML error."""

    caught_by = ("security.html.name",)

    def respond(self, request: Request, response: Response) -> Response:
        if response.status_code >= 400 and (query := request.args.get("x")):
            return Response(f"<h1>There is no {query}</h1>", status=response.status_code, content_type=HTML)
        return response


class RefusalsInHTML(NotesRequests[str]):
    """Repeats the rejected name unescaped in an HTML error."""

    caught_by = ("security.html.name",)
    incident = "pypicloud #280"

    def note(self, request: Request) -> str:
        return text_of(request, "name") if request.endpoint == "upload" else ""

    def respond(self, request: Request, response: Response) -> Response:
        name = self.noted(request) or ""
        if response.status_code == 400 and "<" in name:
            return Response(f"<h1>{name} is no name</h1>", status=400, content_type=HTML)
        return response


class Unescapes(Fault):
    """Writes the matches of `pattern` unescaped into HTML."""

    pattern: ClassVar[bytes]

    def rendered(self, body: bytes) -> bytes:
        """Undo the escaping."""
        if not body.startswith(b"<"):
            return body
        return re.sub(self.pattern, lambda match: html.unescape(match[0].decode()).encode(), body)


class SpecifierQuotesNotEscaped(Unescapes):
    """Writes the quotes in Requires-Python unescaped."""

    caught_by = ("security.html.requires-python",)
    pattern = rb'(?<=data-requires-python=")[^"]*&#34;[^"]*'


class YankQuotesNotEscaped(Unescapes):
    """Writes the quotes in the reason of a yank unescaped."""

    caught_by = ("security.html.yank-reason",)
    pattern = rb'(?<=data-yanked=")[^"]*&#34;/on[^"]*'


class StatusQuotesNotEscaped(Unescapes):
    """Writes the quotes in the reason of a project's status unescaped."""

    caught_by = ("security.html.status-reason",)
    pattern = rb'(?<=status-reason" content=")[^"]*&#34;/on[^"]*'


class FilenamesNotEscaped(Unescapes):
    """Accepts file names with markup and writes them unescaped."""

    caught_by = ("security.html.filename",)
    pattern = rb'(?<=">)[^<>]*&(lt|#34|#39);[^<>]*(?=</a>)'

    def rules(self, rules: Rules) -> Rules:
        return waved_through(rules, lambda filename, *_rest: re.search("[<>'\"]", filename) is not None)


class OddFilenamesFail(Fault):
    """Fails on a file name with an apostrophe."""

    caught_by = ("security.no-server-error",)

    def handle(self, request: Request) -> Response | None:
        fails = request.endpoint == "upload" and re.search(rb"filename=\"[^\"]*'", body_of(request))
        return Response(status=500) if fails else None
