"""What the report on clients says of a run, and what it is made of."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests

from conformance.client_report.default_faults import default_groups, named_group
from conformance.client_report.faulty_registry import (
    PROJECT,
    PUBLISHED,
    TO_UPLOAD,
    RequestCounts,
    faulty_registry,
    summary_of,
)
from conformance.client_report.reaction import Observation, Reaction, classify, detail, last_message
from conformance.client_report.received_files import received_files
from conformance.client_report.rendering import as_json, as_markdown, as_text
from conformance.client_report.report import Line, Report, Section
from conformance.client_report.scenarios import own_command
from conformance.clients import CLIENTS, Activity, ClientMissing, ClientRun, IndexURL
from conformance.commands.main import main
from conformance.target.embedded import UnknownFault, misbehaving_server
from conformance.wire.credential import Credential
from reference_server.faults import all_faults

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.clients import Client

DOCUMENT = Path(__file__).parents[3] / "docs" / "clients.md"
PAGE, FILE = ("GET", "/simple/demo/", ""), ("GET", "/files/demo-1.1-py3-none-any.whl", "")
NEWEST, OLD = "demo-1.1-py3-none-any.whl", "demo-1.0-py3-none-any.whl"
TRACEBACK = "Traceback (most recent call last):\n  File ...\nConnectionError: aborted\n"
SHOWN_BY_POETRY = """\
  - Installing demo (1.1)

  RuntimeError

  Hash for demo (1.1) not found in known hashes

  at /lib/poetry/installation/executor.py:830 in _validate_archive_hash
      826|

