"""Answers that are given again: when they are, and that none outlives the state that it describes."""

from __future__ import annotations

import json
import shutil
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

import pytest

from reference_server import create_app
from reference_server.app.kept_answers import ADDRESS, LONGEST_FILE, KeptAnswers, are_own
from reference_server.distributions import wheel
from reference_server.flavours import flavour_named, flavour_names
from reference_server.http.expect_continue import AWAITED
from reference_server.model import RegistryAccess, Role, TokenRecord, Visibility
from reference_server.model.errors import ForbiddenError
from reference_server.rules import Rules
from reference_server.rules.negotiation import SIMPLE_JSON
from reference_server.rules.ready_made import PASSWORD, PERSONAL_ACCESS_TOKENS
from reference_server.serving.default_registry import default_registry
from reference_server.serving.standalone import sending_at_once
from reference_server.sources.generated import GeneratedIndex, GeneratedStore
from reference_server.sources.opening import folder_store
from reference_server.sources.recording import LIST, VERSION, RecordedStore
from reference_server.store import MemoryStore
from reference_server.store.directory import StoreDirectory
from reference_server.store.sqlite import SQLiteStore

from .answers import Asked, Counter, Given, answer, basic, both

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from reference_server.rules.registry import Registry
    from reference_server.store.protocol import Store

PUBLIC, PRIVATE = "/api/v4/projects/2/packages/pypi", "/api/v4/projects/1/packages/pypi"
FILE = wheel("demo", "1.0", requires_python=">=3.8")
OWNER, GUEST = basic(PASSWORD), basic("reference-guest-token")
READS = tuple(
    Asked(base + below, method=method, headers=headers)
    for base, caller in ((PUBLIC, {}), (PUBLIC, OWNER), (PRIVATE, {}), (PRIVATE, OWNER), (PRIVATE, GUEST))
    for below in (
        "/simple/",
        "/simple/demo/",
        f"/files/{FILE.sha256}/{FILE.filename}",
        f"/files/{FILE.sha256}/{FILE.filename}.metadata",
    )
    for method in ("GET", "HEAD")
    for headers in (caller, {**caller, "Accept": SIMPLE_JSON, "Accept-Encoding": "gzip"})
) + tuple(
    Asked(f"/api/v4/{place}/simple/demo/", headers=OWNER)
    for place in ("groups/conformance/-/packages/pypi", "projects/conformance%2Fregistry/packages/pypi")
)


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 22, 12, 0, 0, 170_000, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return MemoryStore() if request.param == "memory" else SQLiteStore(tmp_path / "store")


@pytest.fixture
def registry(store: Store, clock: Clock) -> Iterator[Registry]:
    made = default_registry(now=clock, store=store)
    for owner in (1, 2):
        made.publish(FILE.filename, FILE.content, gitlab_project=owner)
    yield made
    made.close()


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> Counter:
    return Counter(monkeypatch)


def test_an_equal_request_is_not_answered_in_full_again(registry: Registry, full: Counter) -> None:
    app = create_app(registry)
    found = [each for each in READS if answer(app, each).status[:3] == "200"]
    assert len(found) == len(READS) - 16, "those without a credential for what is private"
    assert [each for each in found if full.of(app, each)] == []


@pytest.mark.parametrize("below", ["/simple/demo/", f"/files/{FILE.sha256}/{FILE.filename}"])
def test_a_request_with_the_current_tag_is_answered_again(
    registry: Registry, full: Counter, below: str
) -> None:
    app = create_app(registry)
    tag = dict(answer(app, Asked(PUBLIC + below)).headers)["ETag"]
    asked = Asked(PUBLIC + below, headers={"If-None-Match": tag})
    assert answer(app, asked).status[:3] == "304"
    assert full.of(app, asked) == 0


