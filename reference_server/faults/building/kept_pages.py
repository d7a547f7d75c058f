"""A fault's base: the first answer to a request for a page is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from werkzeug import Response

from reference_server.faults.fault import Fault

if TYPE_CHECKING:
    from reference_server.http.request import Request


class KeepsFirstPages(Fault):
    """Keeps the first answer to a request for a page, whatever is uploaded later."""

    status: ClassVar[int] = 200

    def __init__(self) -> None:
        self._kept: dict[tuple[str, ...], tuple[bytes, str]] = {}

    def applies_to(self, request: Request) -> bool:
        """Whether the answer to a request is kept."""
        raise NotImplementedError

    def respond(self, request: Request, response: Response) -> Response:
        if request.method != "GET" or not self.applies_to(request):
            return response
        sent = request.headers
        key = (request.path, *(sent.get(name, "") for name in ("Accept", "Authorization", "Accept-Encoding")))
        if response.status_code == self.status:
            self._kept.setdefault(key, (response.get_data(), response.headers.get("Content-Type", "")))
        if key not in self._kept:
            return response
        content, content_type = self._kept[key]
        headers = response.headers.copy()
        headers["Content-Type"] = content_type
        for name in ("ETag", "Last-Modified", "Content-Length"):
            headers.pop(name, None)
        return Response(content, status=self.status, headers=headers)
