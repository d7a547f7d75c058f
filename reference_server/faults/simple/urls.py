"""Faults in the names and URLs of pages."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from werkzeug import Response

from reference_server.faults.building.requests import gitlab_project_of
from reference_server.faults.building.routes import PAGES
from reference_server.faults.fault import Fault
from reference_server.http.json_responses import refusal
from reference_server.model.errors import PackageNotFoundError, RegistryError
from reference_server.rendering.pages import ProjectLink

if TYPE_CHECKING:
    from reference_server.http.request import Request
    from reference_server.rendering.pages import ProjectPage, RootPage
    from reference_server.rules import Rules


def lacks_slash(request: Request) -> bool:
    """Tell whether a page is asked for without the slash at the end of its URL."""
    return request.endpoint in PAGES and not request.routed_path.endswith("/")


def display_name_of(request: Request) -> str:
    """Give the spelling that a project was published under; that of the request where there is none."""
    name: str = request.arguments["name"]
    try:
        packages = request.registry.packages(gitlab_project_of(request), name=name)
    except RegistryError:
        return name
    return packages[0].name if packages else name


class LettersThatLookAlike(Fault):
    """Lists a project whose name begins with the Kelvin sign, which ignoring case takes for a `k`."""

    caught_by = ("simple.name.valid-charset",)

    def root_page(self, page: RootPage) -> RootPage:
        return page.plus(ProjectLink(name="\u212aelvin", url="%E2%84%AAelvin/"))


class SeparatorsReplacedOneByOne(Fault):
    """Knows a project with a run of separators by as many dashes, as older Gitea did."""

    caught_by = ("simple.name.normalization",)

    def handle(self, request: Request) -> Response | None:
        if request.endpoint != "project_page" or not re.search("[-_.]{2}", display_name_of(request)):
            return None
        return None if "--" in request.arguments["name"] else refusal(PackageNotFoundError())


class DisplayNamesInUrls(Fault):
    """Sends whoever asks for the normalized name to the name as it was published."""

    caught_by = ("simple.url.project-normalized",)

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, redirects_unnormalized=False)

    def handle(self, request: Request) -> Response | None:
        if request.endpoint != "project_page" or lacks_slash(request):
            return None
        asked, shown = request.arguments["name"], display_name_of(request)
        is_normalized = asked == request.registry.rules.normalize(asked)
        return (
            Response(status=301, headers={"Location": f"../{shown}/"})
            if is_normalized and shown != asked
            else None
        )


class RunsOfSeparatorsFail(Fault):
    """Fails by itself when a name has two separators in a row."""

    caught_by = (
        "simple.url.variants-same-project",
        "gitlab.name.runs-collapsed",
        "gitlab.name.every-spelling-one-page",
    )

    def handle(self, request: Request) -> Response | None:
        fails = request.endpoint == "project_page" and re.search("[-_.]{2}", request.arguments["name"])
        return Response("500 Internal Server Error", status=500) if fails else None


class SlashlessPagesServed(Fault):
    """Answers without the slash, where relative links lead one level too high."""

    incident = "uv #1388"
    caught_by = (
        "simple.url.trailing-slash",
        "simple.url.redirect-adds-slash",
        "simple.url.relative-or-absolute",
    )

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, redirects_slashless=False)


class SlashlessPagesNotFound(Fault):
    """Knows no page by its URL without the slash."""

    caught_by = ("simple.url.redirect-adds-slash",)

    def handle(self, request: Request) -> Response | None:
        return refusal(PackageNotFoundError()) if lacks_slash(request) else None


class SlashRedirectsLoseThePort(Fault):
    """Adds the slash by an absolute URL without the port, as behind a careless proxy."""

    incident = "pip #11640"
    caught_by = ("simple.url.redirect-keeps-origin", "http.absolute-links-proxy")

    def respond(self, request: Request, response: Response) -> Response:
        if lacks_slash(request) and "Location" in response.headers:
            absolute = urljoin(request.url, response.headers["Location"])
            response.headers["Location"] = absolute.replace(request.host, request.host.partition(":")[0])
        return response


class RedirectsLoseTheQuery(Fault):
    """Adds the slash and drops the query, as most frameworks do."""

    caught_by = ("simple.url.redirect-keeps-query",)

    def respond(self, request: Request, response: Response) -> Response:
        if lacks_slash(request) and "Location" in response.headers:
            response.headers["Location"] = response.headers["Location"].partition("?")[0]
        return response


class EncodedPlusNotFound(Fault):
    """Links to files with a plain `+`, and knows them by nothing else."""

    caught_by = ("simple.url.percent-encoding", "clients.pip.local-version")

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return page.each(lambda file: replace(file, url=file.url.replace("%2B", "+")))

    def handle(self, request: Request) -> Response | None:
        lost = request.endpoint == "file" and "%2b" in str(request.environ.get("REQUEST_URI", "")).lower()
        return refusal(PackageNotFoundError()) if lost else None
