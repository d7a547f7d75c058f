"""The routes of the REST API that concern no single GitLab project."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound

from reference_server.app.handlers import account
from reference_server.app.handlers.account import AccountCall
from reference_server.app.routes import route_map
from reference_server.http.json_responses import options, refusal, router_refusal
from reference_server.model import Action
from reference_server.model.errors import RegistryError

if TYPE_CHECKING:
    from collections.abc import Callable

    from werkzeug import Response

    from reference_server.http.request import Request
    from reference_server.rules.registry import Registry

TOKENS = "/api/v4/personal_access_tokens"


@dataclass(frozen=True, slots=True)
class AccountRoute:
    """One route. The handler takes an `AccountCall` and the arguments in the path."""

    name: str
    method: str
    path: str
    handler: Callable[..., Response]


ROUTES = (
    AccountRoute("gitlab_projects", "GET", "/api/v4/projects", account.gitlab_projects),
    AccountRoute("create_gitlab_project", "POST", "/api/v4/projects", account.create_gitlab_project),
    AccountRoute("user", "GET", "/api/v4/user", account.user),
    AccountRoute("job", "GET", "/api/v4/job", account.job),
    AccountRoute("personal_access_tokens", "GET", TOKENS, account.personal_access_tokens),
    AccountRoute("personal_access_token", "GET", f"{TOKENS}/<id:token_id>", account.personal_access_token),
    AccountRoute(
        "revoke_personal_access_token",
        "DELETE",
        f"{TOKENS}/<id:token_id>",
        account.revoke_personal_access_token,
    ),
    AccountRoute(
        "create_personal_access_token",
        "POST",
        "/api/v4/users/<id:number>/personal_access_tokens",
        account.create_personal_access_token,
    ),
)
BY_NAME = {route.name: route for route in ROUTES}
ADAPTER = route_map((route.name, route.method, route.path) for route in ROUTES).bind("localhost")


def answer(request: Request, registry: Registry) -> Response | None:
    """Answer a request of these routes; None for any other."""
    try:
        name, arguments = ADAPTER.match(path_info=request.routed_path, method=request.method)
        caller = request.caller = registry.identify(request.credentials, Action.SEE)
        return BY_NAME[name].handler(AccountCall(request, registry, caller), **arguments)
    except RegistryError as error:
        return refusal(error, request.flavour)
    except NotFound:
        return None
    except MethodNotAllowed as error:
        return options(error) if request.method == "OPTIONS" else router_refusal(error)
    except HTTPException as error:
        return router_refusal(error)
