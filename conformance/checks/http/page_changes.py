"""A project's pages before and after a change of its files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from conformance.checks.http.page_readings import again, readings
from conformance.kit.driver import Ability, delete_alone
from conformance.kit.registry import page_in
from conformance.kit.uploads.publishing import publish
from conformance.verdicts import NotApplicable, Untestable
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from conformance.kit.driver import Driver
    from conformance.kit.http import Answer
    from conformance.kit.index import Index
    from reference_server.distributions import Distribution


@dataclass(frozen=True, kw_only=True)
class Change:
    """A project's pages, by form, before and right after a file was added to it.

    Those after it were asked for with `Cache-Control: max-age=0`, as pip does.
    """

    before: Mapping[str, Answer]
    after: Mapping[str, Answer]
    added: Distribution

    def pairs(self) -> Iterator[tuple[Answer, Answer]]:
        """Yield the pages of each form that are not the same as before."""
        for form, before in self.before.items():
            if before.content != self.after[form].content:
                yield before, self.after[form]

    def outdated(self) -> list[str]:
        """Return the pages after the change that do not list what was added."""
        return [
            str(page) for page in self.after.values() if self.added.filename not in page_in(page).filenames
        ]


def exchange_files(index: Index, driver: Driver | None, name: str) -> list[Answer]:
    """Return pages of one project, as long as each other, whose only file was exchanged for another.

    Where nothing deletes, the other file has the same name: a registry that replaces files has such pages, too. There
    is one page alone where the file cannot be exchanged.
    """
    registry, first = index.registry, wheel(name, "1.0")
    publish(registry, first)
    page = registry.project_answer(name, accept=index.media_type)
    other = wheel(name, "1.1") if _is_deleted(driver, first) else wheel(name, "1.0", marker="other")
    if not registry.upload(other).is_success:
        return [page]
    if other.filename != first.filename:
        registry.accepted(other)
    return [page, again(index, page)]


def _is_deleted(driver: Driver | None, file: Distribution) -> bool:
    """Delete a project with one file, and tell whether it is gone."""
    if driver is None:
        return False
    try:
        delete_alone(driver, file, alone_in=Ability.DELETE_PROJECT)
    except (NotApplicable, Untestable):  # what a driver cannot do is for the rows of deletions
        return False
    return True


def change_project(index: Index, name: str) -> Change:
    """Publish a file, read the pages, and do both again.

    Raises Untestable when an upload is refused, NotApplicable when the pages are neither HTML nor JSON.
    """
    readings(index)
    registry = index.registry
    forms = index.media_types
    first, second = wheel(name, "1.0"), wheel(name, "1.1")
    publish(registry, first)
    before = {form: registry.project_answer(name, accept=accept) for form, accept in forms.items()}
    publish(registry, second)
    after = {
        form: registry.request(
            "GET", registry.project_url(name), headers={"Accept": accept, "Cache-Control": "max-age=0"}
        )
        for form, accept in forms.items()
    }
    return Change(before=before, after=after, added=second)
