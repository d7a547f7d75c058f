"""Faults in the lists of the REST API: their pages, their order, their parameters."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from werkzeug.datastructures import ImmutableMultiDict

from reference_server.app.handlers.rest import ORDERS, PACKAGE_TYPES, SORTS
from reference_server.faults.building.responses import ChangesHeaders
from reference_server.faults.fault import Fault
from reference_server.faults.gitlab.rest import IgnoresParameter

if TYPE_CHECKING:
    from werkzeug import Response

    from reference_server.http.request import Request


class ListsWithoutTotal(ChangesHeaders):
    """Omits the number of items, and of pages, from lists."""

    caught_by = ("gitlab.rest.page-headers",)
    acts_on = ("packages",)
    removes = ("X-Total", "X-Total-Pages")


class ListsWithoutLinks(ChangesHeaders):
    """Omits Link from lists."""

    caught_by = ("gitlab.rest.page-headers",)
    acts_on = ("packages",)
    removes = ("Link",)


class LinksWithoutEnd(Fault):
    """Leaves out the last quote of each relation in Link."""

    caught_by = ("gitlab.rest.page-headers",)
    acts_on = ("packages",)

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "packages" and "Link" in response.headers:
            response.headers["Link"] = re.sub(r'rel="(\w+)"', r'rel="\1', response.headers["Link"])
        return response


class LinksForgetTheQuery(Fault):
    """Leaves the name that is asked for out of the URLs in Link, which lead through all packages."""

    caught_by = ("gitlab.rest.page-headers",)
    acts_on = ("packages",)

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "packages" and "Link" in response.headers:
            response.headers["Link"] = re.sub(r"package_name=[^&>]*&?", "", response.headers["Link"])
        return response


class PagesOfAnySize(Fault):
    """Lets a page of a list have as many items as `per_page` says."""

    caught_by = ("gitlab.rest.page-headers",)
    acts_on = ("packages",)

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "packages" and "per_page" in request.args and response.status_code == 200:
            response.headers["X-Per-Page"] = request.args["per_page"]
        return response


class OrderIgnored(IgnoresParameter):
    """Ignores `order_by`, and lists packages by their age."""

    caught_by = ("gitlab.rest.order", "gitlab.rest.invalid-parameters")
    parameter = "order_by"


class SortIgnored(IgnoresParameter):
    """Ignores `sort`, and lists packages in ascending order."""

    caught_by = ("gitlab.rest.order", "gitlab.rest.invalid-parameters")
    parameter = "sort"


class InvalidParametersIgnored(Fault):
    """Ignores parameters of lists whose values it does not know."""

    caught_by = ("gitlab.rest.invalid-parameters",)
    acts_on = ("packages",)

    def handle(self, request: Request) -> Response | None:
        known = {"package_type": PACKAGE_TYPES, "order_by": ORDERS, "sort": SORTS}
        if request.endpoint == "packages":
            request.args = ImmutableMultiDict(
                (name, value)
                for name, value in request.args.items(multi=True)
                if (name not in known or value in known[name])
                and (name not in {"page", "per_page"} or value.isdecimal())
            )
        return None


class OnlyNpmIsAnotherType(IgnoresParameter):
    """Ignores `package_type` unless it is npm."""

    caught_by = ("gitlab.rest.filters-by-type", "gitlab.rest.invalid-parameters")
    parameter = "package_type"

    def handle(self, request: Request) -> Response | None:
        return None if request.args.get("package_type") == "npm" else super().handle(request)