@pytest.mark.parametrize(
    "asked",
    [
        Asked(f"{PUBLIC}/simple/absent/"),
        Asked(f"{PUBLIC}/simple/"[:-1]),
        Asked(f"{PRIVATE}/simple/"),
        Asked("/api/v4/projects/2/packages"),
        Asked(f"{PUBLIC}/files/{FILE.sha256}/{FILE.filename}", headers={"Range": "bytes=0-3"}),
        Asked(f"{PUBLIC}/simple/demo/", environ={"CONTENT_LENGTH": "3"}),
        Asked(f"{PUBLIC}/simple/demo/", headers={"Transfer-Encoding": "chunked"}),
        Asked(f"{PUBLIC}/simple/demo/", headers={"Expect": "100-continue"}),
        Asked(f"{PUBLIC}/simple/demo/", headers={"Accept": "text/html\0"}),
    ],
    ids=lambda asked: f"{asked.path[-20:]} {' '.join(asked.headers)}",
)
def test_other_answers_are_not_given_again(registry: Registry, full: Counter, asked: Asked) -> None:
    app = create_app(registry)
    assert full.of(app, asked) == 1
    assert full.of(app, asked) == 1


def test_a_large_file_is_sent_piece_by_piece(registry: Registry, full: Counter) -> None:
    made = wheel("large", "1.0", size=LONGEST_FILE + 1)
    registry.publish(made.filename, made.content, gitlab_project=2)
    app, asked = create_app(registry), Asked(f"{PUBLIC}/files/{made.sha256}/{made.filename}")
    assert full.of(app, asked) == full.of(app, asked) == 1
    assert answer(app, asked).body == made.content


# what an answer depends on


class Noting(dict[str, Any]):
    """An environment that notes which of its keys are read by name."""

    def __init__(self, environ: dict[str, Any]) -> None:
        super().__init__(environ)
        self.read: set[str] = set()

    def __getitem__(self, name: str) -> Any:
        self.read.add(name)
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        self.read.add(name)
        return super().get(name, default)


def test_an_answer_depends_on_nothing_that_is_not_in_the_key(registry: Registry) -> None:
    app, read = create_app(registry), set[str]()
    for asked in READS:
        environ = Noting(asked.sent())
        pieces: Any = app(environ, lambda *_: lambda _: None)
        assert len([*pieces]) <= 1
        pieces.close()
        read |= environ.read
    of_bodies = {"CONTENT_LENGTH", "wsgi.input", "wsgi.input_terminated", AWAITED}
    others = {"REMOTE_ADDR", "werkzeug.request", "werkzeug.socket"}  # of no meaning for a request that reads
    assert {name for name in read if not name.startswith("HTTP_")} - of_bodies - {*ADDRESS} <= others


# changes


def project(registry: Registry, number: int, **changes: Any) -> None:
    found = registry.gitlab_project(str(number))
    registry.store.add_gitlab_project(replace(found, **changes))


def with_token(registry: Registry, **changes: Any) -> None:
    """Change the token of the owner, as a revocation does."""
    found = next(each for each in registry.store.tokens() if each.record.id == 1)
    registry.store.put_token(replace(found, **changes))


def uploaded(registry: Registry) -> None:
    later = wheel("demo", "2.0")
    for owner in (1, 2):
        registry.publish(later.filename, later.content, gitlab_project=owner)


CHANGES: dict[str, Callable[[Registry], Any]] = {
    "upload": uploaded,
    "another project": lambda registry: registry.publish("other-1.0.tar.gz", b"1", gitlab_project=2),
    "yank": lambda registry: registry.yank("demo", version="1.0"),
    "yank with a reason": lambda registry: registry.yank("demo", reason="why", gitlab_project=2),
    "status": lambda registry: registry.set_status("demo", "archived", gitlab_project=2),
    "quarantine": lambda registry: registry.set_status("demo", "quarantined"),
    "provenance": lambda registry: registry.attach_provenance("demo", FILE.filename, {"version": 1}),
    "time": lambda registry: registry.set_upload_time("demo", datetime(2020, 1, 1, tzinfo=UTC)),
    "file deleted": lambda registry: registry.delete("demo", filename=FILE.filename),
    "version deleted": lambda registry: registry.delete("demo", version="1.0", gitlab_project=2),
    "project deleted": lambda registry: registry.delete("demo"),
    "forgotten": lambda registry: registry.store.forget(),
    "switched off": lambda registry: project(registry, 2, packages_enabled=False),
    "private": lambda registry: project(registry, 2, visibility=Visibility.PRIVATE),
    "public": lambda registry: project(registry, 1, visibility=Visibility.PUBLIC),
    "open to everyone": lambda registry: project(registry, 1, registry_access=RegistryAccess.PUBLIC),
    "no members": lambda registry: project(registry, 1, members={"guest": Role.GUEST}),
    "renamed": lambda registry: project(registry, 1, full_path="other/registry"),
    "revoked": lambda registry: with_token(registry, revoked=True),
    "scopes": lambda registry: with_token(registry, scopes=frozenset()),
    "token removed": lambda registry: registry.store.remove_token(1),
    "expiry": lambda registry: with_token(registry, record=TokenRecord(id=1, expires_at=date(2026, 11, 22))),
}


