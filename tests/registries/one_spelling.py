"""Servers that know a project under one spelling only, and do everything else right."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from werkzeug import Response

from reference_server.faults import Fault
from reference_server.faults.simple.urls import display_name_of, lacks_slash
from reference_server.http.json_responses import refusal
from reference_server.model.errors import PackageNotFoundError

if TYPE_CHECKING:
    from reference_server.http.request import Request
    from reference_server.rendering.pages import RootPage
    from reference_server.rules import Rules


class KnownAsUploaded(Fault):
    """Knows a project under the spelling of its first upload, and lists it so."""

    def known(self, uploaded: str) -> str:
        """Return the spelling that is known."""
        return uploaded

    def otherwise(self, request: Request, known: str) -> Response | None:
        """Answer a request for another spelling."""
        del request, known
        return refusal(PackageNotFoundError())

    def rules(self, rules: Rules) -> Rules:
        return replace(
            rules, redirects_unnormalized=False, display_name=lambda packages: self.known(packages[0].name)
        )

    def root_page(self, page: RootPage) -> RootPage:
        return page.each(lambda project: replace(project, url=f"{project.name}/"))

    def handle(self, request: Request) -> Response | None:
        if request.endpoint != "project_page":
            return None
        known = self.known(display_name_of(request))
        if request.arguments["name"] != known:
            return self.otherwise(request, known)
        return _with_slash(request) if lacks_slash(request) else None


class KnownInLowerCase(KnownAsUploaded):
    """Knows a project in lower case, with the separators of its first upload."""

    def known(self, uploaded: str) -> str:
        return uploaded.lower()


class KnownWithUnderscores(KnownAsUploaded):
    """Knows a project as file names have it."""

    def known(self, uploaded: str) -> str:
        return re.sub(r"[-_.]+", "_", uploaded).lower()


class KnownByLink(KnownAsUploaded):
    """Knows a project by a spelling that only its list has: with a run of separators at a place of its own."""

    def known(self, uploaded: str) -> str:
        first, _, rest = uploaded.lower().partition("-" if "-" in uploaded else ".")
        return f"{first}_._{rest}"


class SentToTheUpload(KnownAsUploaded):
    """Redirects every other spelling of a project to that of its first upload, by a relative link."""

    def otherwise(self, request: Request, known: str) -> Response | None:
        return Response(status=302, headers={"Location": f"{'' if lacks_slash(request) else '../'}{known}/"})


def _with_slash(request: Request) -> Response:
    query = request.query_string.decode()
    location = f"{request.arguments['name']}/" + (f"?{query}" if query else "")
    return Response(status=301, headers={"Location": location})
