"""Faults in what becomes of markup, quotes and line breaks that users say."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import unquote

from werkzeug import Response

from reference_server.faults import Fault
from reference_server.faults.reading import body_of
from reference_server.faults.reading_forms import values_of
from reference_server.faults.upload_files import waved_through

if TYPE_CHECKING:
    from reference_server.http.request import Request
    from reference_server.rules import Rules

HTML = "text/html; charset=utf-8"
LINE_BREAK = re.compile(r"\r\n([\w-]+): ([^\r\n]*)")


class NamesReflected(Fault):
    """Repeats in an HTML error what the URL asked for, as it is."""

    caught_by = ("security.html.name",)
    incident = "pypiserver #77"

    def respond(self, request: Request, response: Response) -> Response:
        if response.status_code == 404 and "<" in request.path:
            return Response(f"<h1>There is no {request.path}</h1>", status=404, content_type=HTML)
        return response


class QueriesReflected(Fault):
    """Repeats in an HTML error what the query asked for, as it is."""

    caught_by = ("security.html.name",)

    def respond(self, request: Request, response: Response) -> Response:
        if response.status_code >= 400 and (asked := request.args.get("x")):
            return Response(f"<h1>There is no {asked}</h1>", status=response.status_code, content_type=HTML)
        return response


class RefusalsInHTML(Fault):
    """Repeats in an HTML refusal the name that was refused, as it is."""

    caught_by = ("security.html.name",)
    incident = "pypicloud #280"

    def handle(self, request: Request) -> Response | None:
        if request.endpoint == "upload":
            body_of(request)
            self._name = b"".join(values_of(request, "name")).decode(errors="replace")
        return None

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "upload" and response.status_code == 400 and "<" in self._name:
            return Response(f"<h1>{self._name} is no name</h1>", status=400, content_type=HTML)
        return response


class NotEscaped(Fault):
    """Writes into HTML as it is what `pattern` matches."""

    pattern: ClassVar[bytes]

    def rendered(self, body: bytes) -> bytes:
        """Take the escaping back."""
        if not body.startswith(b"<"):
            return body
        return re.sub(self.pattern, lambda match: html.unescape(match[0].decode()).encode(), body)


class SpecifierQuotesNotEscaped(NotEscaped):
    """Writes the quotes in Requires-Python as they are."""

    caught_by = ("security.html.requires-python",)
    pattern = rb'(?<=data-requires-python=")[^"]*&#34;[^"]*'


class YankQuotesNotEscaped(NotEscaped):
    """Writes the quotes in the reason of a yank as they are."""

    caught_by = ("security.html.yank-reason",)
    pattern = rb'(?<=data-yanked=")[^"]*&#34;/on[^"]*'


class StatusQuotesNotEscaped(NotEscaped):
    """Writes the quotes in the reason of a project's status as they are."""

    caught_by = ("security.html.status-reason",)
    pattern = rb'(?<=status-reason" content=")[^"]*&#34;/on[^"]*'


class FilenamesNotEscaped(NotEscaped):
    """Takes file names with any characters, and writes them as they are."""

    caught_by = ("security.html.filename",)
    pattern = rb'(?<=">)[^<>]*&(lt|#34|#39);[^<>]*(?=</a>)'

    def rules(self, rules: Rules) -> Rules:
        return waved_through(rules, lambda filename, *_said: re.search("[<>'\"]", filename) is not None)


class OddFilenamesFail(Fault):
    """Fails on a file name with an apostrophe."""

    caught_by = ("security.html.filename",)

    def handle(self, request: Request) -> Response | None:
        fails = request.endpoint == "upload" and re.search(rb"filename=\"[^\"]*'", body_of(request))
        return Response(status=500) if fails else None


class JSONByHand(Fault):
    """Writes Requires-Python into JSON between two quotes, as it is."""

    caught_by = ("security.json.injection",)

    def rendered(self, body: bytes) -> bytes:
        pattern = rb'(?<="requires-python":")(?:[^"\\]|\\.)*'
        return re.sub(pattern, lambda match: re.sub(rb'\\(["\\])', rb"\1", match[0]), body)


class BackslashesNotEscaped(Fault):
    """Escapes quotes in JSON, and not the backslashes before them."""

    caught_by = ("security.json.injection",)

    def rendered(self, body: bytes) -> bytes:
        return body.replace(rb"\\", b"\\") if body.startswith(b"{") else body


class FieldsInHeaders(Fault):
    """Says in a header field of a refusal which version was refused, line breaks included."""

    caught_by = ("security.header.injection",)

    def handle(self, request: Request) -> Response | None:
        if request.endpoint == "upload":
            body_of(request)
            self._version = b"".join(values_of(request, "version")).decode(errors="replace")
        return None

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "upload" and response.status_code == 400:
            _break_lines(response, self._version)
        return response


class QueriesInHeaders(Fault):
    """Decodes the query that a redirect keeps, line breaks included."""

    caught_by = ("security.header.injection",)

    def respond(self, request: Request, response: Response) -> Response:
        if response.status_code == 301:
            _break_lines(response, unquote(request.query_string.decode("latin-1")))
        return response


def _break_lines(response: Response, value: str) -> None:
    """Add the header fields that begin where a value has a line break."""
    for name, said in LINE_BREAK.findall(value):
        response.headers[name] = said
