"""One project, however its name is spelled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.http import upload_form
from conformance.kit.properties import strategies
from conformance.kit.uploads.publishing import is_taken
from conformance.verdicts import Untestable
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from conformance.kit.fixtures import Corpus, Examples, NewName, RegistryClient, Remark

FORBIDDEN = (".$/@!^*", "a b", "a!b", "caf\u00e9")
TWO = 2
"""Spellings that have to be accepted before they can meet."""
AT_EDGE = ("-{}", "{}-", "_{}", "{}.")


def found_under(spelling: str, registry: RegistryClient, corpus: Corpus) -> None:
    """Require that a spelling leads to the main project's files."""
    files = [distribution.filename for distribution in corpus.distributions_of("main-wheel")]
    expect.listed(registry.project_page(spelling, exact=True), files)


@check("gitlab.name.separators-equal")
def test_separators_equal(registry: RegistryClient, corpus: Corpus) -> None:
    for separator in "-_.":
        found_under(canonicalize_name(corpus.main).replace("-", separator), registry, corpus)


@check("gitlab.name.runs-collapsed")
def test_runs_collapsed(registry: RegistryClient, corpus: Corpus) -> None:
    found_under(canonicalize_name(corpus.main).replace("-", "...."), registry, corpus)


@check("gitlab.name.case-ignored")
def test_case_ignored(registry: RegistryClient, corpus: Corpus) -> None:
    found_under(canonicalize_name(corpus.main).upper(), registry, corpus)


@check("gitlab.name.every-spelling-one-page")
def test_every_spelling_one_page(registry: RegistryClient, corpus: Corpus, examples: Examples) -> None:
    examples.each(
        strategies.spellings(canonicalize_name(corpus.main)),
        lambda spelling: found_under(spelling, registry, corpus),
        independent=True,
    )


@check("gitlab.name.uploads-meet")
def test_uploads_meet(
    registry: RegistryClient, new_name: NewName, examples: Examples, remark: Remark
) -> None:
    """A spelling that is refused is stored nowhere else."""
    name = new_name("meet")
    sent: list[str] = []
    taken: list[str] = []

    def upload(spelling: str) -> None:
        distribution = wheel(spelling, f"1.{len(sent)}")
        sent.append(distribution.filename)
        if is_taken(registry, distribution):
            taken.append(distribution.filename)

    examples.each(strategies.spellings(name), upload)
    if len(taken) < TWO:
        raise Untestable(f"{len(taken)} of {len(sent)} spellings of one name are accepted")
    expect.listed(registry.project_page(name), taken)
    if taken != sent:
        remark(f"{len(taken)} of {len(sent)} spellings were judged: the others were refused")


@check("gitlab.name.invalid-characters-refused")
def test_invalid_characters_refused(registry: RegistryClient, new_name: NewName) -> None:
    """Once in the form alone, and once in the file's own name too, lest only one of them is looked at."""

    def refused(bad: str) -> None:
        clean = wheel(new_name("invalid"), "1.0")
        form = upload_form(clean).with_field("name", clean.name + bad)
        expect.refused(registry.upload(clean, form=form))
        expect.refused(registry.upload(wheel(new_name("invalid") + bad, "1.0")))

    registry.for_each(refused, FORBIDDEN)


@check("gitlab.name.separator-at-edge-refused")
def test_separator_at_edge_refused(registry: RegistryClient, new_name: NewName) -> None:
    registry.for_each(
        lambda edge: expect.refused(registry.upload(wheel(edge.format(new_name("edge")), "1.0"))), AT_EDGE
    )
