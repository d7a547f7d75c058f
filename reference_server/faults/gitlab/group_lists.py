"""Faults in a group's list of packages in GitLab's own API."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

from werkzeug.datastructures import ImmutableMultiDict

from reference_server.faults.building.responses import ChangesHeaders
from reference_server.faults.fault import Fault
from reference_server.faults.gitlab.rest import IgnoresParameter
from reference_server.http.json_responses import refusal
from reference_server.model import Credentials
from reference_server.model.errors import NotFoundError
from reference_server.rules.ready_made import PASSWORD

if TYPE_CHECKING:
    from werkzeug import Response

    from reference_server.http.request import Request

LIST = "group_packages"


class GroupListAbsent(Fault):
    """Has no list of a group's packages."""

    caught_by = ("gitlab.group.packages",)

    def handle(self, request: Request) -> Response | None:
        return refusal(NotFoundError()) if request.endpoint == LIST else None


class SubgroupsLeftOutOfLists(Fault):
    """Lists the packages of a group without those of its subgroups."""

    caught_by = ("gitlab.group.packages",)

    def handle(self, request: Request) -> Response | None:
        if request.endpoint == LIST:
            request.args = ImmutableMultiDict(
                [*request.args.items(multi=True), ("exclude_subgroups", "true")]
            )
        return None


class ExcludeSubgroupsIgnored(IgnoresParameter):
    """Ignores `exclude_subgroups`, and lists the packages of subgroups, too."""

    caught_by = ("gitlab.group.packages-without-subgroups",)
    parameter, endpoint = "exclude_subgroups", LIST


class ListsOfSubgroupsEmpty(Fault):
    """Takes the GitLab projects of a group's own for those with one folder in their path: a subgroup has none."""

    caught_by = ("gitlab.group.packages-without-subgroups",)

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == LIST and "/" in _group_of(request) and "exclude_subgroups" in request.args:
            response.data = b"[]"
        return response


class SubgroupListsItsGroup(Fault):
    """Lists the packages of the group above for a subgroup."""

    caught_by = ("gitlab.group.packages", "gitlab.group.packages-without-subgroups")

    def handle(self, request: Request) -> Response | None:
        if request.endpoint == LIST and "/" in _group_of(request):
            request.arguments = {**request.arguments, "group": _group_of(request).partition("/")[0]}
        return None


def _group_of(request: Request) -> str:
    """Return the group of a list, as it is named in the URL."""
    return unquote(str(request.arguments["group"]))


class GroupListOpenToEveryone(Fault):
    """Lists the packages of a group's private GitLab projects to every caller."""

    caught_by = ("gitlab.group.packages-of-readable-only",)

    def handle(self, request: Request) -> Response | None:
        if request.endpoint == LIST:
            request.credentials = Credentials(private_token=PASSWORD)
        return None


class GroupListNameFilterIgnored(IgnoresParameter):
    """Ignores `package_name` in a group's list."""

    caught_by = ("gitlab.rest.filters-by-name", "gitlab.rest.page-headers")
    parameter, endpoint = "package_name", LIST


class GroupListTypeFilterIgnored(IgnoresParameter):
    """Ignores `package_type` in a group's list."""

    caught_by = ("gitlab.rest.filters-by-type", "gitlab.rest.invalid-parameters")
    parameter, endpoint = "package_type", LIST


class GroupListSortIgnored(IgnoresParameter):
    """Ignores `sort` in a group's list, and lists packages in ascending order."""

    caught_by = ("gitlab.rest.order", "gitlab.rest.invalid-parameters")
    parameter, endpoint = "sort", LIST


class GroupListWithoutTotal(ChangesHeaders):
    """Omits the number of items, and of pages, from a group's list."""

    caught_by = ("gitlab.rest.page-headers",)
    acts_on = (LIST,)
    removes = ("X-Total", "X-Total-Pages")
