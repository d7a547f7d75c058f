"""Reading while something changes."""

from __future__ import annotations

import hashlib
from functools import partial
from typing import TYPE_CHECKING

from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.http import Answer, BrokenAnswer, Unreachable
from conformance.kit.races.held import HeldUpload
from conformance.kit.races.looks import TYPES, look, look_at
from conformance.kit.races.race import uploading
from conformance.kit.races.rounds import in_every, tried
from conformance.kit.uploads.publishing import publish
from conformance.kit.uploads.scenarios import link_to
from conformance.verdicts import Deviation, NotApplicable, Untestable
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conformance.checks.race.conftest import Delete
    from conformance.kit.fixtures import (
        Driver,
        NewName,
        Race,
        RegistryClient,
        Remark,
        Rounds,
        WatchedHeat,
    )
    from conformance.kit.races.looks import Look
    from reference_server.distributions import Distribution

LARGE = 1_000_000
"""Bytes of what counts as a large file, where the target takes it."""

PARALLEL = 8
"""How many downloads begin at the same moment."""

SHORT, SHORTER = (5, 0.2), (2, 0.1)
"""The least rounds, and the seconds that more of them may take."""


@check("race.upload-vs-read")
def test_upload_vs_read(watched: tuple[WatchedHeat, ...], remark: Remark) -> None:
    in_every(
        watched,
        lambda heat: heat.watch.broken_pages + heat.watch.broken_files,
        expected="every page to be whole and to list the earlier files, and every listed file to be whole",
    )
    remark(tried(len(watched)))


@check("race.metadata-with-file")
def test_metadata_with_file(watched: tuple[WatchedHeat, ...], remark: Remark) -> None:
    in_every(
        watched,
        lambda heat: heat.watch.missing_metadata,
        expected="every announced metadata file to be served",
    )
    remark(tried(len(watched)))


@check("race.yank-vs-read")
def test_yank_vs_read(
    race: Race,
    registry: RegistryClient,
    driver: Driver,
    new_name: NewName,
    rounds: Rounds,
    *,
    remark: Remark,
) -> None:
    file, sibling = (wheel(name, version) for name in [new_name("toggled")] for version in ("1.0", "1.1"))
    publish(registry, file, sibling)
    watches = []
    for _ in rounds.at_least(*SHORT).numbers():
        with race.watch(file.name, kept=[file.filename, sibling.filename]) as watch:
            driver.yank(file)
            driver.unyank(file)
        watches.append(watch)
    in_every(watches, lambda watch: watch.broken_pages, expected="every page to list both files")
    remark(tried(len(watches)))


@check("race.delete-vs-download")
def test_delete_vs_download(
    race: Race,
    registry: RegistryClient,
    delete: Delete,
    new_name: NewName,
    rounds: Rounds,
    *,
    remark: Remark,
) -> None:
    wrong, times = [], 0
    for times in rounds.at_least(*SHORT).numbers():  # noqa: B007 - the last number counts
        file = wheel(new_name("vanishing"), "1.0", size=LARGE // 10)
        publish(registry, file)
        url = link_to(registry, file)
        answer, _ = race(partial(_download, url), partial(_delete, delete, file))
        if answer is not None and answer.status == 200 and answer.content != file.content:
            wrong.append(f"200 with {_content_of(answer, file)}: {answer}")
    if wrong:
        expect.rule(
            "every successful download to be the whole file",
            broken_by=wrong,
            where=f"{times} downloads, each at the moment of the file's deletion",
        )
    remark(tried(times))


def _delete(delete: Delete, file: Distribution, _: RegistryClient) -> None:
    delete(file)


def _download(url: str, lane: RegistryClient) -> Answer | None:
    """Return what came whole; nothing where the transfer was cut off."""
    try:
        return lane.download(url)
    except (Unreachable, BrokenAnswer):
        return None


@check("race.parallel-download")
def test_parallel_download(
    race: Race, registry: RegistryClient, new_name: NewName, rounds: Rounds, remark: Remark
) -> None:
    limit = registry.target.max_file_size
    file = wheel(new_name("popular"), "1.0", size=min(LARGE, limit or LARGE))
    publish(registry, file)
    url = link_to(registry, file)
    wrong, times = [], 0
    for times in rounds.at_least(*SHORTER).numbers():  # noqa: B007 - the last number counts
        answers = race(*[lambda lane: lane.download(url)] * PARALLEL)
        wrong += [each for each in answers if each.status != 200 or each.content != file.content]
    if wrong:
        raise Deviation(
            expected=f"{times * PARALLEL} times {len(file.content)} bytes with sha256 {file.sha256}",
            found=f"{_content_of(wrong[0], file)}, and {len(wrong)} wrong answers of {times * PARALLEL}",
            where=f"{PARALLEL} downloads at the same moment, one of them {wrong[0]}",
        )
    remark(tried(times))


def _content_of(answer: Answer, file: Distribution) -> str:
    found = hashlib.sha256(answer.content).hexdigest()
    return f"{len(answer.content)} of {len(file.content)} bytes, with sha256 {found}"


@check("race.conditional-get")
def test_conditional_get(
    race: Race, registry: RegistryClient, new_name: NewName, rounds: Rounds, remark: Remark
) -> None:
    hidden, times = [], 0
    for times in rounds.at_least(*SHORT).numbers():  # noqa: B007 - the last number counts
        first, second = (wheel(name, version) for name in [new_name("kept")] for version in ("1.0", "1.1"))
        publish(registry, first)
        again = [partial(_read_again, seen) for seen in look_at(race.reader, first.name, race.forms)]
        upload, *_ = race(uploading(second), *(partial(_twice, read) for read in again))
        if not upload.is_success:
            raise Untestable(f"an upload that this check looks for was refused: {upload}")
        after = race.reader.read_each(lambda read: read(race.reader), again)
        hidden += [str(answer) for answer in after if answer.status == 304]
    hidden += _hidden_by_a_read_during_an_upload(race, registry, new_name)
    expect.rule(
        "a conditional request after an upload to be answered with the new page",
        broken_by=hidden,
        where=f"{times + 1} uploads to projects whose pages were read before, meanwhile and after",
    )
    remark(tried(times))


def _hidden_by_a_read_during_an_upload(
    race: Race, registry: RegistryClient, new_name: NewName
) -> Iterator[str]:
    """Read the pages again during an upload that waits for them; yield the answers that hide it afterwards."""
    first, second = (wheel(name, version) for name in [new_name("held")] for version in ("1.0", "1.1"))
    publish(registry, first)
    again = [partial(_read_again, look(race.reader, first.name, form)) for form in race.forms]
    held = HeldUpload(second)
    upload, _ = race(held.upload, held.during(lambda lane: [read(lane) for read in again]))
    if isinstance(upload, Answer) and upload.is_success:
        yield from (str(each) for each in (read(race.reader) for read in again) if each.status == 304)


def _twice(read: Callable[[RegistryClient], Answer], lane: RegistryClient) -> Answer:
    read(lane)
    return read(lane)


def _read_again(seen: Look, lane: RegistryClient) -> Answer:
    """Ask whether a page has changed. Raises NotApplicable where it has no ETag: a time is too coarse to tell."""
    if "ETag" not in seen.answer.headers:
        raise NotApplicable(f"pages come without an ETag: {seen.answer}")
    headers = {"Accept": TYPES[seen.form][0], "If-None-Match": seen.answer.headers["ETag"]}
    return lane.request("GET", seen.answer.url, headers=headers)
