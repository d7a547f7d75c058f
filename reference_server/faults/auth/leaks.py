"""Faults that disclose credentials."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reference_server.faults.fault import Fault

if TYPE_CHECKING:
    from werkzeug import Response

    from reference_server.http.request import Request


class TokensInRefusals(Fault):
    """Repeats the unknown token in the error message."""

    caught_by = ("auth.error-no-leak",)

    def respond(self, request: Request, response: Response) -> Response:
        basic = request.credentials.basic
        if response.status_code == 401 and basic is not None:
            response.set_data(f"401 Unauthorized: {basic[1]}")
        return response


class CredentialsInLinks(Fault):
    """Writes the reader's credentials into the links of a page, as caching proxies do."""

    caught_by = ("auth.error-no-leak",)

    def respond(self, request: Request, response: Response) -> Response:
        basic = request.credentials.basic
        if request.endpoint == "project_page" and response.status_code == 200 and basic is not None:
            here = f"http://{basic[0]}:{basic[1]}@{request.host}{request.path}".encode()
            response.set_data(response.get_data().replace(b"../../files/", here + b"../../files/"))
        return response
