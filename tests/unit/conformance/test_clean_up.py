"""Clean-up: lists of any length are walked to their end, and what was refused is not left."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from itertools import count
from threading import Barrier
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qs, urlsplit

import pytest
from werkzeug import Response

from conformance.corpus.ledger import Entry, Ledger
from conformance.run import clean_up as clean_up_module
from conformance.run.clean_up import clean_up
from conformance.target import target_from_table
from conformance.target.gitlab import MOST_PAGES, PAGE_SIZE, GitLab
from conformance.target.overlap import FAR
from conformance.target.registry_client import RegistryClient
from conformance.verdicts.options import TrafficLimits
from conformance.wire import Redactor, Session, Transcript, upload_form
from conformance.wire.answer_times import AnswerTimes
from conformance.wire.form import Part
from reference_server import ReferenceServer
from reference_server.distributions import wheel
from reference_server.faults import Fault

if TYPE_CHECKING:
    from pathlib import Path

    from reference_server.http.request import Request

DEADLINE = 20.0
"""Seconds after which a deletion that waits for others gives up."""

PACKAGES = PAGE_SIZE * (MOST_PAGES + 2) + 1


class LongList:
    """A registry with more packages than a check asks for."""

    target = SimpleNamespace(gitlab_api="http://host/projects/1", credential=lambda _: None)

    def request_bare(self, _method: str, url: str, **_: Any) -> Any:
        page = int(parse_qs(urlsplit(url).query)["page"][0])
        rows = [{"id": number} for number in range(PACKAGES)[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]]
        return SimpleNamespace(status=200, content=json.dumps(rows).encode())


@pytest.mark.parametrize(("most_pages", "found"), [(None, PACKAGES), (MOST_PAGES, MOST_PAGES * PAGE_SIZE)])
def test_a_long_list_is_walked_to_its_end(most_pages: int | None, found: int) -> None:
    gitlab = GitLab(cast("Any", LongList()))
    assert len(gitlab.packages(most_pages=most_pages)) == found


def entry(filename: str, url: str) -> Entry:
    return Entry(url=url, project="x", version="1.0", filename=filename)


def test_what_was_refused_is_not_left(tmp_path: Path) -> None:
    with ReferenceServer(flavour="pypi") as server:
        target = target_from_table({**server.target(), "management": None}, embedded=True)
        ledger = Ledger(tmp_path / "run.jsonl")
        ledger.add(entry("accepted.whl", target.url))
        ledger.add(entry("refused.whl", target.url))
        ledger.note_refusal(entry("refused.whl", target.url))
        transcript = Transcript()
        session = Session(transcript=transcript, redact=Redactor([]), limits=TrafficLimits())
        done = clean_up(ledger, target, session=session, transcript=transcript)
        session.close()
    assert done.left == (entry("accepted.whl", target.url),)


@pytest.mark.parametrize("broken_off", [True, False])
def test_an_upload_that_was_on_its_way_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, broken_off: bool
) -> None:
    """The registry stores it after the clean-up has looked for the first time."""
    distribution = wheel("conformance-abcdefgh-x", "1.0")
    with ReferenceServer() as server:
        target = target_from_table(server.target(), embedded=True)
        transcript = Transcript()
        session = Session(transcript=transcript, redact=Redactor([]), limits=TrafficLimits())
        ledger = Ledger(tmp_path / "abcdefgh.jsonl")
        registry = RegistryClient(target, session=session, transcript=transcript, ledger=ledger)
        registry.announce(distribution)
        monkeypatch.setattr(clean_up_module.time, "sleep", lambda _: registry.upload(distribution))
        done = clean_up(ledger, target, session=session, transcript=transcript, broken_off=broken_off)
        session.close()
        left = server.registry.packages(server.registry.gitlab_project("1"))
    assert (done.deleted, list(left), ledger.entries()) == (int(broken_off), [], ())


class Far(AnswerTimes):
    """The answers of a far registry, whatever this machine takes."""

    usual = FAR


class MeetsDeletions(Fault):
    """Lets deletions wait for each other, once one was alone; `refused` of them fail."""

    def __init__(self, number: int, *, refused: int = 0) -> None:
        self._together = Barrier(number)
        self._turns = count()
        self._refused = refused

    def handle(self, request: Request) -> Response | None:
        if request.method != "DELETE":
            return None
        turn = next(self._turns)
        if turn:
            self._together.wait(DEADLINE)  # breaks unless all of them are here
        return Response(status=403) if turn < self._refused else None


@pytest.mark.parametrize("refused", [0, 2])
@pytest.mark.parametrize("driver", ["gitlab", "reference", "http"])
def test_releases_of_a_far_registry_are_deleted_side_by_side(
    tmp_path: Path, refused: int, driver: str
) -> None:
    with ReferenceServer(faults=[MeetsDeletions(4, refused=refused)]) as server:
        base = server.url.replace("/api/v4/", "/-/reference/")
        settings = {"delete-release": f"{base}/{{project}}/versions/{{version}}"} if driver == "http" else {}
        management: dict[str, Any] = {"management": {"driver": driver, **settings}}
        target = target_from_table({**server.target(), **management}, embedded=True)
        transcript = Transcript()
        session = Session(transcript=transcript, redact=Redactor([]), limits=TrafficLimits())
        ledger = Ledger(tmp_path / "abcdefgh.jsonl")
        registry = RegistryClient(target, session=session, transcript=transcript, ledger=ledger)
        for number in range(5):
            registry.upload(wheel(f"conformance-abcdefgh-{number}", "1.0"))
        session._waits = Far()
        done = clean_up(ledger, target, session=session, transcript=transcript)
        session.close()
        left = server.registry.packages(server.registry.gitlab_project("1"))
    assert (done.deleted, len(done.left), len(left)) == (5 - refused, refused, refused)
    assert len(ledger.entries()) == refused
    assert done.reason.count("403") == min(refused, 1), "one reason stands for others of its kind"


def test_a_signature_is_in_the_ledger(tmp_path: Path) -> None:
    distribution = wheel("x", "1.0")
    signature = Part(name="gpg_signature", content=b"-", filename=f"{distribution.filename}.asc")
    form = upload_form(distribution)
    with ReferenceServer() as server:
        target = target_from_table(server.target(), embedded=True)
        transcript = Transcript()
        session = Session(transcript=transcript, redact=Redactor([]), limits=TrafficLimits())
        ledger = Ledger(tmp_path / "run.jsonl")
        registry = RegistryClient(target, session=session, transcript=transcript, ledger=ledger)
        registry.upload(distribution, form=type(form)(parts=(signature, *form.parts)))
        session.close()
    filenames = [each.filename for each in ledger.entries()]
    assert filenames == [distribution.filename, f"{distribution.filename}.asc"]


LINE = '{{"url": "{}", "project": "p", "version": "1", "filename": "f"}}\n'


def sweep(url: str, folder: Path) -> subprocess.CompletedProcess[str]:
    token = ("--username", "__token__", "--password", "reference-api-token")
    return subprocess.run(
        [sys.executable, "-m", "conformance", "sweep", url, *token, "--ledgers", str(folder)],
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        check=False,
    )


@pytest.mark.parametrize(
    ("content", "exit_code", "message"),
    [
        (LINE.format("http://[::1/"), 2, "url: Invalid IPv6 URL"),
        ("# notes\n", 2, "line 1: expected JSON"),
        (LINE.format("{url}") + "\n" + LINE.format("{url}")[:20], 0, "skipped 1 line"),
    ],
    ids=["odd URL", "no ledger", "torn"],
)
def test_no_ledger_is_an_error_of_ours(content: str, exit_code: int, message: str, tmp_path: Path) -> None:
    with ReferenceServer() as server:
        (tmp_path / "abcdefgh.jsonl").write_text(content.replace("{url}", server.url))
        swept = sweep(server.url, tmp_path)
    assert swept.returncode == exit_code, swept.stdout + swept.stderr
    assert message in swept.stdout + swept.stderr
    assert "Traceback" not in swept.stderr


def test_a_folder_below_a_file_is_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    swept = sweep("http://127.0.0.1:1/api/v4/projects/1/packages/pypi", tmp_path / "file" / "ledgers")
    assert swept.returncode == 2
    assert "cannot read" in swept.stderr
    assert "Traceback" not in swept.stderr
