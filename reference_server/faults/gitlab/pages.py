"""Faults in the contents of a project's page."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from werkzeug import Response

from reference_server.faults.fault import Fault
from reference_server.rendering.html import CONTENT_TYPE

if TYPE_CHECKING:
    from reference_server.http.request import Request
    from reference_server.rendering.pages import ProjectPage
    from reference_server.rules import Rules


class PreReleasesHidden(Fault):
    """Omits pre-releases from the page."""

    caught_by = (
        "gitlab.upload.versions-of-one-project",
        "gitlab.version.pre-release",
        "gitlab.version.dev-release",
        "gitlab.version.all-parts",
        "gitlab.version.accepts-every-match",
        "gitlab.name.separators-equal",
        "gitlab.name.runs-collapsed",
        "gitlab.name.case-ignored",
        "gitlab.name.every-spelling-one-page",
        "gitlab.page.lists-exactly-the-uploads",
        "gitlab.page.requires-python",
        "gitlab.page.hash",
        "clients.pip.pre-release",
    )

    def rules(self, rules: Rules) -> Rules:
        return replace(
            rules, lists=lambda file: not re.search(r"(a|b|rc|dev)\d", file.filename.split("-")[1])
        )


class PageKeptFromFirstRequest(Fault):
    """Serves every page as it was at the first request: no upload invalidates its cache."""

    caught_by = (
        "gitlab.upload.sdist",
        "gitlab.upload.files-of-one-version",
        "gitlab.upload.versions-of-one-project",
        "gitlab.file.bytes-exact",
        "gitlab.name.separators-equal",
        "gitlab.name.runs-collapsed",
        "gitlab.name.case-ignored",
        "gitlab.name.every-spelling-one-page",
        "gitlab.page.lists-exactly-the-uploads",
        "gitlab.page.requires-python",
        "gitlab.page.hash",
        "clients.pip.latest",
        "clients.pip.pre-release",
        "clients.pip.name-with-dot",
        "clients.pip.name-with-underscore",
        "clients.pip.name-with-run",
        "clients.pip.read-api-token",
        "clients.pip.deploy-token",
        "clients.pip.job-token",
    )

    def __init__(self) -> None:
        self._pages: dict[str, ProjectPage] = {}

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return self._pages.setdefault(page.name, page)


class FileListedTwice(Fault):
    """Lists a file twice, as an index without a unique key does."""

    caught_by = ("gitlab.page.lists-exactly-the-uploads",)

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return page.plus(page.files[0])


class FileThatIsNotThere(Fault):
    """Lists a file that was never uploaded, as a mirror that has lost one does."""

    caught_by = (
        "gitlab.page.lists-exactly-the-uploads",
        "gitlab.page.requires-python",
        "gitlab.page.hash",
        "gitlab.page.links-work",
    )

    def project_page(self, page: ProjectPage) -> ProjectPage:
        lost = page.files[0]
        return page.plus(replace(lost, filename=f"lost_{lost.filename}", url=f"{lost.url}.lost"))


class EmptyPageForUnknownProjects(Fault):
    """Answers 200 with an empty page for a project that does not exist."""

    caught_by = ("gitlab.page.absent-project-not-found",)

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "project_page" and b"Package Not Found" in response.data:
            return Response("<!DOCTYPE html><title>Links</title>", content_type=CONTENT_TYPE)
        return response


class UnknownProjectsForwarded(Fault):
    """Redirects requests for unknown projects to another index, as GitLab does by default."""

    caught_by = ("gitlab.page.absent-project-not-found",)

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "project_page" and b"Package Not Found" in response.data:
            return Response(status=302, headers={"Location": "../"})
        return response


class RequiresPythonLeftOut(Fault):
    """Omits Requires-Python, as Nexus once did."""

    incident = "nexus-public #49"
    caught_by = ("gitlab.page.requires-python",)

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return page.each(lambda file: replace(file, requires_python=None))


class RequiresPythonEmpty(Fault):
    """Writes an empty `data-requires-python` if a file has no Requires-Python, as GitLab does."""

    caught_by = ("gitlab.page.requires-python",)

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return page.each(lambda file: replace(file, requires_python=file.requires_python or ""))


class RequiresPythonEscapedTwice(Fault):
    """Escapes `data-requires-python` twice, so that it reads `&gt;=3.8`."""

    caught_by = ("gitlab.page.requires-python",)

    def rendered(self, body: bytes) -> bytes:
        return body.replace(b"&gt;", b"&amp;gt;").replace(b"&lt;", b"&amp;lt;")


class RequiresPythonOfTheLastFile(Fault):
    """Lists every file with the Requires-Python of the last one."""

    incident = "gitlab-org/gitlab #327722"
    caught_by = ("gitlab.page.requires-python", "clients.pip.requires-python")

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return page.each(lambda file: replace(file, requires_python=page.files[-1].requires_python))


class NoHashes(Fault):
    """Omits hashes from links, as pypicloud once did."""

    incident = "pypicloud #222"
    caught_by = ("gitlab.page.hash",)

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return page.each(lambda file: replace(file, hashes={}))


class HashesWithADash(Fault):
    """Writes `#sha256-…` instead of `#sha256=…`, as Gitea once did."""

    caught_by = ("gitlab.page.hash",)

    def rendered(self, body: bytes) -> bytes:
        return body.replace(b"#sha256=", b"#sha256-")
