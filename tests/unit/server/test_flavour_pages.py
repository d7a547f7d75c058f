"""docs/flavours.md shows the table of deviations."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.catalogue import catalogue
from reference_server.flavours import Flavour, all_flavours
from reference_server.flavours.deviations import deviations

DOCUMENT = Path(__file__).parents[3] / "docs" / "flavours.md"


def row(what: str, source: str, flavours: tuple[str, ...], requirements: tuple[str, ...]) -> str:
    named = ", ".join(f"`{name}`" for name in flavours)
    return f"| {what} | {named} | {'<br>'.join(f'`{name}`' for name in requirements)} | {source} |"


def test_the_document_shows_the_table() -> None:
    """The expected text is what to put into docs/flavours.md when the table has changed."""
    rows = [row(each.what, each.source, each.flavours, each.requirements) for each in deviations()]
    table = "\n".join(["| behaviour | flavours | requirements | source |", "|---|---|---|---|", *rows])
    assert table in DOCUMENT.read_text(encoding="utf-8")


@pytest.mark.parametrize("flavour", all_flavours(), ids=lambda flavour: flavour.name)
def test_the_document_names_every_flavour(flavour: Flavour) -> None:
    assert f"| `{flavour.name}` | {flavour.summary} |" in DOCUMENT.read_text(encoding="utf-8")


def test_the_table_names_requirements_of_the_catalogue() -> None:
    known = {requirement.id for requirement in catalogue()}
    assert {name for each in deviations() for name in each.requirements} <= known
