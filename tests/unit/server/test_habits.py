"""What registries in production do: late, queued, throttled, cached, by another clock. As a client sees it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import pytest

from reference_server.faults import all_faults, fault_named
from reference_server.faults.habit import caching, throttling
from reference_server.rules.negotiation import SIMPLE_JSON
from reference_server.serving.default_registry import default_registry
from reference_server.serving.proxy import works_outside

if TYPE_CHECKING:
    from collections.abc import Callable

    from werkzeug.test import TestResponse

PYPI = "/projects/1/packages/pypi"
PAGE = f"{PYPI}/simple/demo-pkg/"
ROOT = f"{PYPI}/simple/"
JSON = {"Accept": SIMPLE_JSON}


class Clock:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 22, 12, 0, 0, 170_000, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def turn(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def monotonic(self) -> float:
        return self.now.timestamp()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def api(clock: Clock, api_with: Any) -> Callable[..., Any]:
    """Return the application of a registry by this clock, with one fault."""
    kind = type(api_with())

    def api(name: str, **options: Any) -> Any:
        return kind(default_registry(now=clock), [fault_named(name, **options)])

    return api


def hrefs(page: TestResponse) -> list[str]:
    return [file["url"] for file in page.get_json()["files"]]


def file_url(page: TestResponse) -> str:
    return f"{PYPI}/{hrefs(page)[0].removeprefix('../../')}"


@pytest.mark.parametrize("name", ["listed-late", "served-late"])
def test_an_upload_is_listed_late(name: str, api: Any, clock: Clock) -> None:
    late = api(name, seconds=2)
    assert late.upload().status_code == 201
    assert late.get(PAGE).status_code == 404
    assert late.get(ROOT, headers=JSON).get_json()["projects"] == []
    clock.turn(2)
    assert len(hrefs(late.get(PAGE, headers=JSON))) == 1
    assert late.get(ROOT, headers=JSON).get_json()["projects"] == [{"name": "demo-pkg"}]


@pytest.mark.parametrize(("name", "status"), [("listed-late", 200), ("served-late", 404)])
def test_a_new_file_is_served_or_not(name: str, status: int, api: Any, clock: Clock) -> None:
    late = api(name, seconds=2)
    late.upload()
    clock.turn(2)
    url = file_url(late.get(PAGE, headers=JSON))
    clock.turn(-1)
    assert [late.get(each).status_code for each in (url, f"{url}.metadata")] == [status, status]
    clock.turn(1)
    assert [late.get(each).status_code for each in (url, f"{url}.metadata")] == [200, 200]


def test_older_files_stay_listed(api: Any, clock: Clock) -> None:
    late = api("listed-late", seconds=2)
    late.upload()
    clock.turn(2)
    late.upload("demo_pkg-2.0-py3-none-any.whl", fields={"version": "2.0"})
    page = late.get(PAGE, headers=JSON).get_json()
    assert (len(page["files"]), page["versions"]) == (1, ["1.0"])


def test_an_upload_becomes_a_task(api: Any, clock: Clock) -> None:
    pulp = api("processed-late", seconds=3)
    answer = pulp.upload()
    assert answer.status_code == 202
    task = answer.get_json()["task"]
    assert task_of(pulp, task)["state"] == "running"
    assert pulp.get(PAGE).status_code == 404
    clock.turn(3)
    assert task_of(pulp, task) == {"pulp_href": task, "state": "completed", "error": None}
    assert pulp.get(PAGE).status_code == 200


@pytest.mark.parametrize("content", [None, b"no archive"], ids=["a duplicate", "an invalid file"])
def test_the_task_of_a_refused_upload_fails(content: bytes | None, api: Any, clock: Clock) -> None:
    pulp = api("processed-late")
    if content is None:
        pulp.upload()
    answer = pulp.upload(content=content)
    assert answer.status_code == 202
    clock.turn(1)
    failed = task_of(pulp, answer.get_json()["task"])
    assert failed["state"] == "failed"
    assert "message" in failed["error"]["description"]
    assert pulp.get(PAGE).status_code == (200 if content is None else 404)


def test_an_incomplete_form_and_an_unknown_user_are_refused_at_once(api: Any) -> None:
    pulp = api("processed-late")
    assert pulp.upload(without=["content"]).status_code == 400
    assert pulp.upload(without=["name"]).status_code == 400
    assert pulp.upload(password="wrong").status_code == 401


def test_a_task_may_be_named_elsewhere_or_not_at_all(api: Any) -> None:
    answer = api("processed-late", task="location").upload()
    assert answer.headers["Location"].startswith("/pulp/api/v3/tasks/")
    assert answer.get_json() == {}
    answer = api("processed-late", task="none").upload()
    assert (answer.status_code, answer.get_json(), "Location" in answer.headers) == (202, {}, False)


def test_tasks_are_not_public(api: Any) -> None:
    pulp = api("processed-late")
    task = pulp.upload().get_json()["task"]
    assert pulp.client.get(task).status_code == 401
    assert pulp.client.get(f"{task}x", headers={"PRIVATE-TOKEN": "reference-api-token"}).status_code == 404


def task_of(api: Any, path: str) -> Any:
    answer = api.client.get(path, headers={"PRIVATE-TOKEN": "reference-api-token"})
    assert answer.status_code == 200
    return answer.get_json()


def test_requests_above_the_limit_are_refused(
    api: Any, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttling, "time", clock)
    busy = api("throttled", requests=3, retry_after=2)
    answers = [busy.get(ROOT) for _ in range(5)]
    assert [each.status_code for each in answers] == [200, 200, 200, 429, 429]
    assert answers[-1].headers["Retry-After"] == "2"
    clock.turn(0.9)
    assert busy.get(ROOT).status_code == 429
    clock.turn(0.2)
    assert [busy.get(ROOT).status_code for _ in range(4)] == [200, 200, 200, 429]


def test_one_validator_for_all_pages(api: Any) -> None:
    shared = api("shared-validator")
    shared.upload()
    before = shared.get(PAGE).headers["ETag"]
    assert shared.get(PAGE, headers={"If-None-Match": before}).status_code == 304
    assert shared.get(PAGE, headers={"If-Match": '"other"'}).status_code == 412
    assert shared.get(ROOT).headers["ETag"] == before
    assert shared.get(PAGE, headers=JSON).headers["ETag"] != before
    shared.upload("other-1.0-py3-none-any.whl", fields={"name": "other"})
    after = shared.get(PAGE, headers={"If-None-Match": before})
    assert after.status_code == 200
    assert after.headers["ETag"] != before
    assert shared.request("HEAD", PAGE).headers["ETag"] == after.headers["ETag"]


@pytest.mark.parametrize("hours", [24, -24])
def test_a_wrong_clock_is_wrong_everywhere(hours: float, api: Any, clock: Clock) -> None:
    wrong = api("clock-wrong", hours=hours)
    wrong.upload()
    page = wrong.get(PAGE, headers=JSON)
    off = timedelta(hours=hours)
    there = clock.now + off
    assert page.get_json()["files"][0]["upload-time"] == there.strftime("%Y-%m-%dT%H:%M:%S.170000Z")
    date = parsedate_to_datetime(page.headers["Date"])
    assert abs(date - datetime.now(UTC) - off) < timedelta(minutes=10)
    file = wrong.get(file_url(page))
    modified = file.headers["Last-Modified"]
    assert parsedate_to_datetime(modified) == there.replace(microsecond=0)
    url = file_url(page)
    assert wrong.get(url, headers={"If-Modified-Since": modified}).status_code == 304
    (package,) = wrong.get("/projects/1/packages").get_json()
    assert package["created_at"] == there.strftime("%Y-%m-%dT%H:%M:%S.170Z")


def test_an_absurd_condition_is_ignored_by_a_wrong_clock(api: Any) -> None:
    wrong = api("clock-wrong", hours=24)
    for date in ("Mon, 01 Jan 0001 00:00:00 GMT", "Mon, 01 Jan 2001 00:00:00 +9999", "gibberish"):
        assert wrong.get(ROOT, headers={"If-Modified-Since": date}).status_code == 200


@pytest.fixture
def cached(api: Any, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(caching, "time", clock)
    return api("pages-cached", seconds=1)


def test_a_page_is_kept_for_a_second(cached: Any, clock: Clock) -> None:
    cached.upload()
    before = cached.get(PAGE)
    assert before.headers["Cache-Control"] == "private, max-age=1"
    file = cached.get(file_url(cached.get(PAGE, headers=JSON)))
    assert "immutable" in file.headers["Cache-Control"]
    clock.turn(1)
    before = cached.get(PAGE)
    cached.upload("demo_pkg-2.0-py3-none-any.whl", fields={"version": "2.0"})
    kept = cached.get(PAGE)
    assert (kept.get_data(), kept.headers["Age"]) == (before.get_data(), "0")
    assert b"demo_pkg-2.0" in cached.get(f"{PAGE}?other", headers=JSON).get_data()
    clock.turn(1)
    assert b"demo_pkg-2.0" in cached.get(PAGE).get_data()


def test_the_absence_of_a_page_is_kept(cached: Any, clock: Clock) -> None:
    assert cached.get(PAGE).status_code == 404
    cached.upload()
    assert cached.get(PAGE).status_code == 404
    clock.turn(1)
    assert cached.get(PAGE).status_code == 200


def test_a_kept_page_answers_conditions_and_head(cached: Any, clock: Clock) -> None:
    cached.upload()
    page = cached.get(PAGE)
    cached.upload("demo_pkg-2.0-py3-none-any.whl", fields={"version": "2.0"})
    tag = {"If-None-Match": page.headers["ETag"]}
    assert cached.get(PAGE, headers=tag).status_code == 304
    assert cached.request("HEAD", PAGE).headers["ETag"] == page.headers["ETag"]
    clock.turn(1)
    assert cached.get(PAGE, headers=tag).status_code == 200


def test_a_kept_page_is_compressed_for_those_who_ask(cached: Any) -> None:
    for number in range(12):
        cached.upload(f"demo_pkg-{number}-py3-none-any.whl", fields={"version": str(number)})
    gzip = {"Accept-Encoding": "gzip"}
    first, again = cached.get(PAGE, headers=gzip), cached.get(PAGE, headers=gzip)
    assert (again.headers["Content-Encoding"], again.get_data()) == ("gzip", first.get_data())
    assert cached.get(PAGE).get_data() != first.get_data()


def test_a_page_is_kept_for_its_caller_only(cached: Any) -> None:
    cached.upload()
    assert cached.get(PAGE).status_code == 200
    assert cached.get(PAGE, password=None).status_code == 401


@pytest.mark.parametrize(
    ("options", "asked", "expected"),
    [
        ({"form": "json"}, SIMPLE_JSON, (200, SIMPLE_JSON)),
        ({"form": "json"}, "text/html", (406, "text/plain")),
        ({"form": "json", "otherwise": "page"}, "text/html", (200, SIMPLE_JSON)),
        ({"form": "html"}, SIMPLE_JSON, (406, "text/plain")),
        ({"form": "html", "otherwise": "404"}, SIMPLE_JSON, (404, "text/plain")),
        ({"form": "html", "otherwise": "404"}, f"{SIMPLE_JSON}, text/html;q=0.1", (200, "text/html")),
        ({"form": "html"}, "text/html", (200, "text/html")),
    ],
)
def test_one_form_of_the_pages_is_offered(
    api: Any, options: dict[str, str], asked: str, expected: tuple[int, str]
) -> None:
    answer = api("one-form", **options).get(ROOT, headers={"Accept": asked})
    assert (answer.status_code, answer.mimetype) == expected


def test_a_form_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="it has json, html"):
        fault_named("one-form", form="xml")
    with pytest.raises(ValueError, match="it has 406, 404, page"):
        fault_named("one-form", otherwise="500")


def test_habits_have_names_and_most_stay_inside() -> None:
    habits = [kind() for kind in all_faults() if kind.family == "habit"]
    outside = {"throttled", "pages-cached"}
    inside = {"listed-late", "served-late", "processed-late", "shared-validator", "clock-wrong", "one-form"}
    assert {fault.name for fault in habits} == outside | inside
    assert {fault.name for fault in habits if works_outside(fault)} == outside