def all_of(app: Any) -> list[Given]:
    return [answer(app, asked) for asked in READS]


@pytest.mark.parametrize("change", CHANGES)
def test_no_answer_outlives_a_change(registry: Registry, full: Counter, change: str) -> None:
    servers = both(registry)
    before = all_of(servers.again)
    assert sum(full.of(servers.again, asked) for asked in READS) < len(READS) / 2
    CHANGES[change](registry)
    after = all_of(servers.again)
    assert after == all_of(servers.in_full)
    assert after != before


def test_a_token_ends_on_its_day(registry: Registry, clock: Clock) -> None:
    with_token(registry, record=TokenRecord(id=1, expires_at=date(2026, 11, 23)))
    app, asked = create_app(registry), Asked(f"{PRIVATE}/simple/", headers=OWNER)
    assert [answer(app, asked).status[:3] for _ in range(2)] == ["200", "200"]
    clock.now += timedelta(days=1)
    assert answer(app, asked).status[:3] == "401"


def test_a_fault_acts_on_the_next_request(registry: Registry) -> None:
    app, asked = create_app(registry), Asked(f"{PUBLIC}/simple/demo/")
    right = [answer(app, asked) for _ in range(2)][1]
    with app.switchboard.switch_on("no-hashes") as fault:
        altered = answer(app, asked)
        assert b"#sha256=" in right.body
        assert b"#sha256=" not in altered.body
        assert fault.hits == 1
    assert answer(app, asked) == right


def test_what_a_fault_has_altered_is_not_given_again(registry: Registry) -> None:
    app, asked = create_app(registry), Asked(f"{PUBLIC}/simple/demo/")
    with app.switchboard.switch_on("no-hashes"):
        assert b"#sha256=" not in answer(app, asked).body
    assert b"#sha256=" in answer(app, asked).body


def test_varied_answers_are_never_given_again(registry: Registry, full: Counter) -> None:
    app, asked = create_app(registry, variety=1), Asked(f"{PUBLIC}/files/{FILE.sha256}/{FILE.filename}")
    assert full.of(app, asked) == full.of(app, asked) == 1


# files and stores


@pytest.fixture
def stored(tmp_path: Path, clock: Clock) -> Iterator[Registry]:
    made = default_registry(now=clock, store=SQLiteStore(tmp_path / "store"))
    made.publish(FILE.filename, FILE.content, gitlab_project=2)
    yield made
    made.close()


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("harm", ["damaged", "gone"])
def test_a_file_is_opened_for_each_answer(stored: Registry, tmp_path: Path, method: str, harm: str) -> None:
    servers = both(stored)
    asked = Asked(f"{PUBLIC}/files/{FILE.sha256}/{FILE.filename}", method)
    assert servers.of(asked).status[:3] == "200"
    path = tmp_path / "store" / "blobs" / FILE.sha256[:2] / FILE.sha256
    if harm == "gone":
        path.unlink()
    else:
        path.write_bytes(FILE.content[:-1])
    assert servers.of(asked).status[:3] == "500"


def test_a_store_that_is_taken_away_gives_no_answer_again(stored: Registry, tmp_path: Path) -> None:
    servers, asked = both(stored), Asked(f"{PUBLIC}/simple/demo/")
    assert servers.of(asked).status[:3] == "200"
    shutil.move(tmp_path / "store", tmp_path / "elsewhere")
    assert servers.of(asked).status[:3] == "503"
    shutil.move(tmp_path / "elsewhere", tmp_path / "store")


