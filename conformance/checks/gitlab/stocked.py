"""A registry with a wheel in it, and what a caller gets of the wheel that asks for it in each way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from packaging.utils import canonicalize_name

from conformance.kit import expect
from conformance.kit.registry import GitLab, objects
from conformance.kit.uploads.scenarios import link_to
from conformance.verdicts import Deviation, Untestable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from conformance.kit.fixtures import RegistryClient
    from conformance.kit.http import Answer
    from reference_server.distributions import Distribution

GROUP = "group"


@dataclass(frozen=True, kw_only=True)
class Look:
    """What a caller gets that asks for a wheel, and whether the wheel is in it."""

    answer: Answer
    has_wheel: bool


@dataclass(frozen=True, kw_only=True)
class Stocked:
    """A registry, and a wheel that is published there."""

    registry: RegistryClient
    wheel: Distribution

    @property
    def url(self) -> str:
        """The URL of the wheel."""
        return link_to(self.registry, self.wheel)

    def require_served(self, as_: str) -> None:
        """Require that a caller finds the wheel on the page of its project, and gets it."""
        expect.listed(self.registry.project_page(self.wheel.name, as_=as_), [self.wheel.filename])
        expect.same_bytes(self.registry.download(self.url, as_=as_), self.wheel)

    def looks(self, as_: str) -> dict[str, Look]:
        """Return what a caller gets that asks for the wheel in each way, by what it asks for."""
        query = {"package_name": self.wheel.name}
        looks = {
            "the page": self._page(self.registry, as_),
            "the file": self._file(as_),
            "the list of packages": self._list(
                GitLab(self.registry).call("GET", "/packages", query, as_=as_)
            ),
        }
        if GROUP in self.registry.target.gitlab_projects:
            looks["the page of the group"] = self._page(self.registry.in_group(), as_)
        return looks

    def _page(self, registry: RegistryClient, as_: str) -> Look:
        answer = registry.project_answer(self.wheel.name, as_=as_)
        return Look(answer=answer, has_wheel=answer.is_success and self.wheel.filename in answer.text)

    def _file(self, as_: str) -> Look:
        """Look for the bytes that were sent, or for those that `default` gets in their place."""
        url = self.url
        answer, twin = self.registry.download(url, as_=as_), self.registry.download(url)
        stored = {self.wheel.content, *([twin.content] if twin.is_success else [])}
        return Look(answer=answer, has_wheel=answer.is_success and answer.content in stored)

    def _list(self, answer: Answer) -> Look:
        return Look(answer=answer, has_wheel=canonicalize_name(self.wheel.name) in names_in(rows_in(answer)))


def names_in(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the names of the packages in a list of GitLab's API, normalized."""
    return [canonicalize_name(str(row.get("name"))) for row in rows]


def rows_in(answer: Answer) -> list[dict[str, Any]]:
    """Return the rows of a list of GitLab's API; none for any other answer."""
    try:
        return objects(answer)
    except Deviation:
        return []


def require_closed(looks: Mapping[str, Look], *, rule: str) -> None:
    """Require that no look finds the wheel. Raises Untestable for a server error, which is no refusal."""
    found = {what: look for what, look in looks.items() if look.has_wheel}
    expect.rule(rule, broken_by=[*found], where=expect.requests(look.answer for look in found.values()))
    for what, look in looks.items():
        if look.answer.is_server_error:
            raise Untestable(f"{what} is answered with an error: {look.answer}")
