"""GitLab's pagination of lists: `page` and `per_page` in the query, the rest in headers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlencode

from reference_server.http.json_responses import json_answer
from reference_server.model.errors import InvalidFieldError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from werkzeug import Response

    from reference_server.http.request import Request

DEFAULT_PER_PAGE = 20
MAX_PER_PAGE = 100


class Call(Protocol):
    """A call of any kind."""

    @property
    def request(self) -> Request:
        """The request."""


def paginated(
    call: Call, items: Sequence[Any], describe: Callable[[Any], Any] = lambda item: item
) -> Response:
    """Answer with one page of a list, whose items are described. Raises `InvalidFieldError` for an invalid number."""
    page = _number(call, "page", 1)
    per_page = min(_number(call, "per_page", DEFAULT_PER_PAGE), MAX_PER_PAGE)
    last = max(1, -(-len(items) // per_page))
    links = {"prev": page - 1, "next": page + 1, "first": 1, "last": last}
    there = {name: number for name, number in links.items() if 1 <= number <= last}
    headers = {
        "X-Page": str(page),
        "X-Per-Page": str(per_page),
        "X-Total": str(len(items)),
        "X-Total-Pages": str(last),
        "X-Prev-Page": str(there.get("prev", "")),
        "X-Next-Page": str(there.get("next", "")),
        "Link": ", ".join(
            f'<{_url(call, number, per_page)}>; rel="{name}"' for name, number in there.items()
        ),
    }
    on_page = items[(page - 1) * per_page : page * per_page]
    return json_answer([describe(each) for each in on_page], headers=headers)


def _number(call: Call, name: str, default: int) -> int:
    text = call.request.args.get(name, "") or str(default)
    if not (text.isascii() and text.isdigit() and len(text) < 10 and int(text) > 0):
        raise InvalidFieldError(name)
    return int(text)


def _url(call: Call, page: int, per_page: int) -> str:
    path = call.request.routed_path.lstrip("/")
    kept = [
        (name, value)
        for name, value in call.request.args.items(multi=True)
        if name not in {"page", "per_page"}
    ]
    query = urlencode([*kept, ("page", page), ("per_page", per_page)])
    return f"{call.request.root_url}{path}?{query}"
