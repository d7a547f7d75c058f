"""Faults in which release describes a project, and in what is said of a release."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from packaging.metadata import parse_email
from packaging.version import Version

from reference_server.faults.building.descriptions import (
    DESCRIPTIONS,
    PROJECT,
    RELEASE,
    ChangesDescriptions,
    DescribesAnother,
)
from reference_server.faults.building.request_notes import NotesRequests
from reference_server.faults.building.requests import gitlab_project_of
from reference_server.faults.fault import Fault
from reference_server.http.json_responses import json_answer, refusal
from reference_server.model.errors import PackageNotFoundError
from reference_server.model.grammar import version_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from werkzeug import Response

    from reference_server.http.request import Request

Releases = dict[str, list[dict[str, Any]]]


class PreReleaseIsTheLatest(DescribesAnother):
    """Describes a project by its newest version, pre-release or not, as Pulp does."""

    caught_by = ("jsonapi.latest.version",)

    def choose(self, releases: Releases) -> str:
        return max(_not_yanked(releases) or releases, key=Version)


class LatestByText(DescribesAnother):
    """Sorts versions as texts: 1.9 is after 1.10."""

    caught_by = ("jsonapi.latest.version", "jsonapi.latest.yanked")

    def choose(self, releases: Releases) -> str:
        kept = _not_yanked(releases) or list(releases)
        return max(_final(kept) or kept)


class LatestOfPreReleasesByText(DescribesAnother):
    """Sorts the versions of a project of pre-releases as texts."""

    caught_by = ("jsonapi.latest.version",)

    def choose(self, releases: Releases) -> str:
        kept = _not_yanked(releases) or list(releases)
        return max(_final(kept), key=Version, default="") or max(kept)


class YankedIsTheLatest(DescribesAnother):
    """Describes a project by its newest version, yanked or not."""

    caught_by = ("jsonapi.latest.yanked",)

    def choose(self, releases: Releases) -> str:
        return max(_final(releases) or releases, key=Version)


class AllYankedIsNotFound(Fault):
    """Answers 404 for a project whose releases are all yanked."""

    incident = "warehouse #8966"
    caught_by = ("jsonapi.latest.yanked",)
    acts_on = (PROJECT,)

    def respond(self, request: Request, response: Response) -> Response:
        is_described = request.endpoint == PROJECT and response.status_code == 200
        if is_described and b'"yanked": false' not in response.get_data():
            return refusal(PackageNotFoundError())
        return response


class YankedDescriptionsFail(Fault):
    """Answers with a server error instead of the description of a yanked release."""

    caught_by = ("jsonapi.project.every-state",)
    acts_on = DESCRIPTIONS

    def respond(self, request: Request, response: Response) -> Response:
        is_described = request.endpoint in DESCRIPTIONS and response.status_code == 200
        is_yanked = is_described and json.loads(response.get_data())["info"]["yanked"]
        return json_answer({"message": "500 Internal Server Error"}, status=500) if is_yanked else response


class PreReleaseDescriptionsFail(Fault):
    """Answers with a server error for a project without a final release."""

    caught_by = ("jsonapi.project.every-state",)
    acts_on = (PROJECT,)

    def respond(self, request: Request, response: Response) -> Response:
        is_described = request.endpoint == PROJECT and response.status_code == 200
        if is_described and Version(json.loads(response.get_data())["info"]["version"]).is_prerelease:
            return json_answer({"message": "500 Internal Server Error"}, status=500)
        return response


class ReleasesInReleases(ChangesDescriptions):
    """Keeps `releases` in the description of a release."""

    caught_by = ("jsonapi.release.without-releases",)
    acts_on = (RELEASE,)

    def change(self, document: dict[str, Any]) -> None:
        document["releases"] = {document["info"]["version"]: document["urls"]}


class InfoWithoutAKey(ChangesDescriptions):
    """Leaves `docs_url` out of `info`, which is always null."""

    caught_by = ("jsonapi.info.keys",)

    def change(self, document: dict[str, Any]) -> None:
        del document["info"]["docs_url"]


class NoClassifiersAreNull(ChangesDescriptions):
    """Writes null in place of an empty list of classifiers, as Pulp does."""

    caught_by = ("jsonapi.info.keys",)

    def change(self, document: dict[str, Any]) -> None:
        document["info"]["classifiers"] = document["info"]["classifiers"] or None


class AbsentIsUnknown(ChangesDescriptions):
    """Writes "UNKNOWN" for what the metadata does not have, as setuptools once did."""

    caught_by = ("jsonapi.info.metadata",)

    def change(self, document: dict[str, Any]) -> None:
        document["info"] |= {
            key: document["info"][key] or "UNKNOWN" for key in ("author", "home_page", "license")
        }


class DescriptionsCut(ChangesDescriptions):
    """Keeps 1000 characters of a long description, as a short column does."""

    caught_by = ("jsonapi.info.metadata",)

    def change(self, document: dict[str, Any]) -> None:
        document["info"]["description"] = (document["info"]["description"] or "")[:1000]


class ProjectUrlsAsLabels(ChangesDescriptions):
    """Writes the whole line of a project's URL for each label."""

    caught_by = ("jsonapi.info.metadata",)

    def change(self, document: dict[str, Any]) -> None:
        urls = document["info"]["project_urls"] or {}
        document["info"]["project_urls"] = {label: f"{label}, {url}" for label, url in urls.items()} or None