Cannot install demo.
"""


def observed(
    *,
    exit_code: int = 0,
    output: str = "",
    timed_out: bool = False,
    requests: Mapping[tuple[str, str, str], int] | None = None,
    files: Mapping[str, bool] | None = None,
) -> Observation:
    run = ClientRun(
        client="pip",
        version="1",
        command=("pip",),
        exit_code=exit_code,
        stdout=output,
        stderr="",
        duration=1.0,
        timed_out=timed_out,
    )
    return Observation(
        run=run,
        requests=RequestCounts(requests or {PAGE: 1, FILE: 1}),
        files={NEWEST: True} if files is None else files,
        message=output,
    )


USUAL = observed()


@pytest.mark.parametrize(
    ("run", "reaction", "in_detail"),
    [
        (observed(), Reaction.WORKED, ""),
        (observed(requests={PAGE: 1}), Reaction.WORKED, ""),
        (observed(requests={PAGE: 2, FILE: 1}), Reaction.RECOVERED, "asked once more"),
        (observed(requests={PAGE: 3, FILE: 2}), Reaction.RECOVERED, "asked 3 times more"),
        (observed(exit_code=1, files={}), Reaction.REFUSED, ""),
        (observed(exit_code=1), Reaction.REFUSED, "the files are right nevertheless"),
        (observed(exit_code=2, files={}, requests={PAGE: 6}), Reaction.GAVE_UP, "6 attempts"),
        (observed(files={}), Reaction.WRONG, f"nothing instead of {NEWEST}"),
        (observed(files={OLD: True}), Reaction.WRONG, f"{OLD} instead of {NEWEST}"),
        (observed(files={NEWEST: False}), Reaction.WRONG, f"{NEWEST} is not what was published"),
        (observed(files={}, requests={PAGE: 2}), Reaction.WRONG, f"nothing instead of {NEWEST}"),
        (observed(exit_code=-9, timed_out=True, files={}), Reaction.HUNG, ""),
        (observed(exit_code=2, output=TRACEBACK, files={}), Reaction.CRASHED, ""),
        (observed(exit_code=1, output=SHOWN_BY_POETRY, files={}), Reaction.CRASHED, ""),
        (observed(exit_code=-11, files={}), Reaction.CRASHED, ""),
        (observed(output=TRACEBACK), Reaction.WORKED, ""),
    ],
)
def test_a_run_is_classified_by_comparison(run: Observation, reaction: Reaction, in_detail: str) -> None:
    assert classify(run, USUAL) is reaction
    assert detail(run, USUAL) == in_detail


def test_a_client_that_never_leaves_anything_does_all_without() -> None:
    assert detail(observed(exit_code=1, files={}), observed(files={})) == ""


def test_what_is_usual_is_not_asked_again() -> None:
    assert classify(observed(requests={PAGE: 2}), observed(requests={PAGE: 2})) is Reaction.WORKED


@pytest.mark.parametrize(
    ("streams", "words"),
    [
        (("", "Collecting demo\nSaved demo\n"), "Saved demo"),
        (("", ""), ""),
        (("ERROR: first\nERROR: second\n    with more\n", "Collecting demo\n"), "ERROR: second with more"),
        (
            ("Creating virtualenv\n", SHOWN_BY_POETRY),
            "RuntimeError: Hash for demo (1.1) not found in known hashes",
        ),
        (("Using CPython\n  × No solution\n  ╰─▶ Because\n", ""), "× No solution ╰─▶ Because"),  # noqa: RUF001
        ((TRACEBACK, "Uploading\n"), "ConnectionError: aborted"),
        (("no network\nYou can also run your poetry command with -v to see more\n", ""), "no network"),
        (
            ("[NotFound]: no demo\nWARNING: Add '-v' to see the detailed traceback\n", ""),
            "[NotFound]: no demo",
        ),
        (("error: failed\nhint: Use --resume-retries\n", ""), "error: failed"),
    ],
)
def test_the_last_words_are_those_of_the_last_error(streams: tuple[str, str], words: str) -> None:
    assert last_message(*streams) == words


def test_long_words_are_cut() -> None:
    assert last_message("word " * 100).endswith("…")


def test_requests_are_counted_by_kind() -> None:
    counts = {PAGE: 2, FILE: 1, ("GET", f"{FILE[1]}.metadata", ""): 3, ("POST", "/packages/pypi", ""): 4}
    assert RequestCounts(counts).by_kind == {"pages": 2, "files": 1, "metadata": 3, "uploads": 4}


def test_the_default_list_has_all_trouble_and_only_faults_that_there_are() -> None:
    listed = [fault for group in default_groups() for fault in group.faults]
    assert len(listed) == len(set(listed))
    assert {kind().name for kind in all_faults() if kind.family == "trouble"} <= set(listed)
    assert all(summary_of(fault) for fault in listed)


def test_named_faults_are_met_by_those_who_can_meet_them() -> None:
    assert named_group(["truncated-downloads,first=2", "everyone-publishes"], met_by_all=False).faults == {
        "truncated-downloads,first=2": {Activity.READS},
        "everyone-publishes": set(Activity),
    }
    assert named_group(["truncated-downloads"], met_by_all=True).faults == {
        "truncated-downloads": set(Activity)
    }


def test_somebody_has_read_the_stale_page() -> None:
    with faulty_registry("stale-index") as registry:
        assert not registry.request_counts.counts
        assert {file.filename for file in files(registry.server)} == set(PUBLISHED)
        assert registry.uploaded == {}
        registry.server.registry.publish(TO_UPLOAD.filename, TO_UPLOAD.content)
        assert registry.uploaded == {TO_UPLOAD.filename: True}


def test_the_rest_of_a_file_is_the_file_again_and_a_part_of_it_is_not() -> None:
    with faulty_registry(None) as registry:
        url = registry.server.origin + "/a.whl"
        for part in ("bytes=5-", "bytes=0-4", "bytes=-4"):
            requests.get(url, headers={"Range": part}, timeout=10)
        requests.get(url, timeout=10)
        assert registry.request_counts.counts == {
            ("GET", "/a.whl", ""): 2,
            ("GET", "/a.whl", "bytes=0-4"): 1,
            ("GET", "/a.whl", "bytes=-4"): 1,
        }


def files(server: Any) -> list[Any]:
    return [file for package in server.registry.store.packages(1) for file in package.files]


def test_other_bytes_are_noticed(tmp_path: Path) -> None:
    folder, scratch = tmp_path / "folder", tmp_path / "scratch"
    (folder / "deep").mkdir(parents=True)
    scratch.mkdir()
    PUBLISHED[OLD].save(folder / "deep")
    (folder / NEWEST).write_bytes(PUBLISHED[NEWEST].content + b"more")
    assert received_files(folder, scratch=scratch) == {OLD: True, NEWEST: False}


def test_a_changed_installation_is_noticed(tmp_path: Path) -> None:
    folder, scratch = tmp_path / "folder", tmp_path / "scratch"
    scratch.mkdir()
    from zipfile import ZipFile

    with ZipFile(PUBLISHED[NEWEST].save(scratch)) as archive:
        archive.extractall(folder)
    assert received_files(folder, scratch=scratch) == {NEWEST: True}
    (folder / PROJECT / "__init__.py").write_text("changed = True\n", encoding="utf-8")
    assert received_files(folder, scratch=scratch) == {NEWEST: False}
    (folder / PROJECT / "__init__.py").unlink()
    assert received_files(folder, scratch=scratch) == {NEWEST: False}


def test_what_a_command_does_is_seen_from_its_words() -> None:
    assert own_command(["python", "upload.py", "{file}"]).activity is Activity.UPLOADS
    assert own_command(["python", "-m", "pip", "download", "{project}"]).activity is Activity.READS
    with pytest.raises(ClientMissing, match="no such program"):
        own_command(["there-is-no-such-program"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--fault", "truncated-download"], "did you mean 'truncated-downloads'"),
        (["--fault", "unavailable,x=1"], "has no option 'x'"),
        (["--fault", "unavailable", "--", "there-is-no-such-program"], "there is no such program"),
        (["--limit", "0"], "expected a number above 0, not '0'"),
        (["-o", "no/such/folder/report.md"], "cannot write no/such/folder/report.md: there is no folder"),
    ],
)
def test_a_mistake_is_explained(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    command = [] if "--" in arguments or "-o" in arguments else ["--", "python", "-c", ""]
    try:
        code: Any = main(["clients", *arguments, *command])
    except SystemExit as ended:  # argparse
        code = ended.code
    assert code == 2
    assert said in capsys.readouterr().err


def test_an_unknown_fault_is_named_before_anything_is_started() -> None:
    with pytest.raises(UnknownFault):
        misbehaving_server(["nonsense"])


LINE = Line(
    fault="latency",
    scenario="pip install",
    reaction=Reaction.WRONG,
    detail="nothing instead of a|b",
    exit_code=0,
    requests={"pages": 1},
    seconds=1.5,
    message="Server says: <b>no</b>",
)
REPORT = Report(
    made=date(2026, 11, 22),
    limit=150,
    clients={"pip": "26.3"},
    missing=("poetry cannot be started",),
    scenarios=("pip install",),
    usual=(LINE,),
    sections=(Section(title="Trouble", summaries={"latency": "Waits."}, lines=(LINE,)),),
)


def test_the_report_has_every_form() -> None:
    assert "latency: pip install: wrong: nothing instead of a|b (exit 0, 1 page request, 1.5 s)" in as_text(
        REPORT
    )
    table = as_markdown(REPORT)
    assert "| `latency`<br>Waits. | **wrong**: nothing instead of a\\|b |" in table
    assert "| `latency` | pip install | 0 | pages 1 | 1.5 | Server says: &lt;b&gt;no&lt;/b&gt; |" in table
    assert "Left out: poetry cannot be started" in table
    read = json.loads(as_json(REPORT))
    assert (read["made"], read["sections"][0]["lines"][0]["reaction"]) == ("2026-11-22", "wrong")


def test_the_document_names_exactly_the_faults_of_the_default_list() -> None:
    rows = re.findall(r"^\| `([^`]+)`<br>", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE)
    listed = [fault for group in default_groups() for fault in group.faults]
    assert sorted(row.replace("\\|", "|") for row in rows) == sorted(listed)


def test_each_column_of_the_document_is_the_use_of_a_client() -> None:
    """A client that joined after the document's date has no column yet."""
    titles = [use.title for client in CLIENTS for use in client.uses]
    (head,) = {
        line for line in DOCUMENT.read_text(encoding="utf-8").splitlines() if line.startswith("| fault | pip")
    }
    assert {*head.strip("| ").split(" | ")} <= {"fault", *titles}
    assert len({*titles}) == len(titles)


def test_the_report_is_about_all_clients_but_flit_which_uploads_only_what_it_builds() -> None:
    assert [client.name for client in CLIENTS if not client.uses] == ["flit"]
    assert all(client.builds for client in CLIENTS if not client.uses)


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.name)
def test_every_client_finds_its_registry_by_its_settings(client: type[Client]) -> None:
    """A client without settings would ask a public index."""
    index = IndexURL(
        "http://127.0.0.1:1/simple/", Credential(username="someone", password="secret-of-someone")
    )
    settings = client.settings(index, "http://127.0.0.1:1/upload/")
    assert any("secret-of-someone" in value for value in settings.values())
