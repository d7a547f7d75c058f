"""GitLab's REST API for listing and deleting packages.

Source: GitLab REST API, Packages. A personal access token goes in the header `PRIVATE-TOKEN`, that of a job, which has
a user name of its own, in `JOB-TOKEN`.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlencode

from conformance.pages import plain_json
from conformance.target import DEFAULT
from conformance.verdicts import Deviation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.target import Target
    from conformance.wire import Answer
    from conformance.wire.credential import Credential

JOB_USER = "gitlab-ci-token"
PAGE_SIZE = 100
MOST_PAGES = 50


class Caller(Protocol):
    """What sends requests to a target, with the credential in a header."""

    @property
    def target(self) -> Target:
        """The target."""

    def request_bare(self, method: str, url: str, *, label: str, headers: Mapping[str, str]) -> Answer:
        """Send a request that carries its credential in `headers`; `label` names it in the transcript."""


class GitLab:
    """Packages and package files of the target's GitLab project, or of a group."""

    def __init__(self, registry: Caller, *, api: str | None = None) -> None:
        """`api` is the URL of a group or an instance; without it, all calls are below that of the GitLab project."""
        self._registry = registry
        self._api = api

    @property
    def api(self) -> str:
        """The URL that all calls are below. Raises Untestable."""
        return self._api or self._registry.target.gitlab_api

    def of_instance(self) -> GitLab:
        """Return the same for what concerns no single GitLab project, such as the user. Raises Untestable."""
        return GitLab(self._registry, api=self._registry.target.api_of_instance)

    def in_group(self) -> GitLab:
        """Return the same for the target's group. Raises Untestable without a group."""
        return GitLab(self._registry, api=self._registry.target.group_api)

    def at_group(self, group: str) -> GitLab:
        """Return the same for the group with this id or full path."""
        return GitLab(self._registry, api=self._registry.target.api_of_group(group))

    def call(
        self, method: str, path: str, query: Mapping[str, str | int] | None = None, *, as_: str = DEFAULT
    ) -> Answer:
        """Call the API below `projects/<id>`, or `groups/<id>`, and return the answer with any status."""
        target = self._registry.target
        credential = target.credential(as_)
        url = self.api + path + (f"?{urlencode(query)}" if query else "")
        headers = {} if credential is None else {_field(credential): credential.token}
        return self._registry.request_bare(method, url, label=as_, headers=headers)

    def packages(
        self, *, as_: str = DEFAULT, most_pages: int | None = MOST_PAGES, **query: str | int
    ) -> list[dict[str, Any]]:
        """Return all packages that match the query, from at most `most_pages` pages, None for all.

        Raises Deviation for an unexpected answer.
        """
        found: list[dict[str, Any]] = []
        for page in count(1) if most_pages is None else range(1, most_pages + 1):
            answer = self.call("GET", "/packages", {**query, "per_page": PAGE_SIZE, "page": page}, as_=as_)
            rows = objects(answer)
            if rows and rows[0] in found:
                break  # the registry ignores `page`: this is the first page again
            found += rows
            if len(rows) < PAGE_SIZE:
                break
        return found

    def package_files(self, package_id: int, *, as_: str = DEFAULT) -> list[dict[str, Any]]:
        """Return the files of a package. Raises Deviation for an unexpected answer."""
        return objects(
            self.call("GET", f"/packages/{package_id}/package_files", {"per_page": PAGE_SIZE}, as_=as_)
        )

    def delete_package(self, package_id: int, *, as_: str = DEFAULT) -> Answer:
        """Delete a package with all its files and return the answer."""
        return self.call("DELETE", f"/packages/{package_id}", as_=as_)


def _field(credential: Credential) -> str:
    return "JOB-TOKEN" if credential.username == JOB_USER else "PRIVATE-TOKEN"


def objects(answer: Answer) -> list[dict[str, Any]]:
    """Return an answer's JSON array of objects. Raises Deviation for anything else."""
    rows = json_of(answer)
    if answer.status != 200 or not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Deviation(
            expected="200 with a JSON array of objects",
            found=f"{answer.status}: {answer.excerpt(200)}",
            where=str(answer),
        )
    return rows


def json_of(answer: Answer) -> Any:
    """Return an answer's JSON. Raises Deviation for any other body."""
    try:
        return plain_json(answer.content)
    except ValueError:
        raise Deviation(
            expected="a JSON body", found=answer.excerpt(200) or "nothing", where=str(answer)
        ) from None
