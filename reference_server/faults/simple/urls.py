"""Faults in the names and URLs of pages."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from werkzeug import Response

from reference_server.faults.building.requests import PAGES, gitlab_project_of
from reference_server.faults.fault import Fault
from reference_server.http.json_responses import refusal
from reference_server.model.errors import PackageNotFoundError, RegistryError
from reference_server.rendering.pages import ProjectLink

if TYPE_CHECKING:
    from reference_server.http.request import Request
    from reference_server.rendering.pages import ProjectPage, RootPage
    from reference_server.rules import Rules


def lacks_slash(request: Request) -> bool:
    """Whether the URL of a page lacks its trailing slash."""
    return request.endpoint in PAGES and not request.routed_path.endswith("/")


def display_name_of(request: Request) -> str:
    """Return the name as it was published, or the requested spelling of an absent project."""
    name: str = request.arguments["name"]
    try:
        packages = request.registry.packages(gitlab_project_of(request), name=name)
    except RegistryError:
        return name
    return packages[0].name if packages else name


class LettersThatLookAlike(Fault):
    """Lists a project whose name begins with the Kelvin sign, which lower-cases to `k`."""

    caught_by = ("simple.name.valid-charset",)

    def root_page(self, page: RootPage) -> RootPage:
        return page.plus(ProjectLink(name="\u212aelvin", url="%E2%84%AAelvin/"))


class SeparatorsReplacedOneByOne(Fault):
    """Normalizes a run of separators to as many dashes, as older Gitea did."""

    caught_by = ("simple.name.normalization",)

    def handle(self, request: Request) -> Response | None:
        if request.endpoint != "project_page" or not re.search("[-_.]{2}", display_name_of(request)):
            return None
        return None if "--" in request.arguments["name"] else refusal(PackageNotFoundError())


class DotsKeptInNames(Fault):
    """Finds a project with dots in the name of a file under no normalized name, as pypiserver once did."""

    incident = "pypiserver #139"
    caught_by = ("simple.name.normalization",)

    def handle(self, request: Request) -> Response | None:
        if request.endpoint != "project_page":
            return None
        packages = request.registry.packages(gitlab_project_of(request), name=request.arguments["name"])
        names = (file.filename.partition("-")[0] for package in packages for file in package.files)
        return refusal(PackageNotFoundError()) if any("." in name for name in names) else None


class DisplayNamesInUrls(Fault):
    """Redirects from the normalized name to the name as it was published."""

    caught_by = ("simple.url.project-normalized",)

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, redirects_unnormalized=False)

    def handle(self, request: Request) -> Response | None:
        if request.endpoint != "project_page":
            return None
        requested, published = request.arguments["name"], display_name_of(request)
        is_other = requested != published
        if lacks_slash(request):
            query = request.query_string.decode("latin-1")
            location = f"{published}/" + (f"?{query}" if query else "")
            return None if is_other else Response(status=301, headers={"Location": location})
        is_normalized = requested == request.registry.rules.normalize(requested)
        return (
            Response(status=301, headers={"Location": f"../{published}/"})
            if is_normalized and is_other
            else None
        )


class RunsOfSeparatorsFail(Fault):
    """Returns a server error for names with two separators in a row."""

    caught_by = (
        "simple.url.variants-same-project",
        "gitlab.name.runs-collapsed",
        "gitlab.name.every-spelling-one-page",
    )

    def handle(self, request: Request) -> Response | None:
        fails = request.endpoint == "project_page" and re.search("[-_.]{2}", request.arguments["name"])
        return Response("500 Internal Server Error", status=500) if fails else None


class SlashlessPagesServed(Fault):
    """Serves pages without a trailing slash, so that relative links lead one level too high."""

    incident = "uv #1388"
    caught_by = (
        "simple.url.trailing-slash",
        "simple.url.redirect-adds-slash",
        "simple.url.relative-or-absolute",
    )

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, redirects_slashless=False)


class PagesLinkedWithoutSlash(Fault):
    """Links pages from the list of projects by a query in place of their slash, and serves them there."""

    caught_by = ("simple.url.trailing-slash",)
    query = b"view=page"

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, redirects_slashless=False)

    def root_page(self, page: RootPage) -> RootPage:
        query = self.query.decode()
        return page.each(lambda each: replace(each, url=f"{each.url.removesuffix('/')}?{query}"))

    def handle(self, request: Request) -> Response | None:
        if not lacks_slash(request) or request.query_string == self.query:
            return None
        query = request.query_string.decode("latin-1")
        name = request.routed_path.rpartition("/")[2]
        return Response(status=301, headers={"Location": f"{name}/" + (f"?{query}" if query else "")})


class SlashlessPagesNotFound(Fault):
    """Answers 404 to the URL of a page without its trailing slash."""

    caught_by = ("simple.url.redirect-adds-slash",)

    def handle(self, request: Request) -> Response | None:
        return refusal(PackageNotFoundError()) if lacks_slash(request) else None


class SlashRedirectsLoseThePort(Fault):
    """Redirects to an absolute URL without the port, as behind a misconfigured proxy."""

    incident = "pip #11640"
    caught_by = ("simple.url.redirect-keeps-origin", "http.absolute-links-proxy")

    def respond(self, request: Request, response: Response) -> Response:
        if lacks_slash(request) and "Location" in response.headers:
            absolute = urljoin(request.url, response.headers["Location"])
            response.headers["Location"] = absolute.replace(request.host, request.host.partition(":")[0])
        return response


class RedirectsLoseTheQuery(Fault):
    """Drops the query when it redirects to the URL with a slash, as most frameworks do."""

    caught_by = ("simple.url.redirect-keeps-query",)

    def respond(self, request: Request, response: Response) -> Response:
        if lacks_slash(request) and "Location" in response.headers:
            response.headers["Location"] = response.headers["Location"].partition("?")[0]
        return response


class EncodedLettersNotFound(Fault):
    """Looks for the path as it was sent, so that an encoded hyphen or letter is another one."""

    caught_by = ("simple.url.unreserved",)

    def handle(self, request: Request) -> Response | None:
        sent = str(request.environ.get("REQUEST_URI", "")).partition("?")[0]
        is_encoded = re.search(r"%(2[DE]|5F|7E|3[0-9]|[46][1-9A-F]|[57][0-9A])", sent, re.IGNORECASE)
        is_read = request.endpoint in {"project_page", "file"}
        return refusal(PackageNotFoundError()) if is_read and is_encoded else None


class EncodedPlusNotFound(Fault):
    """Links to files with a plain `+`, and answers 404 to `%2B`."""

    caught_by = ("simple.url.percent-encoding", "clients.pip.local-version")

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return page.each(lambda file: replace(file, url=file.url.replace("%2B", "+")))

    def handle(self, request: Request) -> Response | None:
        lost = request.endpoint == "file" and "%2b" in str(request.environ.get("REQUEST_URI", "")).lower()
        return refusal(PackageNotFoundError()) if lost else None
