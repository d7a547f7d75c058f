"""A project's page at one moment, and whether a download is the file that it lists."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from conformance.pages import (
    HTML_V1,
    JSON_V1,
    TEXT_HTML,
    ProjectPage,
    read_html,
    read_json,
    read_project_json,
    read_project_page,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from conformance.pages import FileLink
    from conformance.run.features import OfferedFeatures
    from conformance.target.registry_client import RegistryClient
    from conformance.wire import Answer

TYPES = {"html": (TEXT_HTML, HTML_V1), "json": (JSON_V1,)}
"""The media types of each form, the one to ask for first."""


def forms_of(offer: OfferedFeatures) -> tuple[str, ...]:
    """Return the forms in which a target offers its pages: `html`, `json`."""
    return tuple(form for form in TYPES if offer.has(form))


@dataclass(frozen=True, kw_only=True)
class Look:
    """One answer for a project's page. Anything but a page has no files."""

    form: str
    answer: Answer
    page: ProjectPage

    @property
    def is_page(self) -> bool:
        """Whether this is a page in the form that was asked for."""
        return self.answer.status == 200 and self.answer.content_type in TYPES[self.form]

    @property
    def errors(self) -> frozenset[str]:
        """The kinds of syntax errors, or the status and type of what is not a page; 404 stands for no files."""
        if self.is_page and self.form == "json":
            return frozenset(read_json(self.answer.content).problems)
        if self.is_page:
            return frozenset(error.rpartition(": ")[2] for error in read_html(self.answer.text).errors)
        if self.answer.status == 404:
            return frozenset()
        return frozenset({f"status {self.answer.status} of the type {self.answer.content_type!r}"})


def look(registry: RegistryClient, project: str, form: str) -> Look:
    """Read a project's page in one form, `html` or `json`; any answer will do."""
    answer = registry.project_answer(project, accept=TYPES[form][0], fresh=True)
    seen = Look(form=form, answer=answer, page=ProjectPage(files=(), where=str(answer)))
    if not seen.is_page:
        return seen
    where = str(answer)
    if form == "json":
        return replace(seen, page=read_project_json(answer.content, url=answer.url, where=where))
    return replace(seen, page=read_project_page(answer.text, url=answer.url, where=where))


def look_at(registry: RegistryClient, project: str, forms: Iterable[str]) -> tuple[Look, ...]:
    """Read a project's page in each of these forms."""
    return tuple(registry.read_each(lambda form: look(registry, project, form), forms))


def wrong_file(file: FileLink, answer: Answer) -> str:
    """Describe how a download differs from the file that a page lists; an empty text where it does not."""
    if answer.status != 200:
        return f"{file.filename}: {answer}"
    if file.size is not None and file.size != len(answer.content):
        return f"{file.filename}: {len(answer.content)} bytes, listed with {file.size}: {answer}"
    for algorithm, digest in file.hashes.items():
        if algorithm in hashlib.algorithms_guaranteed and not algorithm.startswith("shake"):
            found = hashlib.new(algorithm, answer.content, usedforsecurity=False).hexdigest()
            if found != digest.lower():
                return f"{file.filename}: {algorithm} {found}, listed with {digest}: {answer}"
    return ""
