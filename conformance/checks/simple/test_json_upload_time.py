"""When a file was uploaded."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from conformance.checks.simple.json_pages import every_value
from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.registry import skew
from conformance.kit.uploads.publishing import link, publish
from conformance.pages import JSON_V1
from conformance.verdicts import Deviation, NotApplicable, Untestable
from reference_server.distributions import sdist, wheel

if TYPE_CHECKING:
    from conformance.kit.fixtures import Index, NewName, RegistryClient
    from reference_server.distributions import Distribution

FRACTION = re.compile(r"\.\d*[1-9]")
FORM = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z", re.ASCII)

SKEW = timedelta(minutes=10)
"""How far two clocks may be apart; time zones are at least fifteen minutes apart."""


@dataclass(frozen=True, kw_only=True)
class Timed:
    """A file that was uploaded between two moments, by the target's clock, as its page showed it then and later."""

    before: datetime
    after: datetime
    at_first: str
    later: str | None
    where: str


@pytest.fixture(scope="session")
def timed(index: Index, registry: RegistryClient, new_name: NewName) -> Timed:
    """A file whose time of upload is known."""
    first = wheel(new_name("timed"), "1.0")
    before = datetime.now(UTC)
    publish(registry, first)
    after = datetime.now(UTC)
    date = registry.project_answer(first.name, accept=JSON_V1).headers.get("Date")
    ahead = skew(date, now=datetime.now(UTC))
    time = _upload_time(index, first)
    if time is None:
        raise NotApplicable("the registry states no `upload-time`")
    publish(registry, wheel(first.name, "1.1"))
    return Timed(
        before=before + ahead,
        after=after + ahead,
        at_first=time,
        later=_upload_time(index, first),
        where=str(index.json(first.name)),
    )


@check("simple.json.file.upload-time.format")
def test_format(index: Index) -> None:
    every_value(index, "upload-time", _is_time, kind="a time of the form yyyy-mm-ddThh:mm:ss.ffffffZ")


@check("simple.json.file.upload-time.utc")
def test_utc(timed: Timed) -> None:
    try:
        found = datetime.fromisoformat(timed.at_first)
    except ValueError as error:
        raise Untestable(f"`upload-time` {timed.at_first!r} is not a time") from error
    in_utc = found.replace(tzinfo=found.tzinfo or UTC)
    if not timed.before - SKEW <= in_utc <= timed.after + SKEW:
        raise Deviation(
            expected=f"`upload-time` to be about {timed.after:%Y-%m-%dT%H:%M:%SZ}, when the file was uploaded",
            found=timed.at_first,
            where=timed.where,
        )


@check("simple.json.file.upload-time.stable")
def test_stable(timed: Timed) -> None:
    expect.equal(timed.later, timed.at_first, of="`upload-time` after another upload", where=timed.where)


@check("simple.json.file.upload-time.per-file")
def test_per_file(registry: RegistryClient, index: Index, new_name: NewName) -> None:
    """Two uploads may be made in one second, but not in one microsecond: whole seconds say nothing."""
    name = new_name("times")
    files = (wheel(name, "1.0"), sdist(name, "1.0"))
    publish(registry, *files)
    page = index.json(name, fresh=True).page
    first, second = (link(page, file).upload_time for file in files)
    if first is None or second is None:
        raise NotApplicable("the registry states no `upload-time` of new files")
    if not FRACTION.search(first):
        raise NotApplicable(f"the registry states times in whole seconds: {first}")
    if first == second:
        raise Deviation(
            expected="another `upload-time` for each file of a version",
            found=f"{first} for both",
            where=page.where,
        )


def _upload_time(index: Index, distribution: Distribution) -> str | None:
    return link(index.json(distribution.name).page, distribution).upload_time


def _is_time(value: Any) -> bool:
    if not isinstance(value, str) or not FORM.fullmatch(value):
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True
