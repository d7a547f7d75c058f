"""Uploads that meet."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.differences import listed_lines
from conformance.kit.project_lists import Copy, lasting
from conformance.kit.project_lists import Look as ListLook
from conformance.kit.races.looks import wrong_file
from conformance.kit.races.race import uploading
from conformance.kit.races.rounds import in_every, tried
from conformance.kit.uploads.publishing import publish
from conformance.verdicts import Deviation
from conformance.verdicts.counting import counted
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.checks.race.conftest import Raced
    from conformance.kit.fixtures import (
        Index,
        NewName,
        Race,
        RegistryClient,
        Remark,
        Rounds,
        WatchedHeat,
    )
    from conformance.kit.http import Answer
    from conformance.kit.races.looks import Look
    from conformance.kit.races.race import Heat


MANY = 8
"""How many different projects are uploaded to at the same moment."""

APART = (2, 0.2)
"""How often at least, and the seconds that more of it may take."""


@check("race.same-file-identical")
def test_same_file_identical(raced: Raced, remark: Remark) -> None:
    """Contenders with different bytes may all be refused, as far as this sentence goes."""

    def wrong(heat: Heat) -> Iterator[str]:
        if not heat.accepted:
            if len({each.sha256 for each in heat.sent}) == 1:
                yield "no upload was accepted"
            return
        for seen in heat.last:
            where, often = f"{heat.sent[0].filename} in {seen.form.upper()}", Counter(listed(seen, heat))
            if not often:
                yield f"0 entries of {where}"
            for digest in often.keys() - {each.sha256 for each in heat.sent} - {""}:
                yield f"{where} listed with sha256 {digest}"
            yield from (f"{times} entries of {where}" for times in often.values() if times > 1)

    in_every(
        (*raced.named_alike, *raced.one_file),
        wrong,
        expected="one upload or more to be accepted (2xx), and one entry on each page",
    )
    remark(tried(len(raced.named_alike)))


@check("race.same-file-different")
def test_same_file_different(raced: Raced, registry: RegistryClient, remark: Remark) -> None:
    """The same file may be accepted twice."""

    def served(heat: Heat) -> Answer | None:
        file = heat.last[-1].page.file(heat.sent[0].filename)
        return (
            registry.download(file.url)
            if file is not None and len({each.sha256 for each in heat.accepted}) == 1
            else None
        )

    numbers = [heat.round.number for heat in raced.named_alike]
    answers = dict(zip(numbers, registry.read_each(served, raced.named_alike), strict=True))

    def wrong(heat: Heat) -> Iterator[str]:
        accepted = {each.sha256: each for each in heat.accepted}
        if len(accepted) != 1:
            yield f"{len(accepted)} different files of one name were accepted"
            return
        ((digest, winner),) = accepted.items()
        for seen in heat.last:
            where, found = f"{winner.filename} in {seen.form.upper()}", listed(seen, heat)
            if not found:
                yield f"0 entries of {where}"
            if others := {*found} - {digest, ""}:
                yield f"{where} listed with sha256 {', '.join(sorted(others))}"
        file, answer = heat.last[-1].page.file(winner.filename), answers[heat.round.number]
        if file is not None and answer is not None and answer.content != winner.content:
            yield wrong_file(file, answer) or f"other bytes than were accepted: {answer}"

    in_every(
        raced.named_alike,
        wrong,
        expected="one upload to be accepted (2xx), and the accepted bytes to be served",
    )
    remark(tried(len(raced.named_alike)))


@check("race.no-server-error")
def test_no_server_error(raced: Raced, remark: Remark) -> None:
    heats = (*raced.named_alike, *raced.spelled)
    in_every(heats, lambda heat: heat.failures, expected="every upload to be accepted (2xx) or refused (4xx)")
    remark(tried(len(heats)))


@check("race.case-and-separator")
def test_case_and_separator(raced: Raced, index: Index, new_name: NewName, remark: Remark) -> None:
    in_every(raced.spelled, unlisted, expected="one page to list every accepted file")
    ours = frozenset(heat.round.project for heat in raced.spelled if heat.accepted)
    seen = lasting(partial(entries, index, ours), index, new_name, ours=ours)
    expect.rule(
        f"one entry for each of {counted(len(ours), 'project')}", broken_by=seen.wrong, where=seen.where
    )
    remark(tried(len(raced.spelled)))


def entries(index: Index, ours: frozenset[str]) -> ListLook:
    """Find the projects that some copy of the list has not exactly once."""
    copies = tuple(Copy(answer, page) for answer, page in index.answered_roots(fresh=True))
    wrong: dict[str, object] = {}
    for copy in copies:
        times = Counter[str](name for each in copy.page.names if (name := canonicalize_name(each)) in ours)
        wrong |= {name: copy.page.where for name in ours if times[name] != 1}
    return ListLook(wrong=frozenset(wrong), copies=copies, where="; ".join(map(str, {*wrong.values()})))


@check("race.new-project-many-files")
def test_new_project_many_files(watched: tuple[WatchedHeat, ...], remark: Remark) -> None:
    in_every(
        watched,
        lambda heat: [f"refused: {each}" for each in heat.answers if not each.is_success] + [*unlisted(heat)],
        expected="every upload to be accepted (2xx), and every file to be listed",
    )
    remark(tried(len(watched)))


@check("race.version-many-files")
def test_version_many_files(
    raced: Raced, registry: RegistryClient, new_name: NewName, remark: Remark
) -> None:
    """Not where a version has one wheel: two that do not meet are published first."""
    name = new_name("one-after-the-other")
    publish(registry, wheel(name, "1.0", build="1"), wheel(name, "1.0", build="2"))
    in_every(
        raced.of_one_version,
        lambda heat: [f"refused: {each}" for each in heat.answers if not each.is_success] + [*unlisted(heat)],
        expected="every upload to be accepted (2xx), and every file to be listed",
    )
    remark(tried(len(raced.of_one_version)))


@check("race.different-projects")
def test_different_projects(
    race: Race, registry: RegistryClient, new_name: NewName, rounds: Rounds, remark: Remark
) -> None:
    refused, missing, times = [], [], 0
    for times in rounds.at_least(*APART).numbers():  # noqa: B007 - the last number counts
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
            where=f"{times} rounds of {MANY} uploads at the same moment, each to a new project",
        )
    remark(tried(times))


@check("race.version-set")
def test_version_set(watched: tuple[WatchedHeat, ...], remark: Remark) -> None:
    def wrong(heat: WatchedHeat) -> Iterator[str]:
        wanted = {distribution.version for distribution in (*heat.before, *heat.accepted)}
        for seen in heat.last:
            if seen.form == "json" and (missing := wanted - set(seen.page.versions or ())):
                yield f"versions without {', '.join(sorted(missing))}"

    in_every(watched, wrong, expected="`versions` to hold every accepted version")
    remark(tried(len(watched)))


def listed(seen: Look, heat: Heat) -> list[str]:
    """Return the sha256 of each entry that a page has for the file name of a round; an empty text without one."""
    name = heat.sent[0].filename
    return [file.hashes.get("sha256", "").lower() for file in seen.page.files if file.filename == name]


def unlisted(heat: Heat) -> Iterator[str]:
    """Say which page does not list a file that was accepted."""
    for seen in heat.last:
        for distribution in heat.accepted:
            if distribution.filename not in seen.page.filenames:
                yield f"{distribution.filename} was accepted, and is not listed in {seen.form.upper()}"