def test_a_writer_sees_its_own_changes(registry: Registry) -> None:
    app, asked = create_app(registry), Asked(f"{PUBLIC}/simple/demo/")
    before = [answer(app, asked) for _ in range(2)][1]
    with registry.store.lock:
        registry.yank("demo", gitlab_project=2)
        within = answer(app, asked)
    assert before != within == answer(app, asked)


def test_a_change_that_is_rolled_back_is_no_change(stored: Registry) -> None:
    servers, asked = both(stored), Asked(f"{PUBLIC}/simple/demo/")
    before = servers.of(asked)
    with suppress(KeyError), stored.store.lock:
        stored.yank("demo", gitlab_project=2)
        raise KeyError
    assert servers.of(asked) == before


@pytest.mark.parametrize("change", ["revoked", "token removed", "scopes"])
def test_who_reads_while_a_right_is_withdrawn_reads_no_more_afterwards(
    stored: Registry, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    """A request between the commit and the end of the change may still be answered; no later one may."""
    app, asked = create_app(stored), Asked(f"{PRIVATE}/simple/", headers=OWNER)
    assert answer(app, asked).status[:3] == "200"
    asked_within, noted = list[str](), StoreDirectory.note_change

    def note_change(directory: StoreDirectory) -> None:
        noted(directory)
        reader = Thread(target=lambda: asked_within.append(answer(app, asked).status))
        reader.start()
        reader.join()

    monkeypatch.setattr(StoreDirectory, "note_change", note_change)
    CHANGES[change](stored)
    assert len(asked_within) == 1
    assert [answer(app, asked).status[:3] for _ in range(2)] in (["401"] * 2, ["403"] * 2)


def test_a_recorded_file_that_is_gone_is_not_found(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "files" / FILE.sha256 / FILE.filename
    path.parent.mkdir(parents=True)
    path.write_bytes(FILE.content)
    file = {"filename": FILE.filename, "sha256": FILE.sha256, "size": len(FILE.content)}
    recording = {"recording": VERSION, "projects": [{"name": "demo", "files": [file]}]}
    (tmp_path / LIST).write_text(json.dumps(recording), encoding="utf-8")
    servers = both(default_registry(now=clock, store=RecordedStore(tmp_path, gitlab_project=2)))
    asked = Asked(f"{PUBLIC}/files/{FILE.sha256}/{FILE.filename}")
    assert servers.of(asked).status[:3] == "200"
    path.unlink()
    assert servers.of(asked).status[:3] == "404"
    assert [entry.status for entry in servers.again.log] == [200, 200, 404, 404]


def test_rules_of_a_test_are_asked_each_time(registry: Registry) -> None:
    open_to = {"anyone"}

    def authorize(*_: Any) -> None:
        if not open_to:
            raise ForbiddenError

    app = create_app(registry, rules=replace(registry.rules, authorize=authorize))
    asked = Asked(f"{PUBLIC}/simple/demo/")
    assert [answer(app, asked).status[:3] for _ in range(2)] == ["200", "200"]
    open_to.clear()
    assert answer(app, asked).status[:3] == "403"


def test_stores_whose_packages_change_unnoticed_have_no_edition(tmp_path: Path) -> None:
    FILE.save(tmp_path)
    assert folder_store(tmp_path, gitlab_project=1).edition is None
    assert GeneratedStore(GeneratedIndex(projects=3)).edition is None


def test_a_closed_store_has_no_edition(tmp_path: Path) -> None:
    store = SQLiteStore(tmp_path / "store")
    assert store.edition is not None
    store.close()
    assert store.edition is None


# threads


def test_every_reader_sees_what_was_published_before_it_asked(registry: Registry) -> None:
    app, asked = create_app(registry), Asked(f"{PUBLIC}/simple/demo/")
    published, stale, stopped = [1], list[tuple[int, int]](), Event()

    def read() -> None:
        seen = 0
        while not stopped.is_set():
            least = max(seen, published[0])
            seen = answer(app, asked).body.count(b"<a ")
            if seen < least:
                stale.append((seen, least))

    readers = [Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    try:
        for number in range(2, 20):
            made = wheel("demo", f"1.{number}")
            registry.publish(made.filename, made.content, gitlab_project=2)
            published[0] = number
            assert answer(app, asked).body.count(b"<a ") == number
    finally:
        stopped.set()
        for reader in readers:
            reader.join()
    assert not stale


def test_the_oldest_answers_go_first(
    registry: Registry, full: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    from reference_server.app import application

    monkeypatch.setattr(application, "KeptAnswers", lambda: KeptAnswers(limit=2))
    app = create_app(registry)
    asked = [Asked(f"{PUBLIC}/simple/demo/", headers={"User-Agent": str(number)}) for number in range(3)]
    for each in asked:
        answer(app, each)
    assert [full.of(app, each) for each in reversed(asked)] == [0, 0, 1]


def test_the_log_has_every_request(registry: Registry) -> None:
    app, ended = create_app(registry), list[Any]()
    app.log.on_end = ended.append
    asked = Asked(f"{PRIVATE}/simple/demo/", headers={**OWNER, "User-Agent": "pip/25.0"})
    body = [answer(app, asked).body for _ in range(3)][2]
    assert [entry.number for entry in app.log] == [1, 2, 3]
    assert [*app.log] == ended
    last = app.log[-1]
    assert (last.route, last.project, last.client, last.status, last.sent) == (
        "project_page",
        "demo",
        "pip",
        200,
        len(body),
    )
    assert (last.caller, last.username, last.broken_off) == ("personal access token", "__token__", False)
    assert last.headers["authorization"] == "Basic [hidden]"
    assert last.seconds is not None


@pytest.mark.parametrize("flavour", flavour_names())
def test_the_rules_of_each_flavour_let_answers_be_given_again(flavour: str) -> None:
    assert are_own(flavour_named(flavour).rules(Rules()))


@pytest.mark.parametrize(
    ("rule", "own"),
    [(str.lower, True), (str, True), ({"demo"}.__contains__, False), (lambda name: name, False)],
)
def test_a_rule_with_a_state_of_its_own_is_asked_each_time(rule: Any, *, own: bool) -> None:
    assert are_own(replace(Rules(), requested_name=rule)) is own


def test_an_entry_is_the_request_s_own(registry: Registry) -> None:
    app, plain = create_app(registry), Asked(f"{PUBLIC}/simple/demo/")
    typed = Asked(f"{PUBLIC}/simple/demo/", environ={"CONTENT_TYPE": "application/json"})
    for asked in (plain, typed, plain, typed):
        answer(app, asked)
    assert [entry.headers.get("content-type") for entry in app.log] == [None, "application/json"] * 2


def test_a_server_can_send_a_kept_answer_at_once(registry: Registry) -> None:
    app, asked = create_app(registry), Asked(f"{PUBLIC}/simple/demo/")
    whole = answer(app, asked).body
    assert sending_at_once(app)(asked.sent(), lambda *_: lambda _: None) == [whole]
    assert app.log[-1].sent == len(whole)
    assert app.log[-1].seconds is not None


def test_an_answer_ends_when_its_body_does(registry: Registry, full: Counter) -> None:
    app, asked = create_app(registry), Asked(f"{PUBLIC}/simple/demo/")
    whole = answer(app, asked).body
    before, pieces = full.number, app(asked.sent(), lambda *_: lambda _: None)
    assert (full.number - before, app.log[-1].sent, app.log[-1].seconds) == (0, 0, None)
    assert next(iter(pieces)) == whole
    assert (app.log[-1].sent, app.log[-1].seconds) == (len(whole), None)
    pieces.close()  # type: ignore[attr-defined]
    assert app.log[-1].seconds is not None


def test_the_owner_is_the_token_that_these_tests_change(registry: Registry) -> None:
    assert PERSONAL_ACCESS_TOKENS[0].secret == PASSWORD
    found = registry.store.personal_access_token(PASSWORD)
    assert found is not None
    assert found.record.id == 1
