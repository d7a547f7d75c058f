"""Where features are looked for: the requests of the probe, and of the row on what a target claims."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from conformance.pages import JSON_V1, TEXT_HTML
from conformance.target.gitlab import GitLab
from conformance.target.target import ANONYMOUS, DEFAULT
from conformance.wire import Follow

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.target.registry_client import RegistryClient
    from conformance.wire import Answer

LATEST_JSON = "application/vnd.pypi.simple.latest+json"
BY_PARAMETER = f"format={quote(JSON_V1)}"
A_DESCRIPTION = {"Accept": "application/json"}
A_PART = {"Range": "bytes=0-0"}
OWN_TYPE = {"html": TEXT_HTML, "json": JSON_V1, "latest-alias": LATEST_JSON}


def evidence_of(
    feature: str,
    registry: RegistryClient,
    name: str,
    *,
    accept: str,
    file: str | None = None,
    fresh: bool = False,
) -> Answer:
    """Ask for that in which a feature would be: of most, the page of the project `name` in the type `accept`.

    `file` is the URL of one of the project's files. Raises BadAnswer and Throttled.
    """
    ways: dict[str, Callable[[], Answer]] = {
        "rest": lambda: GitLab(registry).call("GET", "/packages"),
        "group": lambda: registry.in_group().root_answer(fresh=fresh),
        "project-list": lambda: registry.root_answer(accept=accept, fresh=fresh),
        "json-api": lambda: registry.request(
            "GET", registry.target.description_url(name), headers=A_DESCRIPTION, follow=Follow.SAME_HOST
        ),
        "format-param": lambda: registry.request(
            "GET", f"{registry.project_url(name)}?{BY_PARAMETER}", headers={"Accept": accept}
        ),
        "redirect-normalized": lambda: registry.request("GET", registry.project_url(name.upper())),
        "auth-read": lambda: registry.project_answer(name, as_=ANONYMOUS, accept=accept, fresh=fresh),
    }
    if feature == "range" and file:
        as_ = DEFAULT if registry.target.same_host(file) else ANONYMOUS
        return registry.request("GET", file, as_=as_, headers=A_PART, follow=Follow.ANY_HOST)
    wanted = OWN_TYPE.get(feature, accept)
    return ways.get(feature, lambda: registry.project_answer(name, accept=wanted, fresh=fresh))()
