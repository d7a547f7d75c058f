"""What many clients saw at once, and what was there afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.load import (
    both_forms,
    contested,
    contradictions,
    differing,
    require_own_pace,
    require_read,
    require_same_time,
    require_uploads,
    seconds_at,
    timeline,
    unsent,
    was_overwritten,
)
from conformance.verdicts import Deviation, Untestable

if TYPE_CHECKING:
    from conformance.kit.fixtures import Remark
    from conformance.kit.load import Traffic

PATIENT, TIMES = 5.0, 10
"""Seconds, and how many times as long as reading a page, that an upload may take."""

FEWEST, SLOW = 100, 5
"""How many uploads have a slowest 1%; and how many slow ones are more than 1% of fewer."""

MOST_LATE = 1.0
"""Seconds by which the load itself may be late where times are judged."""


@check("load.no-server-error")
def test_no_server_error(traffic: Traffic) -> None:
    seen = traffic.seen("server-error")
    if seen:
        number = f"{len(seen)} of {len(traffic.samples)} requests"
        raise Deviation(
            expected="no request to cause a server error (5xx) but 503",
            found=f"{seen[0].found}; {number}",
            where=seen[0].where,
        )


@check("load.new-files-accepted")
def test_new_files_accepted(traffic: Traffic) -> None:
    require_uploads(traffic)
    seen = traffic.seen("new-file-refused")
    where = seen[0].where if seen else ""
    expect.rule(
        "every upload of a new file to be accepted", broken_by=[each.found for each in seen], where=where
    )


@check("load.writers-not-starved")
def test_writers_not_starved(traffic: Traffic) -> None:
    require_uploads(traffic)
    require_own_pace(traffic, MOST_LATE)
    answered = [each for each in traffic.samples if each.status not in {0, 429}]
    uploads = seconds_at(answered, "upload", 0.99)
    reading = seconds_at(answered, "page", 0.99)
    limit = max(PATIENT, TIMES * reading)
    taken = [each.seconds for each in answered if each.purpose == "upload"]
    if len(taken) < FEWEST and sum(each > limit for each in taken) < SLOW:
        raise Untestable(
            f"{len(taken)} uploads are too few for the slowest 1% of them; give more --users or --time"
        )
    if uploads > limit:
        raise Deviation(
            expected=f"99% of the uploads to be answered within {PATIENT:g} s, or {TIMES} times as long as pages take",
            found=f"{uploads:.1f} s; pages took {reading:.1f} s",
            where="the uploads of the whole load",
        )


@check("load.accepted-is-listed")
def test_accepted_is_listed(traffic: Traffic) -> None:
    require_uploads(traffic)
    missing = [
        (project, file)
        for project, file in traffic.accepted
        if traffic.settled[project].was_read and file not in traffic.settled[project].listed
    ]
    where = traffic.settled[missing[0][0]].where if missing else ""
    if not missing:
        require_read(traffic)
    expect.rule(
        "every accepted file to be listed once the pages have settled",
        broken_by=[file for _, file in missing],
        where=where,
    )


@check("load.accepted-is-served")
def test_accepted_is_served(traffic: Traffic, remark: Remark) -> None:
    require_uploads(traffic)
    looked = {
        (project.name, file): content
        for project in traffic.settled.values()
        for file, content in project.served.items()
        if file in project.listed
    }
    gone = [key for key, content in looked.items() if content not in traffic.accepted[key]]
    left_out = sorted({each.found for each in traffic.seen("left-out")})
    if left_out:
        remark(f"files on other hosts take --i-own-this-registry: {', '.join(left_out)}")
    if not looked:
        raise Untestable("no accepted file could be downloaded after the load")
    if len(looked) < len(traffic.accepted):
        remark(f"downloaded {len(looked)} of {len(traffic.accepted)} accepted files")
    where = traffic.settled[gone[0][0]].where if gone else ""
    expect.rule(
        "every accepted file to be served with its bytes", broken_by=[file for _, file in gone], where=where
    )


@check("load.only-what-was-sent")
def test_only_what_was_sent(traffic: Traffic) -> None:
    require_uploads(traffic)
    require_same_time(traffic)
    found = unsent(traffic)
    expect.rule(
        "pages to list only files that were uploaded, with the hash of an upload",
        broken_by=dict.fromkeys(file for file, _ in found),
        where=found[0][1] if found else "",
    )


@check("load.one-winner")
def test_one_winner(traffic: Traffic) -> None:
    wrong = [group for group in contested(traffic) if not group.has_one_winner]
    expect.rule(
        "exactly one of the uploads of a file name with different bytes to be accepted",
        broken_by=[str(group) for group in wrong],
        where=timeline(wrong[0].uploads) if wrong else "",
    )


@check("load.one-order")
def test_one_order(traffic: Traffic, remark: Remark) -> None:
    require_uploads(traffic)
    require_same_time(traffic)
    found, undecided = contradictions(traffic)
    if undecided:
        remark(f"{undecided} of {len(traffic.by_project)} projects are undecided")
    unread = traffic.seen("no-page")
    if unread:
        remark(f"{len(unread)} pages could not be read, the first: {unread[0].found} ({unread[0].where})")
    if undecided and not found:
        raise Untestable(f"the search took too long for {undecided} of {len(traffic.by_project)} projects")
    if found:
        raise Deviation(
            expected="one order of the requests of each project to explain every response",
            found=f"none for {len(found)} of {len(traffic.by_project)} projects, with {traffic.patience:g} s to settle",
            where=f"{found[0][0].project}\n{timeline(found[0])}",
        )


@check("load.forms-agree")
def test_forms_agree(traffic: Traffic) -> None:
    require_uploads(traffic)
    found = [(each, differing(html, json)) for each, html, json in both_forms(traffic)]
    wrong = [(each, different) for each, different in found if different]
    expect.rule(
        "the HTML and the JSON form of each page to list the same files with the same hashes",
        broken_by=[each for _, different in wrong for each in different],
        where=wrong[0][0].where if wrong else "",
    )


@check("load.project-list")
def test_project_list(traffic: Traffic) -> None:
    require_uploads(traffic)
    if traffic.listed_projects is None:
        raise Untestable(f"the list of projects could not be read after the load: {traffic.root}")
    expect.rule(
        "every project with an accepted file to be in the list of projects",
        broken_by=sorted(traffic.settled.keys() - traffic.listed_projects),
        where=traffic.root,
    )


@check("load.hash-matches")
def test_hash_matches(traffic: Traffic) -> None:
    """Of a registry that overwrites files: between a page and a download, a file may have got other bytes."""
    seen = [each for each in traffic.seen("other-hash") if not was_overwritten(traffic, each)]
    expect.rule(
        "every download to have the bytes that its hash states",
        broken_by=[each.found for each in seen],
        where=seen[0].where if seen else "",
    )
