"""What a yank changes on a page, and what it leaves as it was."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from conformance.checks.yank.still_listed import still_listed
from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.driver import Ability, require
from conformance.kit.kept_answers import not_kept
from conformance.kit.uploads.publishing import link, publish
from conformance.verdicts import NotApplicable, Untestable
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from conformance.kit.fixtures import Driver, Index, NewName, RegistryClient
    from conformance.kit.http import Answer
    from conformance.pages import FileLink
    from reference_server.distributions import Distribution

FIRST_REASON, SECOND_REASON = "wrong dependency", "d\u00e9faut: encore"
"""Two reasons; the second one takes no letter beyond Latin-1."""


@check("yank.link-kept")
def test_link_kept(registry: RegistryClient, index: Index, driver: Driver, new_name: NewName) -> None:
    require(driver, Ability.YANK)
    file = wheel(new_name("yanked-link"), "1.0")
    publish(registry, file)
    before = [_stated(link(page, file)) for page in index.pages(file.name, fresh=True)]
    driver.yank(file)
    with still_listed():
        after = [_stated(link(page, file)) for page in index.pages(file.name, fresh=True)]
    lost = [
        f"{key}: {now[key]!r} in place of {was[key]!r}"
        for was, now in zip(before, after, strict=True)
        for key in was
        if was[key] != now[key]
    ]
    expect.rule(
        "a yank to leave what a page says of a file as it was",
        broken_by=dict.fromkeys(lost),
        where=registry.project_url(file.name),
    )


def _stated(file: FileLink) -> dict[str, object]:
    """Return what a page says of a file, without its URL, which may be signed anew, and what has rows of its own."""
    return {
        "hashes": dict(file.hashes),
        "Requires-Python": file.requires_python,
        "size": file.size,
    }


@check("yank.other-versions")
def test_other_versions(registry: RegistryClient, index: Index, driver: Driver, new_name: NewName) -> None:
    """Of those before and after it, and of one whose number begins with its own."""
    require(driver, Ability.YANK)
    name = new_name("yanked-alone")
    yanked, *others = (wheel(name, version) for version in ("1.0", "0.9", "1.0.1", "1.1"))
    publish(registry, others[0], yanked, *others[1:])
    driver.yank(yanked, FIRST_REASON)
    pages = index.pages(name, fresh=True)
    if not any(link(page, yanked).yanked not in (None, False) for page in pages):
        raise Untestable("the yanked file has no mark itself; see the other checks of yanks")
    marked = {
        each.filename for page in pages for each in others if link(page, each).yanked not in (None, False)
    }
    expect.rule("files of other versions to have no mark", broken_by=marked, where=registry.project_url(name))


@check("yank.reason-renewed")
def test_reason_renewed(registry: RegistryClient, index: Index, driver: Driver, new_name: NewName) -> None:
    require(driver, Ability.YANK, Ability.UNYANK)
    file = wheel(new_name("yanked-again"), "1.0")
    publish(registry, file)
    driver.yank(file, FIRST_REASON)
    with still_listed():
        given = [link(page, file).yanked == FIRST_REASON for page in index.pages(file.name, fresh=True)]
    if not any(given):
        raise NotApplicable("no page gives the reason of a yank, and none has to; see yank.reason")
    driver.unyank(file)
    driver.yank(file, SECOND_REASON)
    moment = time.monotonic()
    if _other_reasons(index, file, given):
        registry.settling.wait_out(moment)
    late = _other_reasons(index, file, given)
    expect.rule(
        f"every page that gave the first reason to give the second, {SECOND_REASON!r}",
        broken_by=[late[answer] for answer in not_kept(late, registry.settling.limit)],
        where=registry.project_url(file.name),
    )


def _other_reasons(index: Index, file: Distribution, given: list[bool]) -> dict[Answer, str]:
    """Return what pages that give reasons give in place of the second one, by their answers."""
    with still_listed():
        found = [
            (answer, link(page, file).yanked) for answer, page in index.answered_pages(file.name, fresh=True)
        ]
    return {
        answer: repr(reason)
        for is_given, (answer, reason) in zip(given, found, strict=True)
        if is_given and reason != SECOND_REASON
    }
