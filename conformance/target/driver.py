"""Drivers change state that no standard API can change: yanking, project status, provenance.

`[management]` in registry.toml names the driver of a target. Without one, checks that need it are not applicable.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote

from packaging.utils import canonicalize_name

from conformance.target import DEFAULT
from conformance.verdicts import NotApplicable, Untestable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.target import Target
    from conformance.target.registry_client import RegistryClient
    from conformance.wire import Session
    from reference_server.distributions import Distribution

DRIVEN: Mapping[str, frozenset[str]] = {
    "reference": frozenset({"delete", "yank", "status", "provenance", "integrity-api"}),
}
"""The features that each driver can produce, even if the pages do not show them yet."""

_PROJECTS = "/api/v4/projects/"


class Driver(Protocol):
    """Changes the state of projects and files. Each method raises Untestable if the target refuses."""

    def yank(self, distribution: Distribution, reason: str = "") -> None:
        """Yank a file, with or without a reason."""

    def unyank(self, distribution: Distribution) -> None:
        """Undo a yank."""

    def set_status(self, project: str, status: str, reason: str = "") -> None:
        """Set a project's status: active, archived, quarantined or deprecated."""

    def attach_provenance(self, distribution: Distribution, provenance: dict[str, Any]) -> None:
        """Attach a provenance object to a file."""

    def delete(self, distribution: Distribution) -> None:
        """Delete a file."""


def driver_for(registry: RegistryClient, session: Session) -> Driver:
    """Return the target's driver. Raises NotApplicable if it names none."""
    if not registry.target.management:
        raise NotApplicable("this needs a driver that changes the state of projects; see [management]")
    return ReferenceDriver(registry, session)


def driven_features(target: Target) -> frozenset[str]:
    """Return the features that the target's driver can produce; none without a driver."""
    return DRIVEN.get(target.management.get("driver", ""), frozenset())


class ReferenceDriver:
    """The driver for the reference server. It uses the server's own API below `/-/reference/`.

    The GitLab project comes from the URL, or from `gitlab-project` in `[management]`.
    """

    def __init__(self, registry: RegistryClient, session: Session) -> None:
        target = registry.target
        url = target.gitlab_registry if target.has_gitlab_api else target.url
        host, found, rest = url.partition(_PROJECTS)
        if not found:
            rest = f"{target.management.get('gitlab-project', '1')}/packages/pypi"
        self._base = f"{host}/-/reference/projects/{rest}"
        self._registry = registry
        self._session = session

    def yank(self, distribution: Distribution, reason: str = "") -> None:
        """Yank a file, with or without a reason."""
        self._file("PUT", distribution, "/yank", {"reason": reason})

    def unyank(self, distribution: Distribution) -> None:
        """Undo a yank."""
        self._file("DELETE", distribution, "/yank")

    def set_status(self, project: str, status: str, reason: str = "") -> None:
        """Set a project's status: active, archived, quarantined or deprecated."""
        marker = {"status": status, "reason": reason} if reason else {"status": status}
        self._change("PUT", project, "/status", marker)

    def attach_provenance(self, distribution: Distribution, provenance: dict[str, Any]) -> None:
        """Attach a provenance object to a file."""
        self._file("PUT", distribution, "/provenance", provenance)

    def delete(self, distribution: Distribution) -> None:
        """Delete a file."""
        self._file("DELETE", distribution, "")

    def _file(
        self, method: str, distribution: Distribution, what: str, body: dict[str, Any] | None = None
    ) -> None:
        path = f"/files/{quote(distribution.filename, safe='')}{what}"
        self._change(method, distribution.name, path, body)

    def _change(self, method: str, project: str, path: str, body: dict[str, Any] | None = None) -> None:
        text = "" if body is None else json.dumps(body)
        answer = self._session.send(
            method,
            f"{self._base}/{quote(canonicalize_name(project), safe='')}{path}",
            credential=self._registry.target.credential(DEFAULT),
            credential_name=DEFAULT,
            headers={"Content-Type": "application/json"},
            body=text.encode(),
            described=text[:400],
        )
        self._registry.forget_pages(project)
        if answer.status != 204:
            raise Untestable(f"the target refused the driver: {answer} {answer.excerpt(120)}")
