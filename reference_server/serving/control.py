"""The control API, which switches faults while the server runs.

`/-/reference/faults` needs a personal access token of a Maintainer of GitLab project 1. `GET` lists the active
faults, `PUT` with a JSON array activates exactly these, and `DELETE` deactivates all. An element is a text
(`"truncated-downloads,first=2"`) or an object (`{"name": "truncated-downloads", "first": 2}`).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from werkzeug.exceptions import MethodNotAllowed

from reference_server.faults import FaultOptionError, UnknownFaultError, switch_from_table, switch_from_text
from reference_server.http.json_responses import json_answer, refusal, router_refusal
from reference_server.model import Action
from reference_server.model.errors import FieldError, FileTooLargeError, RegistryError

if TYPE_CHECKING:
    from werkzeug import Response

    from reference_server.faults import Switch, Switchboard
    from reference_server.http.request import Request
    from reference_server.rules.registry import Registry

PATH = "/-/reference/faults"
GUARD = "1"  # the GitLab project whose Maintainers may switch faults
MAX_BODY = 1024 * 1024  # bytes
MAX_FAULTS = 1000


class FaultsInvalidError(FieldError):
    """The list of faults is invalid."""

    def __init__(self, why: object) -> None:
        super().__init__(f"faults: {why}")


def control(request: Request, registry: Registry, switchboard: Switchboard) -> Response:
    """Answer a request of the control API. Faults never apply to it."""
    try:
        registry.authorize(
            registry.identify(request.credentials), registry.gitlab_project(GUARD), Action.MANAGE
        )
        if request.method == "PUT":
            switchboard.put(_switches(request))
        elif request.method == "DELETE":
            switchboard.put(())
        elif request.method not in {"GET", "HEAD"}:
            return router_refusal(MethodNotAllowed(["GET", "PUT", "DELETE"]))
    except RegistryError as error:
        return refusal(error)
    return json_answer([switch.as_json() for switch in switchboard.switches()])


def _switches(request: Request) -> list[Switch]:
    body = request.body.read(MAX_BODY + 1)
    if len(body) > MAX_BODY:
        raise FileTooLargeError
    try:
        items = json.loads(body)
        if not isinstance(items, list):
            raise FaultsInvalidError("not a JSON array")
        if len(items) > MAX_FAULTS:
            raise FaultsInvalidError(f"more than {MAX_FAULTS}")
        return [
            switch_from_text(item) if isinstance(item, str) else switch_from_table(dict(item))
            for item in items
        ]
    except RecursionError as error:
        raise FaultsInvalidError("the JSON is too deep") from error
    except (UnknownFaultError, FaultOptionError, ValueError, TypeError) as error:
        raise FaultsInvalidError(error) from error
