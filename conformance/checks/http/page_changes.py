"""A project's pages before and after an upload."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from conformance.checks.http.page_readings import readings
from conformance.kit.registry import page_in
from conformance.kit.uploads.publishing import publish
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

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
