"""Faults in the REST API."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from werkzeug import Response
from werkzeug.datastructures import ImmutableMultiDict

from reference_server.faults.building.requests import gitlab_project_of
from reference_server.faults.fault import Fault
from reference_server.http.json_responses import refusal
from reference_server.model.errors import NotFoundError

if TYPE_CHECKING:
    from reference_server.http.request import Request
    from reference_server.model import PackageFile
    from reference_server.rules import Rules


class IgnoresParameter(Fault):
    """Ignores a parameter of a list of packages."""

    parameter: ClassVar[str]
    endpoint: ClassVar[str] = "packages"

    def handle(self, request: Request) -> Response | None:
        """Remove the parameter from the query."""
        if request.endpoint == self.endpoint:
            kept = [pair for pair in request.args.items(multi=True) if pair[0] != self.parameter]
            request.args = ImmutableMultiDict(kept)
        return None


class TypeFilterIgnored(IgnoresParameter):
    """Ignores `package_type` and lists packages of every type."""

    caught_by = ("gitlab.rest.filters-by-type", "gitlab.rest.invalid-parameters")
    parameter = "package_type"


class NameFilterIgnored(IgnoresParameter):
    """Ignores `package_name` and lists packages of every name."""

    caught_by = (
        "gitlab.rest.filters-by-name",
        "gitlab.rest.pages",
        "gitlab.rest.page-headers",
    )
    parameter = "package_name"


class NameFilterExact(Fault):
    """Lists the packages whose whole name is `package_name`, and none whose name contains it."""

    caught_by = (
        "gitlab.rest.filters-by-name",
        "gitlab.rest.lists-packages",
        "gitlab.rest.order",
        "gitlab.rest.package",
        "gitlab.rest.package-files",
    )

    def handle(self, request: Request) -> Response | None:
        wanted = request.args.get("package_name")
        if request.endpoint == "packages" and wanted:
            packages = request.registry.packages(gitlab_project_of(request))
            if all(package.name != wanted for package in packages):
                request.args = ImmutableMultiDict({**request.args, "package_name": "?"})
        return None


class PerPageIgnored(IgnoresParameter):
    """Ignores `per_page` and returns pages of twenty."""

    caught_by = ("gitlab.rest.pages", "gitlab.rest.page-headers", "gitlab.rest.invalid-parameters")
    parameter = "per_page"


class PageIgnored(IgnoresParameter):
    """Ignores `page` and returns the first page."""

    caught_by = ("gitlab.rest.pages", "gitlab.rest.page-headers", "gitlab.rest.invalid-parameters")
    parameter = "page"


class ReplacesValues(Fault):
    """Replaces values in each object of a route's response."""

    endpoint: ClassVar[str]
    says: ClassVar[dict[str, Any]]

    def respond(self, request: Request, response: Response) -> Response:
        """Replace values in the objects of the array."""
        if request.endpoint == self.endpoint and response.status_code == 200:
            response.data = json.dumps([each | self.says for each in json.loads(response.data)]).encode()
        return response


class PackagesWithoutType(ReplacesValues):
    """Omits the type of packages."""

    caught_by = ("gitlab.rest.lists-packages", "gitlab.rest.package")
    endpoint, says = "packages", {"package_type": None}


class FilesWithoutSha256(ReplacesValues):
    """Omits the sha256 of package files."""

    caught_by = ("gitlab.rest.package-files",)
    endpoint, says = "package_files", {"file_sha256": None}


class OldestVersionOnly(Fault):
    """Lists only the oldest version of each project."""

    caught_by = ("gitlab.rest.lists-packages",)

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "packages" and response.status_code == 200:
            oldest: dict[str, Any] = {}
            for package in json.loads(response.data):
                oldest.setdefault(package["name"], package)
            response.data = json.dumps(list(oldest.values())).encode()
        return response


class PackagesNotFoundById(Fault):
    """Lists packages but finds none by its id."""

    caught_by = ("gitlab.rest.package",)

    def handle(self, request: Request) -> Response | None:
        return refusal(NotFoundError()) if request.endpoint == "package" else None


class DeletedStays(Fault):
    """Reports a deletion as done, and deletes nothing."""

    caught_by = (
        "gitlab.rest.delete-package",
        "gitlab.rest.delete-file",
        "gitlab.rest.deleted-can-be-published-again",
    )

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, forgets=lambda _file: False)


class DeletedIsHidden(Fault):
    """Removes deleted files from their page but still serves them."""

    caught_by = ("gitlab.rest.delete-package", "gitlab.rest.deleted-can-be-published-again")

    def __init__(self) -> None:
        self._hidden: set[int] = set()

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, forgets=self._hide, lists=lambda file: file.id not in self._hidden)

    def _hide(self, file: PackageFile) -> bool:
        self._hidden.add(file.id)
        return False


class FilesDeletedTogether(Fault):
    """Deletes the whole package instead of one of its files."""

    caught_by = ("gitlab.rest.delete-file", "gitlab.rest.delete-absent-file-not-found")

    def handle(self, request: Request) -> Response | None:
        if request.endpoint == "delete_package_file":
            request.endpoint = "delete_package"
            request.arguments = {
                name: value for name, value in request.arguments.items() if name != "file_id"
            }
        return None


class AbsentPackagesDeleted(Fault):
    """Reports the deletion of an absent package as done."""

    caught_by = (
        "gitlab.rest.delete-absent-not-found",
        "gitlab.matrix.delete",
    )

    def respond(self, request: Request, response: Response) -> Response:
        absent = request.endpoint == "delete_package" and response.status_code == 404
        return Response(status=204) if absent else response


class PackagesDeletedAgain(Fault):
    """Reports the deletion of a package that was deleted before as done."""

    caught_by = ("gitlab.rest.delete-absent-not-found",)
    acts_on = ("delete_package",)

    def __init__(self) -> None:
        self._deleted: set[str] = set()

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "delete_package" and response.status_code == 204:
            self._deleted.add(request.path)
        is_gone = response.status_code == 404 and request.path in self._deleted
        return Response(status=204) if is_gone and request.method == "DELETE" else response


class FilenamesUsedOnce(Fault):
    """Rejects the file name of a deleted file for ever, as a public index does."""

    caught_by = ("gitlab.rest.deleted-can-be-published-again",)

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, reopens_filenames=False)
