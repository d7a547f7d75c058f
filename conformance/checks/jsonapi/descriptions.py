"""PyPI's JSON API: what it says of a project or of one release."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from packaging.utils import canonicalize_name

from conformance.kit.http import Follow
from conformance.kit.versions import version_key
from conformance.pages import read_json
from conformance.verdicts import Untestable

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from conformance.kit.fixtures import RegistryClient
    from conformance.kit.http import Answer
    from conformance.pages import JsonDocument
    from reference_server.distributions import Distribution

MEDIA_TYPE = "application/json"


@dataclass(frozen=True)
class Description:
    """What the JSON API says; what has the wrong type counts as absent."""

    answer: Answer

    def __str__(self) -> str:
        """Return where this was seen."""
        return str(self.answer)

    @cached_property
    def document(self) -> JsonDocument:
        """The body, as RFC 8259 has it."""
        return read_json(self.answer.content)

    @property
    def object(self) -> Mapping[str, Any]:
        """The object of the description; an empty one for any other body."""
        return self.document.object

    @property
    def info(self) -> Mapping[str, Any]:
        """What it says of one release."""
        return _object(self.object.get("info"))

    @property
    def version(self) -> str:
        """The version that it describes, as it can be sent; empty without one."""
        found = self.info.get("version")
        return found.encode(errors="replace").decode() if isinstance(found, str) else ""

    @property
    def urls(self) -> list[Mapping[str, Any]]:
        """The files of the release."""
        return _objects(self.object.get("urls"))

    @property
    def releases(self) -> Mapping[str, list[Mapping[str, Any]]]:
        """The files of each release."""
        found = _object(self.object.get("releases"))
        return {version: _objects(files) for version, files in found.items()}

    @property
    def files(self) -> list[Mapping[str, Any]]:
        """The files of all releases, then those of the release."""
        return [*(file for files in self.releases.values() for file in files), *self.urls]

    def file(self, filename: str) -> Mapping[str, Any]:
        """Return what it says of a file. Raises Untestable for one that it lacks."""
        for file in self.files:
            if file.get("filename") == filename:
                return file
        raise Untestable(f"{filename}, which this check reads, is not described: {self}")


TIMES = 3
"""How often a URL is asked for until a server error lasts."""


class Errors(Enum):
    """What a server error means to a check."""

    UNTESTABLE = "nothing to judge by"
    LASTING = "judged, where it is answered each time"
    ANY = "judged"


class Descriptions:
    """The JSON API of a target. What has changed is awaited; what no check changes is read once."""

    def __init__(self, registry: RegistryClient) -> None:
        self.registry = registry
        self._read: dict[str, Description] = {}

    def url(self, name: str, version: str = "") -> str:
        """Return the URL of a project, or of one release, with name and version spelled exactly so."""
        return self.registry.target.description_url(name, version)

    def ask(
        self,
        url: str,
        *,
        follow: Follow = Follow.SAME_HOST,
        headers: Mapping[str, str | None] | None = None,
        errors: Errors = Errors.UNTESTABLE,
    ) -> Answer:
        """Ask for a URL: once, or again after a server error that has to last."""
        for _ in range(TIMES if errors is Errors.LASTING else 1):
            answer = self.registry.request(
                "GET", url, headers={"Accept": MEDIA_TYPE, **(headers or {})}, follow=follow
            )
            if not answer.is_server_error:
                break
        if answer.is_server_error and errors is Errors.UNTESTABLE:
            raise Untestable(f"there is no description to look at ({answer}); see jsonapi.project.served")
        return answer

    def answer(
        self,
        name: str,
        version: str = "",
        *,
        shows: Callable[[Answer], bool] | None = None,
        errors: Errors = Errors.UNTESTABLE,
    ) -> Answer:
        """Return the answer for a project or release, asked for until it `shows` what was published or changed."""
        url = self.url(name, version)
        if shows is not None:
            self.registry.settling.expect(url, "description", shows)
        return self.registry.settling.read(url, lambda: self.ask(url, errors=errors))

    def published(self, *files: Distribution) -> None:
        """Let readers wait until files that were published are described, with their project and their release."""
        releases = {(canonicalize_name(file.name), str(version_key(file.version))) for file in files}
        for name, version in releases | {(name, "") for name, _ in releases}:
            shows = partial(_describes, [file for file in files if canonicalize_name(file.name) == name])
            self.registry.settling.expect(self.url(name, version), "files", shows)

    def of(
        self, name: str, version: str = "", *, shows: Callable[[Description], object] | None = None
    ) -> Description:
        """Return the description of a project or release. Raises Untestable where there is none, or that of another."""
        url = self.url(name, version)
        if shows is None and url in self._read:
            return self._read[url]
        holds = shows or bool
        answer = self.answer(
            name,
            version,
            shows=lambda answer: answer.status == 200 and bool(holds(Description(answer))),
        )
        found = Description(answer)
        if answer.status != 200 or not found.object:
            row = "jsonapi.release.served" if version else "jsonapi.project.served"
            raise Untestable(f"there is no description to look at ({answer}); see {row}")
        if version and version_key(found.version) != version_key(version):
            raise Untestable(
                f"another version than {version} is described ({answer}); see jsonapi.release.served"
            )
        self._read[url] = found
        return found


def _describes(files: Collection[Distribution], answer: Answer) -> bool:
    """Tell whether a description has the files of its release, and if it has `releases`, all files of the project."""
    found = Description(answer)
    if answer.status != 200 or not found.version:
        return False
    own = {file.filename for file in files if version_key(file.version) == version_key(found.version)}
    every = {file.filename for file in files} if found.releases else set()
    in_urls = {str(file.get("filename")) for file in found.urls}
    return own <= in_urls and every <= {str(file.get("filename")) for file in found.files}


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _objects(value: Any) -> list[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
