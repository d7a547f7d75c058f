"""Uploads that meet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from conformance.kit.check import check
from conformance.kit.differences import listed_lines
from conformance.kit.races.looks import wrong_file
from conformance.kit.races.race import uploading
from conformance.kit.races.rounds import in_every
from conformance.verdicts import Deviation
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.checks.race.conftest import Raced
    from conformance.kit.fixtures import Index, NewName, Race, RegistryClient, WatchedHeat
    from conformance.kit.http import Answer
    from conformance.kit.races.race import Heat


MANY, MANY_TIMES = 8, 2
"""How many different projects are uploaded to at the same moment, and how often."""


@check("race.same-file-identical")
def test_same_file_identical(raced: Raced) -> None:
    def wrong(heat: Heat) -> Iterator[str]:
        if not heat.accepted:
            yield "no upload was accepted"
        else:
            yield from entries_but_one(heat, heat.sent[0].sha256)

    in_every(
        raced.identical, wrong, expected="one upload or more to be accepted (2xx), and one entry on each page"
    )


@check("race.same-file-different")
def test_same_file_different(raced: Raced, registry: RegistryClient) -> None:
    def served(heat: Heat) -> Answer | None:
        file = heat.last[-1].page.file(heat.sent[0].filename)
        return registry.download(file.url) if file is not None and len(heat.accepted) == 1 else None

    numbers = [heat.round.number for heat in raced.different]
    answers = dict(zip(numbers, registry.read_each(served, raced.different), strict=True))

    def wrong(heat: Heat) -> Iterator[str]:
        if len(heat.accepted) != 1:
            yield f"{len(heat.accepted)} different files of one name were accepted"
            return
        (winner,) = heat.accepted
        yield from entries_but_one(heat, winner.sha256)
        file, answer = heat.last[-1].page.file(winner.filename), answers[heat.round.number]
        if file is not None and answer is not None and answer.content != winner.content:
            yield wrong_file(file, answer) or f"other bytes than were accepted: {answer}"

    in_every(
        raced.different,
        wrong,
        expected="one upload to be accepted (2xx), and the accepted bytes to be served",
    )


@check("race.no-server-error")
def test_no_server_error(raced: Raced) -> None:
    in_every(
        (*raced.identical, *raced.different, *raced.spelled),
        lambda heat: heat.failures,
        expected="every upload to be accepted (2xx) or refused (4xx)",
    )


@check("race.case-and-separator")
def test_case_and_separator(raced: Raced, index: Index) -> None:
    in_every(raced.spelled, unlisted, expected="one page to list every accepted file")
    ours = {heat.round.project for heat in raced.spelled if heat.accepted}
    for root in index.roots(fresh=True):
        names = [name for name in root.names if canonicalize_name(name) in ours]
        if len(names) != len(ours):
            raise Deviation(
                expected=f"{len(ours)} entries for {len(ours)} projects",
                found=", ".join(names) or "none",
                where=root.where,
            )


@check("race.new-project-many-files")
def test_new_project_many_files(watched: tuple[WatchedHeat, ...]) -> None:
    in_every(
        watched,
        lambda heat: [f"refused: {each}" for each in heat.answers if not each.is_success] + [*unlisted(heat)],
        expected="every upload to be accepted (2xx), and every file to be listed",
    )


@check("race.different-projects")
def test_different_projects(race: Race, registry: RegistryClient, new_name: NewName) -> None:
    refused, missing = [], []
    for _ in range(MANY_TIMES):
        files = [wheel(new_name("apart"), "1.0") for _ in range(MANY)]
        answers = dict(zip(files, race(*map(uploading, files)), strict=True))
        refused += [f"{each} {each.excerpt(120)}" for each in answers.values() if not each.is_success]
        taken = [file for file, answer in answers.items() if answer.is_success]
        pages = registry.read_each(lambda file: registry.project_page(file.name), taken)
        missing += [
            f"{file.filename} not listed: {page.where}"
            for file, page in zip(taken, pages, strict=True)
            if file.filename not in page.filenames
        ]
    if refused or missing:
        raise Deviation(
            expected="every upload to be accepted (2xx), and every file to be listed",
            found=listed_lines([*refused, *missing]),
            where=f"{MANY_TIMES} rounds of {MANY} uploads at the same moment, each to a new project",
        )


@check("race.version-set")
def test_version_set(watched: tuple[WatchedHeat, ...]) -> None:
    def wrong(heat: WatchedHeat) -> Iterator[str]:
        wanted = {distribution.version for distribution in (*heat.before, *heat.accepted)}
        for seen in heat.last:
            if seen.form == "json" and (missing := wanted - set(seen.page.versions or ())):
                yield f"versions without {', '.join(sorted(missing))}"

    in_every(watched, wrong, expected="`versions` to hold every accepted version")


def entries_but_one(heat: Heat, sha256: str | None = None) -> Iterator[str]:
    """Say which page does not list the file of a heat once, and with this hash where one is given."""
    filename = heat.sent[0].filename
    for seen in heat.last:
        entries = [file for file in seen.page.files if file.filename == filename]
        if len(entries) != 1:
            yield f"{len(entries)} entries of {filename} in {seen.form.upper()}"
        elif sha256 is not None and entries[0].hashes.get("sha256", sha256).lower() != sha256:
            yield f"{filename} listed with sha256 {entries[0].hashes['sha256']} in {seen.form.upper()}"


def unlisted(heat: Heat) -> Iterator[str]:
    """Say which page does not list a file that was accepted."""
    for seen in heat.last:
        for distribution in heat.accepted:
            if distribution.filename not in seen.page.filenames:
                yield f"{distribution.filename} was accepted, and is not listed in {seen.form.upper()}"
