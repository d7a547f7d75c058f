"""Faults in where projects and releases are described, and in what is not described."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.version import InvalidVersion, Version
from werkzeug import Response

from reference_server.faults.building.descriptions import (
    DESCRIPTIONS,
    PROJECT,
    RELEASE,
    ChangesDescriptions,
    RefusesDescriptions,
)
from reference_server.faults.building.requests import gitlab_project_of
from reference_server.faults.building.responses import ChangesHeaders
from reference_server.faults.fault import Fault
from reference_server.http.json_responses import json_answer
from reference_server.model import Status
from reference_server.model.grammar import normalize

if TYPE_CHECKING:
    from typing import Any

    from reference_server.http.request import Request


class DescriptionsAsText(ChangesHeaders):
    """Sends descriptions as text/plain."""

    caught_by = ("jsonapi.project.served", "jsonapi.release.served")
    acts_on, statuses = DESCRIPTIONS, (200,)
    sets = ("Content-Type", "text/plain; charset=utf-8")


class DescriptionsWithAKeyTwice(Fault):
    """Writes the key `info` of a description twice."""

    caught_by = ("jsonapi.project.served", "jsonapi.release.served")
    acts_on = DESCRIPTIONS

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint in DESCRIPTIONS and response.status_code == 200:
            response.set_data(b'{"info": {}, ' + response.get_data().removeprefix(b"{"))
        return response


class ProjectsNotDescribed(RefusesDescriptions):
    """Describes releases, and no projects."""

    caught_by = ("jsonapi.project.served",)
    acts_on = (PROJECT,)

    def refuses(self, request: Request) -> bool:
        del request
        return True


class PreReleasesNotDescribed(RefusesDescriptions):
    """Has no description of pre-releases."""

    caught_by = ("jsonapi.release.served",)
    acts_on = (RELEASE,)

    def refuses(self, request: Request) -> bool:
        return _is_prerelease(request.arguments["version"])


class NormalizedVersionsOnly(RefusesDescriptions):
    """Finds a release by its normalized version alone."""

    caught_by = ("jsonapi.release.spelling",)
    acts_on = (RELEASE,)

    def refuses(self, request: Request) -> bool:
        return not _is_normalized(request.arguments["version"])


class NormalizedNamesOnly(RefusesDescriptions):
    """Describes a project under its normalized name alone, as Pulp looked up the name that was sent."""

    incident = "pulp_python #717"
    caught_by = ("jsonapi.name.spelling", "jsonapi.name.redirect")

    def refuses(self, request: Request) -> bool:
        return bool(request.arguments["name"] != normalize(request.arguments["name"]))


class DescriptionsWithoutSlashOnly(RefusesDescriptions):
    """Knows no URL of a description that ends with a slash."""

    caught_by = ("jsonapi.project.trailing-slash",)

    def refuses(self, request: Request) -> bool:
        return bool(request.path.endswith("/"))


class DescriptionsMovedForNow(Fault):
    """Redirects other spellings of a name with 302."""

    caught_by = ("jsonapi.name.redirect",)
    acts_on = DESCRIPTIONS

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint in DESCRIPTIONS and response.status_code == 301:
            response.status_code = 302
        return response


class RedirectsForgetTheVersion(Fault):
    """Redirects a release under another spelling of its name to the project."""

    caught_by = ("jsonapi.name.spelling", "jsonapi.name.redirect")
    acts_on = (RELEASE,)

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == RELEASE and response.status_code == 301:
            name = normalize(request.arguments["name"])
            up = "../" * (2 + request.path.endswith("/"))
            response.headers["Location"] = f"{up}{name}/json"
        return response


class RedirectsCountTheSlash(Fault):
    """Redirects other spellings of a name one folder too high where the URL ends with a slash."""

    caught_by = ("jsonapi.name.redirect",)
    acts_on = DESCRIPTIONS

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint in DESCRIPTIONS and response.status_code == 301 and request.path.endswith("/"):
            response.headers["Location"] = f"../{response.headers['Location']}"
        return response


class OtherSpellingsFail(Fault):
    """Answers with a server error in the JSON API for a name that is not normalized."""

    caught_by = ("jsonapi.name.spelling",)
    acts_on = DESCRIPTIONS

    def handle(self, request: Request) -> Response | None:
        name = request.arguments.get("name", "")
        is_other = request.endpoint in DESCRIPTIONS and name != normalize(name)
        return json_answer({"message": "500 Internal Server Error"}, status=500) if is_other else None


class UnknownDescriptionsFail(Fault):
    """Answers with a server error in the JSON API for a project or version that is not there."""

    caught_by = ("jsonapi.project.not-found", "jsonapi.project.quarantined")
    acts_on = DESCRIPTIONS

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint in DESCRIPTIONS and response.status_code == 404:
            return json_answer({"message": "500 Internal Server Error"}, status=500)
        return response


class UnknownDescribedAsEmpty(Fault):
    """Answers 200 with an empty object for a project or version that is not there."""

    caught_by = ("jsonapi.project.not-found", "jsonapi.project.quarantined")
    acts_on = DESCRIPTIONS

    def respond(self, request: Request, response: Response) -> Response:
        is_unknown = request.endpoint in DESCRIPTIONS and response.status_code == 404
        return json_answer({}) if is_unknown else response


class UnknownVersionIsTheLatest(Fault):
    """Redirects an unknown version to the description of its project."""

    caught_by = ("jsonapi.project.not-found",)
    acts_on = (RELEASE,)

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == RELEASE and response.status_code == 404:
            return Response(status=302, headers={"Location": "../json"})
        return response


class QuarantineIsDescribed(Fault):
    """Describes a project in quarantine, without its files."""

    caught_by = ("jsonapi.project.quarantined",)
    acts_on = DESCRIPTIONS

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint in DESCRIPTIONS and response.status_code == 404:
            name = request.arguments["name"]
            if request.registry.status(gitlab_project_of(request), name).status is Status.QUARANTINED:
                return json_answer({"info": {"name": name}, "releases": {}, "urls": []})
        return response


class VulnerabilitiesLeftOut(ChangesDescriptions):
    """Leaves `vulnerabilities` out of the descriptions of projects."""

    caught_by = ("jsonapi.project.keys",)
    acts_on = (PROJECT,)

    def change(self, document: dict[str, Any]) -> None:
        del document["vulnerabilities"]


class VulnerabilitiesOfReleasesNull(ChangesDescriptions):
    """Writes null for the vulnerabilities of a release that has none."""

    caught_by = ("jsonapi.release.served",)
    acts_on = (RELEASE,)

    def change(self, document: dict[str, Any]) -> None:
        document["vulnerabilities"] = None


class SerialAsText(ChangesDescriptions):
    """Writes `last_serial` as a text."""

    caught_by = ("jsonapi.project.keys", "jsonapi.release.served")

    def change(self, document: dict[str, Any]) -> None:
        document["last_serial"] = str(document["last_serial"])


class SerialBehindTheIndex(ChangesDescriptions):
    """States a smaller `last_serial` than the header and the simple page."""

    caught_by = ("jsonapi.serial",)

    def change(self, document: dict[str, Any]) -> None:
        document["last_serial"] -= 1


class SerialOfDescriptionsOutdated(Fault):
    """States the serial before the last change in a description and its header."""

    caught_by = ("jsonapi.serial",)
    acts_on = DESCRIPTIONS

    def respond(self, request: Request, response: Response) -> Response:
        serial = response.headers.get("X-PyPI-Last-Serial")
        if request.endpoint in DESCRIPTIONS and serial is not None and response.status_code == 200:
            response.headers["X-PyPI-Last-Serial"] = str(int(serial) - 1)
            stated = f'"last_serial": {serial}'.encode()
            response.set_data(
                response.get_data().replace(stated, f'"last_serial": {int(serial) - 1}'.encode())
            )
        return response


class OwnershipWithoutRoles(ChangesDescriptions):
    """States the organization of a project alone."""

    caught_by = ("jsonapi.project.ownership",)

    def change(self, document: dict[str, Any]) -> None:
        del document["ownership"]["roles"]


class MaintainersBeforeOwners(ChangesDescriptions):
    """Lists the maintainers of a project before its owners."""

    caught_by = ("jsonapi.project.ownership",)

    def change(self, document: dict[str, Any]) -> None:
        document["ownership"]["roles"].insert(0, {"role": "Maintainer", "user": "ann"})


class DescriptionsWithoutValidator(ChangesHeaders):
    """Sends descriptions without an ETag."""

    caught_by = ("jsonapi.conditional",)
    acts_on, removes = DESCRIPTIONS, ("ETag",)


class DescriptionsAlwaysSent(Fault):
    """Sends a description to a client that has it."""

    caught_by = ("jsonapi.conditional",)
    acts_on = DESCRIPTIONS

    def handle(self, request: Request) -> Response | None:
        if request.endpoint in DESCRIPTIONS:
            request.environ.pop("HTTP_IF_NONE_MATCH", None)
        return None


def _is_prerelease(version: str) -> bool:
    try:
        return Version(version).is_prerelease
    except InvalidVersion:
        return False


def _is_normalized(version: str) -> bool:
    try:
        return str(Version(version)) == version
    except InvalidVersion:
        return True
