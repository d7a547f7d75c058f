"""Faults in the REST API."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from werkzeug import Response
from werkzeug.datastructures import ImmutableMultiDict

from reference_server.faults.fault import Fault
from reference_server.http.json_responses import refusal
from reference_server.model.errors import NotFoundError

if TYPE_CHECKING:
    from reference_server.http.request import Request
    from reference_server.model import PackageFile
    from reference_server.rules import Rules


class IgnoresParameter(Fault):
    """Does as if the list of packages were asked for without a parameter."""

    parameter: ClassVar[str]

    def handle(self, request: Request) -> Response | None:
        """Take the parameter out of the query."""
        if request.endpoint == "packages":
            kept = [pair for pair in request.args.items(multi=True) if pair[0] != self.parameter]
            request.args = ImmutableMultiDict(kept)
        return None


class TypeFilterIgnored(IgnoresParameter):
    """Lists packages of every type, whatever is asked for."""

    caught_by = ("gitlab.rest.filters-by-type",)
    parameter = "package_type"


class NameFilterIgnored(IgnoresParameter):
    """Lists packages of every name, whatever is asked for."""

    caught_by = (
        "gitlab.rest.filters-by-name",
        "gitlab.rest.pages",
        "gitlab.rest.delete-package",
        "gitlab.rest.delete-file",
        "gitlab.rest.delete-needs-role",
        "gitlab.rest.deleted-can-be-published-again",
    )
    parameter = "package_name"


class PerPageIgnored(IgnoresParameter):
    """Gives pages of twenty, whatever is asked for."""

    caught_by = ("gitlab.rest.pages",)
    parameter = "per_page"


class PageIgnored(IgnoresParameter):
    """Gives the first page, whatever is asked for."""

    caught_by = ("gitlab.rest.pages",)
    parameter = "page"


class SaysSomethingElse(Fault):
    """Says something else about each object of a route's answer."""

    endpoint: ClassVar[str]
    says: ClassVar[dict[str, Any]]

    def respond(self, request: Request, response: Response) -> Response:
        """Change the objects of the JSON array."""
        if request.endpoint == self.endpoint and response.status_code == 200:
            response.data = json.dumps([each | self.says for each in json.loads(response.data)]).encode()
        return response


class PackagesWithoutType(SaysSomethingElse):
    """Does not say that a package is one of PyPI's kind."""

    caught_by = ("gitlab.rest.lists-packages", "gitlab.rest.package")
    endpoint, says = "packages", {"package_type": None}


class FilesWithoutSha256(SaysSomethingElse):
    """Does not say the sha256 of a package's files."""

    caught_by = ("gitlab.rest.package-files",)
    endpoint, says = "package_files", {"file_sha256": None}


class OldestVersionOnly(Fault):
    """Lists a project's oldest version as its only package."""

    caught_by = ("gitlab.rest.lists-packages",)

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "packages" and response.status_code == 200:
            packages = {each["name"]: each for each in reversed(json.loads(response.data))}
            response.data = json.dumps(list(packages.values())).encode()
        return response


class PackagesNotFoundById(Fault):
    """Lists packages, and finds none by its id."""

    caught_by = ("gitlab.rest.package",)

    def handle(self, request: Request) -> Response | None:
        return refusal(NotFoundError()) if request.endpoint == "package" else None


class DeletedStays(Fault):
    """Says that something was deleted, and keeps it."""

    caught_by = (
        "gitlab.rest.delete-package",
        "gitlab.rest.delete-file",
        "gitlab.rest.deleted-can-be-published-again",
    )

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, forgets=lambda _file: False)


class DeletedIsHidden(Fault):
    """Takes what is deleted off its page, and goes on to give it to whoever knows the URL."""

    caught_by = ("gitlab.rest.delete-package", "gitlab.rest.deleted-can-be-published-again")

    def __init__(self) -> None:
        self._hidden: set[int] = set()

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, forgets=self._hide, lists=lambda file: file.id not in self._hidden)

    def _hide(self, file: PackageFile) -> bool:
        self._hidden.add(file.id)
        return False


class FilesDeletedTogether(Fault):
    """Deletes the whole package when one of its files is to go."""

    caught_by = ("gitlab.rest.delete-file",)

    def handle(self, request: Request) -> Response | None:
        if request.endpoint == "delete_package_file":
            request.endpoint = "delete_package"
            request.arguments = {
                name: value for name, value in request.arguments.items() if name != "file_id"
            }
        return None


class DeletedTwice(Fault):
    """Says that it has deleted a package that was not there."""

    caught_by = (
        "gitlab.rest.delete-absent-not-found",
        "gitlab.matrix.delete",
    )

    def respond(self, request: Request, response: Response) -> Response:
        absent = request.endpoint == "delete_package" and response.status_code == 404
        return Response(status=204) if absent else response


class FilenamesUsedOnce(Fault):
    """Never takes the file name of a deleted file again, as a public index does not."""

    caught_by = ("gitlab.rest.deleted-can-be-published-again",)

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, reopens_filenames=False)
