"""How pages show that a file is yanked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.checks.yank.still_listed import still_listed
from conformance.checks.yank.yanked_project import REASON
from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.differences import written
from conformance.kit.driver import Ability, require
from conformance.kit.project_names import absent
from conformance.kit.uploads.publishing import link, publish
from conformance.pages import contradictions
from conformance.verdicts import NotApplicable, Untestable
from reference_server.distributions import sdist, wheel

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.checks.yank.yanked_project import Yanked
    from conformance.kit.fixtures import Driver, Index, NewName, RegistryClient
    from reference_server.distributions import Distribution

ATTRIBUTE = "data-yanked"


@check("yank.html.attribute")
def test_html_attribute(index: Index, yanked: Yanked) -> None:
    page = index.html(yanked.project).page
    files = (yanked.reasoned, yanked.plain, yanked.kept)
    found = {file.filename: ATTRIBUTE in link(page, file).raw for file in files}
    wanted = dict(zip(found, (True, True, False), strict=True))
    expect.equal(found, wanted, of=f"whether a link has {ATTRIBUTE}", where=page.where)


@check("yank.html.value-present")
def test_html_value_present(index: Index, projects: tuple[str, ...]) -> None:
    for name in projects:
        reading = index.html(name)
        anchors = [anchor for anchor in reading.document.plain_anchors if ATTRIBUTE in anchor.attributes]
        bare = [anchor.text for anchor in anchors if anchor.attributes[ATTRIBUTE] is None]
        expect.rule(f"every {ATTRIBUTE} to have a value", broken_by=bare, where=reading)


@check("yank.html.reason")
def test_html_reason(index: Index, yanked: Yanked) -> None:
    page = index.html(yanked.project).page
    found = link(page, yanked.reasoned).raw.get(ATTRIBUTE)
    if not found:
        raise NotApplicable("the page gives no reason, and none has to; see yank.reason")
    expect.equal(found, REASON, of=ATTRIBUTE, where=page.where)


@check("yank.json.value")
def test_json_value(index: Index, yanked: Yanked) -> None:
    page = index.json(yanked.project).page
    allowed = {yanked.reasoned: (True, REASON), yanked.plain: (True,)}
    found = {file: link(page, file).raw.get("yanked") for file in allowed}
    wrong = [
        f"{written(value)} for {file.filename}" for file, value in found.items() if value not in allowed[file]
    ]
    expect.rule(f"`yanked` to be true or the reason {REASON!r}", broken_by=wrong, where=page.where)


@check("yank.still-listed")
def test_still_listed(index: Index, yanked: Yanked) -> None:
    for page in index.pages(yanked.project):
        expect.listed(page, [yanked.reasoned.filename, yanked.plain.filename])


@check("yank.per-file")
def test_per_file(index: Index, yanked: Yanked) -> None:
    for page in index.pages(yanked.project):
        marked = link(page, yanked.sibling).yanked
        expect.equal(marked, None, of="the yank of a file that was not yanked", where=page.where)


@check("yank.survives-upload")
def test_survives_upload(registry: RegistryClient, index: Index, driver: Driver, new_name: NewName) -> None:
    require(driver, Ability.YANK)
    name = new_name("yanked-before")
    before, added = wheel(name, "1.0"), sdist(name, "1.0")
    publish(registry, before)
    driver.yank(before)
    with still_listed():
        marked = [link(page, before).yanked is not None for page in index.pages(name, fresh=True)]
    if not any(marked):
        raise Untestable("no page marks a yanked file; see the other checks of yanking")
    publish(registry, added)
    for was_marked, page in zip(marked, index.pages(name, fresh=True), strict=True):
        expect.listed(page, [added.filename])
        if was_marked:  # a page that shows the yank only now is late, and no more
            is_marked = link(page, before).yanked is not None
            expect.equal(
                is_marked, was_marked, of="whether the file is yanked, after an upload,", where=page.where
            )


@check("yank.upload-time-kept")
def test_upload_time_kept(registry: RegistryClient, index: Index, driver: Driver, new_name: NewName) -> None:
    require(driver, Ability.YANK)
    only = wheel(new_name("yanked-later"), "1.0")
    publish(registry, only)
    before = link(index.json(only.name, fresh=True).page, only).raw.get("upload-time")
    if before is None:
        raise NotApplicable("the registry states no `upload-time`")
    driver.yank(only)
    with still_listed():
        page = index.json(only.name, fresh=True).page
        after = link(page, only).raw.get("upload-time")
    expect.equal(after, before, of="the `upload-time` of a file that was yanked", where=page.where)


@check("yank.project-still-listed")
def test_project_still_listed(
    registry: RegistryClient, index: Index, driver: Driver, new_name: NewName
) -> None:
    """A list that is late is read again, and one that lacks the project without the yank says nothing."""
    require(driver, Ability.YANK)
    only = wheel(new_name("yanked-whole"), "1.0")
    publish(registry, only)
    driver.yank(only)
    roots = index.roots(fresh=True)
    if any(absent([only.name], root) for root in roots):
        registry.settling.wait()
        roots = index.roots(fresh=True)
    if any(absent([only.name], root) for root in roots):
        driver.unyank(only)
        later = index.roots(fresh=True)
        if all(absent([only.name], root) for root in later):
            raise Untestable("the list of projects lacks a new project; see simple.root.lists-uploads")
        shown = [not absent([only.name], root) for root in later]
        roots = [root for root, is_shown in zip(roots, shown, strict=True) if is_shown]
    lacking = [root for root in roots if absent([only.name], root)]
    expect.rule(
        "a project whose only file is yanked to be on the list of projects",
        broken_by=[f"{only.name} is missing on {root.where}" for root in lacking],
        where=only.name,
    )


@check("yank.html-json-agree")
def test_html_json_agree(index: Index, projects: tuple[str, ...]) -> None:
    for name in projects:
        html, json = index.html(name).page, index.json(name).page
        expect.rule(
            "HTML and JSON not to contradict each other on yanks",
            broken_by=map(contradictions.written, contradictions.yanks(html, json)),
            where=f"{html.where}, {json.where}",
        )


@check("yank.reason")
def test_reason(index: Index, yanked: Yanked) -> None:
    for page in index.pages(yanked.project):
        marked = link(page, yanked.reasoned).yanked
        silent = [yanked.reasoned.filename] if marked is True else []
        expect.rule("a mark of a yank to give its reason", broken_by=silent, where=page.where)


@check("yank.unyank", alone=True)  # other checks read the same project
def test_unyank(index: Index, yanked: Yanked, driver: Driver) -> None:
    file = yanked.plain
    seen = 0
    changes: tuple[tuple[str, Callable[[Distribution], None], bool], ...] = (
        ("unyank", driver.unyank, False),
        ("yank with a reason", lambda each: driver.yank(each, "once more"), True),
        ("unyank", driver.unyank, False),
        ("yank", driver.yank, True),
    )
    for what, change, marked in changes:
        change(file)
        for page in index.pages(file.name, fresh=True):
            if link(page, yanked.reasoned).yanked is None:
                continue  # this form shows no yanks
            found = link(page, file).yanked is not None
            expect.equal(found, marked, of=f"whether the file is yanked, after {what},", where=page.where)
            seen += 1
    if not seen:
        raise Untestable("no page marks a yanked file; see the other checks of yanking")