class RequirementsOfExtrasLost(ChangesDescriptions):
    """Leaves the requirements of extras out of `requires_dist`."""

    caught_by = ("jsonapi.info.metadata",)

    def change(self, document: dict[str, Any]) -> None:
        stated = document["info"]["requires_dist"] or ()
        document["info"]["requires_dist"] = [each for each in stated if "extra ==" not in each] or None


class LicenseExpressionLost(ChangesDescriptions):
    """Reads the field `License` alone."""

    caught_by = ("jsonapi.info.license",)

    def change(self, document: dict[str, Any]) -> None:
        document["info"]["license_expression"] = None


class OneLicenseFile(ChangesDescriptions):
    """Keeps the first of several license files."""

    caught_by = ("jsonapi.info.license",)

    def change(self, document: dict[str, Any]) -> None:
        document["info"]["license_files"] = (document["info"]["license_files"] or [])[:1] or None


class LastUploadDescribes(NotesRequests["str"]):
    """Describes a release by the summary of the file that was uploaded last, if it has a metadata file."""

    caught_by = ("jsonapi.info.first-upload",)
    acts_on = DESCRIPTIONS

    def note(self, request: Request) -> str:
        if request.endpoint != RELEASE:
            return ""
        wanted = version_key(request.arguments["version"])
        packages = request.registry.packages(gitlab_project_of(request), name=request.arguments["name"])
        last = [each.files[-1] for each in packages if each.files and version_key(each.version) == wanted]
        documents = [file.core_metadata.document for file in last if file.core_metadata]
        return next((parse_email(each)[0].get("summary", "") for each in documents), "")

    def respond(self, request: Request, response: Response) -> Response:
        if (summary := self.noted(request)) and response.status_code == 200:
            _Summary(summary).respond(request, response)
        return response


class _Summary(ChangesDescriptions):
    """States another summary."""

    def __init__(self, summary: str) -> None:
        self._summary = summary

    def change(self, document: dict[str, Any]) -> None:
        document["info"]["summary"] = self._summary


class PagesOfProjectsRelative(ChangesDescriptions):
    """Writes the URLs of pages without the host."""

    caught_by = ("jsonapi.info.pages",)

    def change(self, document: dict[str, Any]) -> None:
        info = document["info"]
        path = f"/project/{info['name']}/"
        info |= {"package_url": path, "project_url": path, "release_url": f"{path}{info['version']}/"}


class ReleaseUrlOfTheProject(ChangesDescriptions):
    """States the page of the project as that of the release."""

    caught_by = ("jsonapi.info.pages",)

    def change(self, document: dict[str, Any]) -> None:
        document["info"]["release_url"] = document["info"]["project_url"]


class YankOfReleasesLost(ChangesDescriptions):
    """Says of no release that it is yanked."""

    caught_by = ("jsonapi.info.yanked",)

    def change(self, document: dict[str, Any]) -> None:
        document["info"] |= {"yanked": False, "yanked_reason": None}


class YankReasonOfReleasesLost(ChangesDescriptions):
    """Says that a release is yanked, and never why."""

    caught_by = ("jsonapi.info.yanked",)

    def change(self, document: dict[str, Any]) -> None:
        document["info"]["yanked_reason"] = None


def _not_yanked(releases: Mapping[str, Iterable[dict[str, Any]]]) -> list[str]:
    return [version for version, files in releases.items() if not all(file["yanked"] for file in files)]


def _final(versions: Iterable[str]) -> list[str]:
    return [version for version in versions if not Version(version).is_prerelease]
