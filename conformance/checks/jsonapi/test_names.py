"""Names in other spellings."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from conformance.checks.jsonapi.descriptions import Description, Errors
from conformance.checks.jsonapi.listed_files import oldest
from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.http import Follow
from conformance.pages import resolved

if TYPE_CHECKING:
    from conformance.checks.jsonapi.descriptions import Descriptions
    from conformance.kit.fixtures import Index

SPELLINGS = (str.upper, lambda name: name.replace("-", "_"), lambda name: name.replace("-", ".-_", 1))
"""Other letters, another separator, and a run of separators in place of one."""


@check("jsonapi.name.spelling")
def test_spelling(index: Index, descriptions: Descriptions, projects: tuple[str, ...]) -> None:
    """The release is not the one that describes the project, if there is another one."""
    name = projects[0]
    for version in ("", *oldest(index.pages(name)[-1], name)):
        known = descriptions.of(name, version)
        for spelled in _spellings(name):
            answer = descriptions.ask(descriptions.url(spelled, version), errors=Errors.LASTING)
            expect.status(answer, 200)
            found = Description(answer)
            expect.equal(
                (found.info.get("name"), found.version),
                (known.info.get("name"), known.version),
                of="name and version in the description",
                where=answer,
            )


@check("jsonapi.name.redirect")
def test_redirect(descriptions: Descriptions, projects: tuple[str, ...]) -> None:
    name = projects[0]
    known = descriptions.of(name)
    for version, end in product(("", known.version), ("", "/")):
        wanted = urlsplit(descriptions.url(name, version)).path
        for spelled in _spellings(name):
            answer = descriptions.ask(f"{descriptions.url(spelled, version)}{end}", follow=Follow.NO)
            if end and answer.status == 404:
                continue  # jsonapi.project.trailing-slash is about that
            expect.status(answer, 301)
            leads_to = urlsplit(resolved(answer.url, answer.headers.get("Location", ""))).path
            expect.equal(leads_to.rstrip("/"), wanted, of="the path in Location", where=answer)


def _spellings(name: str) -> list[str]:
    """Return other spellings of a normalized name, at least one of each kind that it has."""
    return [found for spell in SPELLINGS if (found := spell(name)) != name]
