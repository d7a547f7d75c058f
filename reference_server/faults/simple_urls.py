"""Faults in names, in the URLs of pages, and in what the root lists."""

from __future__ import annotations

import gzip
import re
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from werkzeug import Response

from reference_server.faults import Fault
from reference_server.faults.reading import gitlab_project_of
from reference_server.http.json_responses import refusal
from reference_server.model.errors import PackageNotFoundError, RegistryError
from reference_server.rendering.pages import ProjectLink
from reference_server.rules.negotiation import SIMPLE_JSON

if TYPE_CHECKING:
    from reference_server.http.request import Request
    from reference_server.rendering.pages import ProjectPage, RootPage
    from reference_server.rules import Rules

PAGES = frozenset({"root_page", "project_page"})


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


class SdistsUnpacked(Fault):
    """Sends the tar archive that is in an sdist, as a proxy does that takes gzip for an encoding."""

    caught_by = (
        "simple.file.bytes-exact",
        "simple.html.hash.correct",
        "simple.json.file.hashes.correct",
        "simple.json.file.size",
        "gitlab.file.bytes-exact",
        "clients.twine.bytes",
    )

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "file" and request.path.endswith(".tar.gz") and response.status_code == 200:
            response.data = gzip.decompress(response.data)
        return response


class EveryUploadListed(Fault):
    """Takes every upload of a file name, and lists them all."""

    caught_by = (
        "simple.file.immutable",
        "gitlab.duplicate.refused",
        "gitlab.duplicate.message",
        "gitlab.duplicate.other-content-refused",
        "clients.twine.duplicate-fails",
        "clients.twine.duplicate-message",
    )

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, duplicates="add")


class UnknownProjectsEmptyInJson(Fault):
    """Answers with an empty page, and in JSON only, for a project that is not there."""

    caught_by = ("simple.project.unknown-404", "simple.project.no-files", "http.errors-status")

    def respond(self, request: Request, response: Response) -> Response:
        wants_json = request.headers.get("Accept") == SIMPLE_JSON
        if request.endpoint == "project_page" and wants_json and b"Package Not Found" in response.data:
            body = f'{{"meta":{{"api-version":"1.4"}},"name":"{request.arguments["name"]}","versions":[],"files":[]}}'
            return Response(body, content_type=SIMPLE_JSON)
        return response


class EmptiedProjectsFail(Fault):
    """Fails by itself over a project that has had files and has none now."""

    caught_by = ("simple.project.no-files", "gitlab.rest.delete-package")

    def __init__(self) -> None:
        self._shown: set[tuple[str, str]] = set()

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint != "project_page":
            return response
        arguments = request.arguments
        project = (arguments["gitlab_project"], request.registry.rules.normalize(arguments["name"]))
        if response.status_code == 200:
            self._shown.add(project)
        elif b"Package Not Found" in response.data and project in self._shown:
            return Response("500 Internal Server Error", status=500)
        return response


class RootEndsEarly(Fault):
    """Lists the first two projects, as a list does whose second page nobody asks for."""

    caught_by = ("simple.root.lists-uploads",)

    def root_page(self, page: RootPage) -> RootPage:
        return replace(page, projects=page.projects[:2])


class InheritedProjectsInJson(Fault):
    """Lists the projects of another index too, and in JSON only."""

    caught_by = ("simple.root.agrees-across-types",)

    def rendered(self, body: bytes) -> bytes:
        return body.replace(b'"projects":[', b'"projects":[{"name":"inherited"},', 1)
