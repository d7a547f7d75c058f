"""Faults in single packages and files of the REST API."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from werkzeug import Response

from reference_server.faults.building.request_notes import NotesRequests
from reference_server.faults.building.requests import gitlab_project_of
from reference_server.faults.building.upload_forms import text_of
from reference_server.faults.fault import Fault
from reference_server.faults.gitlab.rest import ReplacesValues
from reference_server.http.json_responses import refusal
from reference_server.model.errors import PackageNotFoundError

if TYPE_CHECKING:
    from reference_server.http.request import Request


class ReplacesValuesOfPackage(Fault):
    """Replaces values in the description of one package."""

    acts_on = ("package",)
    says: ClassVar[dict[str, Any]]

    def respond(self, request: Request, response: Response) -> Response:
        """Replace values in the object."""
        if request.endpoint == "package" and response.status_code == 200:
            package = json.loads(response.data)
            response.data = json.dumps(package | self.said_of(package)).encode()
        return response

    def said_of(self, package: dict[str, Any]) -> dict[str, Any]:
        """Return the values that replace those of a package."""
        del package
        return self.says


class PackagesWithoutLinks(ReplacesValuesOfPackage):
    """Omits the links of a package."""

    caught_by = ("gitlab.rest.links",)
    says: ClassVar = {"_links": {}}


class PackagesWithoutVersions(ReplacesValuesOfPackage):
    """Omits the other versions from the description of a package."""

    caught_by = ("gitlab.rest.versions",)
    says: ClassVar = {"versions": []}


class TimeOfPackagesAhead(ReplacesValuesOfPackage):
    """States the time of a package in the zone of the server's place, and the mark of UTC behind it."""

    caught_by = ("gitlab.rest.created-at",)

    def said_of(self, package: dict[str, Any]) -> dict[str, Any]:
        local = datetime.fromisoformat(package["created_at"]) + timedelta(hours=2)
        return {"created_at": local.strftime("%Y-%m-%dT%H:%M:%S.000Z")}


class TimeOfPackagesWithoutZone(ReplacesValuesOfPackage):
    """States the time of a package without an offset from UTC."""

    caught_by = ("gitlab.rest.created-at",)

    def said_of(self, package: dict[str, Any]) -> dict[str, Any]:
        return {"created_at": package["created_at"].rstrip("Z")}


class TimeOfFilesInNumbers(ReplacesValues):
    """States the time of package files as the seconds since 1970."""

    caught_by = ("gitlab.rest.created-at",)
    endpoint, says = "package_files", {"created_at": 1790000000}


class FilesWithoutPackage(ReplacesValues):
    """Omits the package from the description of its files."""

    caught_by = ("gitlab.rest.package-files",)
    endpoint, says = "package_files", {"package_id": None}


class OldestFileDeleted(Fault):
    """Deletes the oldest file of a package, whichever is named."""

    caught_by = ("gitlab.rest.delete-file", "gitlab.rest.delete-absent-file-not-found")
    acts_on = ("delete_package_file",)

    def handle(self, request: Request) -> Response | None:
        if request.endpoint == "delete_package_file":
            package = request.registry.package(gitlab_project_of(request), request.arguments["package_id"])
            request.arguments = {**request.arguments, "file_id": package.files[0].id}
        return None


class FilesDeletedThroughAnyPackage(Fault):
    """Deletes a file by its id, whichever package is named with it."""

    caught_by = ("gitlab.rest.delete-absent-file-not-found",)
    acts_on = ("delete_package_file",)

    def handle(self, request: Request) -> Response | None:
        if request.endpoint == "delete_package_file":
            for package in request.registry.packages(gitlab_project_of(request)):
                if any(file.id == request.arguments["file_id"] for file in package.files):
                    request.arguments = {**request.arguments, "package_id": package.id}
        return None


class AbsentFilesDeleted(Fault):
    """Reports the deletion of an absent file as done."""

    caught_by = ("gitlab.rest.delete-absent-file-not-found",)
    acts_on = ("delete_package_file",)

    def respond(self, request: Request, response: Response) -> Response:
        absent = request.endpoint == "delete_package_file" and response.status_code == 404
        return Response(status=204) if absent else response


class PackagesFoundAnywhere(Fault):
    """Finds a package by its id alone, whichever GitLab project is named with it."""

    caught_by = ("gitlab.rest.own-packages-only",)
    acts_on = ("package", "delete_package")

    def handle(self, request: Request) -> Response | None:
        if request.endpoint in self.acts_on:
            package = request.registry.store.package(request.arguments["package_id"])
            if package is not None:
                request.arguments = {**request.arguments, "gitlab_project": str(package.gitlab_project)}
        return None


class BytesDeletedForAll(NotesRequests[frozenset[str]]):
    """Keeps equal files once, and deletes their bytes with the first package that is deleted."""

    caught_by = ("gitlab.rest.delete-keeps-others",)
    acts_on = ("delete_package", "upload", "file")

    def __init__(self) -> None:
        self._deleted: frozenset[str] = frozenset()

    def note(self, request: Request) -> frozenset[str]:
        """Return the digests of the files that are deleted or uploaded."""
        if request.endpoint == "upload":
            return frozenset({text_of(request, "sha256_digest")})
        if request.endpoint != "delete_package":
            return frozenset()
        package = request.registry.store.package(request.arguments["package_id"])
        return frozenset(file.sha256 for file in package.files) if package else frozenset()

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "file" and request.arguments["sha256"] in self._deleted:
            return refusal(PackageNotFoundError())
        digests = self.noted(request) or frozenset()
        if request.endpoint == "delete_package" and response.status_code == 204:
            self._deleted |= digests
        elif request.endpoint == "upload":
            self._deleted -= digests
        return response


class VersionsDeletedByPrefix(NotesRequests[tuple[int, ...]]):
    """Deletes all versions of a project that begin with that of the package."""

    caught_by = ("gitlab.rest.delete-keeps-versions",)
    acts_on = ("delete_package",)

    def note(self, request: Request) -> tuple[int, ...]:
        """Return the ids of the versions that begin with the one to delete."""
        store = request.registry.store
        package = store.package(request.arguments["package_id"])
        if package is None:
            return ()
        others = request.registry.packages(gitlab_project_of(request), name=package.name)
        return tuple(each.id for each in others if each.version.startswith(package.version))

    def respond(self, request: Request, response: Response) -> Response:
        if response.status_code == 204:
            for package_id in self.noted(request) or ():
                request.registry.store.remove_package(package_id)
        return response
