"""The driver for the reference server.

Source: the reference server's own API below `/-/reference/`, `reference_server.app.handlers.reference_api`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar
from urllib.parse import quote

from msgspec import Meta
from packaging.utils import canonicalize_name

from conformance.target.drivers.driver import Driver, DriverSettings

if TYPE_CHECKING:
    from conformance.target.drivers.driver import File
    from conformance.target.drivers.registry_api import RegistryApi

_PROJECTS = "/api/v4/projects/"


class ReferenceSettings(DriverSettings, frozen=True, kw_only=True):
    """The settings of the driver for the reference server."""

    gitlab_project: Annotated[
        int | str | None,
        Meta(description="The id of the GitLab project, where the URL has none (default: 1)."),
    ] = None


class ReferenceDriver(Driver):
    """Does everything. The GitLab project comes from the URL, or from `gitlab-project` in `[management]`."""

    Settings = ReferenceSettings
    features: ClassVar[frozenset[str]] = frozenset({"integrity-api"})
    side_by_side: ClassVar[bool] = True

    def __init__(self, api: RegistryApi, settings: ReferenceSettings) -> None:
        super().__init__(api, settings)
        target = api.target
        url = target.gitlab_registry if target.has_gitlab_api else target.url
        host, found, rest = url.partition(_PROJECTS)
        if not found:
            project = 1 if settings.gitlab_project is None else settings.gitlab_project
            rest = f"{project}/packages/pypi"
        self._base = f"{host}/-/reference/projects/{rest}"

    def delete(self, file: File) -> None:
        """Delete a file, and nothing else."""
        self._of_file("DELETE", file, "")

    def delete_release(self, file: File) -> None:
        """Delete the release that a file belongs to, with all its files."""
        self._change("DELETE", file.name, f"/versions/{quote(file.version, safe='')}")

    def delete_project(self, file: File) -> None:
        """Delete the project that a file belongs to, with all its releases."""
        self._change("DELETE", file.name, "")

    def yank(self, file: File, reason: str = "") -> None:
        """Yank a file, with or without a reason."""
        self._of_file("PUT", file, "/yank", {"reason": reason})

    def unyank(self, file: File) -> None:
        """Undo a yank."""
        self._of_file("DELETE", file, "/yank")

    def set_status(self, project: str, status: str, reason: str = "") -> None:
        """Set a project's status: active, archived, quarantined or deprecated."""
        marker = {"status": status, "reason": reason} if reason else {"status": status}
        self._change("PUT", project, "/status", marker)

    def attach_provenance(self, file: File, provenance: dict[str, Any]) -> None:
        """Attach a provenance object to a file."""
        self._of_file("PUT", file, "/provenance", provenance)

    def _of_file(self, method: str, file: File, what: str, data: dict[str, Any] | None = None) -> None:
        self._change(method, file.name, f"/files/{quote(file.filename, safe='')}{what}", data)

    def _change(self, method: str, project: str, path: str, data: dict[str, Any] | None = None) -> None:
        url = f"{self._base}/{quote(canonicalize_name(project), safe='')}{path}"
        self.api.change(method, url, data=data)
