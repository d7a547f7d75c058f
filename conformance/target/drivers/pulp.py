"""The driver for Pulp with its Python plugin.

Source: Pulp REST API, Python plugin: distributions name the repository that is served at a base path; packages of
the latest version of a repository can be found by file name; `modify` of the repository takes units of content out
of it, by a task that has to be awaited.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, ClassVar
from urllib.parse import urlencode, urljoin, urlsplit

from msgspec import Meta

from conformance.pages import plain_json
from conformance.target.drivers.driver import Driver, DriverSettings
from conformance.target.drivers.refusals import CannotDo, NotThere
from conformance.target.drivers.url_template import url_mistake
from conformance.target.tasks import followed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.target.drivers.driver import File
    from conformance.target.drivers.registry_api import RegistryApi
    from conformance.wire import Answer

API = "/pulp/api/v3"
FIRST_PAUSE = 0.1
"""Seconds between the first two looks at a task: each of them counts for the budget of the run."""


class PulpSettings(DriverSettings, frozen=True, kw_only=True):
    """The settings of the driver for Pulp."""

    api_url: Annotated[
        str,
        Meta(
            description="Pulp's REST API; with domains, that of the domain (default: `/pulp/api/v3` on the host)."
        ),
    ] = ""
    repository: Annotated[
        str, Meta(description="The name of the repository (default: that of the distribution at the URL).")
    ] = ""

    @property
    def mistake(self) -> str:
        """What is wrong with the address of the API."""
        why = url_mistake(self.api_url) if self.api_url else ""
        return why and f".api-url: {why}"

    @property
    def urls(self) -> list[str]:
        """The address of the API, if it is given."""
        return [self.api_url] if self.api_url else []


class PulpDriver(Driver):
    """Removes files and projects from the repository. Pulp keeps the content itself until its clean-up of orphans."""

    Settings = PulpSettings
    requests_per_deletion: ClassVar[int] = 8

    def __init__(self, api: RegistryApi, settings: PulpSettings) -> None:
        super().__init__(api, settings)
        parts = urlsplit(api.target.url)
        self._api = (settings.api_url or f"{parts.scheme}://{parts.netloc}{API}").rstrip("/")
        api.trust(self._api)

    def delete(self, file: File) -> None:
        """Take a file out of the repository."""
        units = self._units(filename=file.filename)
        if not units:
            raise NotThere(f"Pulp's repository has no {file.filename}")
        self._remove(units)

    def delete_project(self, file: File) -> None:
        """Take all files of a project out of the repository, a page of the API's list at a time."""
        units = self._units(name=file.name)
        if not units:
            raise NotThere(f"Pulp's repository has no {file.name}")
        while units:
            self._remove(units)
            left = self._units(name=file.name)
            if set(left) & set(units):
                raise CannotDo(f"Pulp's repository still has files of {file.name}")
            units = left

    def _units(self, **query: str) -> list[str]:
        """Return packages in the latest version of the repository, by their paths; `name` in any spelling.

        Asks for the paths alone: whole packages have their descriptions, of up to megabytes each.
        """
        latest = self._read(self._repository).get("latest_version_href", "")
        query |= {"repository_version": latest, "fields": "pulp_href"}
        found = self._results("/content/python/packages/", query)
        return [unit["pulp_href"] for unit in found]

    def _remove(self, units: list[str]) -> None:
        answer = self.api.change("POST", f"{self._repository}modify/", data={"remove_content_units": units})
        self._await(self._href(_object(answer).get("task")), answer)

    @cached_property
    def _repository(self) -> str:
        """The URL of the repository. Raises CannotDo."""
        if name := self.settings.repository:
            found = self._results("/repositories/python/python/", {"name": name})
            href = found[0]["pulp_href"] if found else None
        else:
            base_path = self.api.target.url.rstrip("/").rpartition("/pypi/")[2]
            found = self._results("/distributions/python/pypi/", {"base_path": base_path})
            href = found[0].get("repository") if found else None
        if not href:
            raise CannotDo(
                f"Pulp's API at {self._api} names no repository for this; give `repository` in [management]"
            )
        return self._href(href)

    def _await(self, task: str, start: Answer) -> None:
        """Wait for the end of a task, as long as for an answer. Raises CannotDo for one that does not complete."""
        last = followed(task, self._ask, limit=self.api.session.timeout, pause=FIRST_PAUSE)
        if last.goes_on:
            raise CannotDo(f"a task of Pulp has not ended: {start}; --timeout waits longer")
        if not last.is_done:
            raise CannotDo(f"a task of Pulp ended as {last.state or 'nothing'!r}: {last.error}")

    def _results(self, path: str, query: Mapping[str, str]) -> list[dict[str, Any]]:
        results: list[dict[str, Any]] = self._read(f"{self._api}{path}?{urlencode(query)}").get("results", [])
        return results

    def _read(self, url: str) -> dict[str, Any]:
        answer = self._ask(url)
        if answer.status != 200:
            raise CannotDo(f"Pulp's API refused a question: {answer} {answer.excerpt(120)}".rstrip())
        return _object(answer)

    def _ask(self, url: str) -> Answer:
        return self.api.send("GET", url, headers={"Accept": "application/json"})

    def _href(self, href: Any) -> str:
        """Return the URL of what the API names by its path."""
        return urljoin(self._api, str(href))


def _object(answer: Answer) -> dict[str, Any]:
    """Return the JSON object of an answer. Raises CannotDo for any other body."""
    try:
        found = plain_json(answer.content)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise CannotDo(f"Pulp's API answered with something else than a JSON object: {answer}")
    return found
