"""What the report on clients says of a run, and what it is made of."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests

from conformance.client_report.default_faults import Deed, default_groups, named_group
from conformance.client_report.faulty_registry import (
    PROJECT,
    PUBLISHED,
    TO_UPLOAD,
    Asked,
    registry_with,
    summary_of,
)
from conformance.client_report.reaction import Coping, Did, coping, detail, last_words
from conformance.client_report.received_files import taken
from conformance.client_report.rendering import as_json, as_markdown, as_text
from conformance.client_report.report import Line, Report, Section
from conformance.client_report.scenarios import own_command
from conformance.clients import ClientMissing, ClientRun
from conformance.commands.main import main
from conformance.target.embedded import UnknownFault, misbehaving_server
from reference_server.faults import all_faults

if TYPE_CHECKING:
    from collections.abc import Mapping

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


def did(
    *,
    exit_code: int = 0,
    output: str = "",
    timed_out: bool = False,
    asked: Mapping[tuple[str, str, str], int] | None = None,
    left: Mapping[str, bool] | None = None,
) -> Did:
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
    return Did(
        run=run,
        asked=Asked(asked or {PAGE: 1, FILE: 1}),
        left={NEWEST: True} if left is None else left,
        said=output,
    )


USUAL = did()


@pytest.mark.parametrize(
    ("seen", "how", "in_detail"),
    [
        (did(), Coping.WORKED, ""),
        (did(asked={PAGE: 1}), Coping.WORKED, ""),
        (did(asked={PAGE: 2, FILE: 1}), Coping.RECOVERED, "asked once more"),
        (did(asked={PAGE: 3, FILE: 2}), Coping.RECOVERED, "asked 3 times more"),
        (did(exit_code=1, left={}), Coping.REFUSED, ""),
        (did(exit_code=1), Coping.REFUSED, "all was done nevertheless"),
        (did(exit_code=2, left={}, asked={PAGE: 6}), Coping.GAVE_UP, "6 attempts"),
        (did(left={}), Coping.WRONG, f"nothing instead of {NEWEST}"),
        (did(left={OLD: True}), Coping.WRONG, f"{OLD} instead of {NEWEST}"),
        (did(left={NEWEST: False}), Coping.WRONG, f"{NEWEST} is not what was published"),
        (did(left={}, asked={PAGE: 2}), Coping.WRONG, f"nothing instead of {NEWEST}"),
        (did(exit_code=-9, timed_out=True, left={}), Coping.HUNG, ""),
        (did(exit_code=2, output=TRACEBACK, left={}), Coping.CRASHED, ""),
        (did(exit_code=1, output=SHOWN_BY_POETRY, left={}), Coping.CRASHED, ""),
        (did(exit_code=-11, left={}), Coping.CRASHED, ""),
        (did(output=TRACEBACK), Coping.WORKED, ""),
    ],
)
def test_a_run_is_told_from_the_usual_one(seen: Did, how: Coping, in_detail: str) -> None:
    assert coping(seen, USUAL) is how
    assert detail(seen, USUAL) == in_detail


def test_a_client_that_never_leaves_anything_does_all_without() -> None:
    assert detail(did(exit_code=1, left={}), did(left={})) == ""


def test_what_is_usual_is_not_asked_again() -> None:
    assert coping(did(asked={PAGE: 2}), did(asked={PAGE: 2})) is Coping.WORKED


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
        (("error: failed\nhint: Use --resume-retries\n", ""), "error: failed"),
    ],
)
def test_the_last_words_are_those_of_the_last_error(streams: tuple[str, str], words: str) -> None:
    assert last_words(*streams) == words


def test_long_words_are_cut() -> None:
    assert last_words("word " * 100).endswith("…")


def test_requests_are_counted_by_kind() -> None:
    counts = {PAGE: 2, FILE: 1, ("GET", f"{FILE[1]}.metadata", ""): 3, ("POST", "/packages/pypi", ""): 4}
    assert Asked(counts).by_kind == {"pages": 2, "files": 1, "metadata": 3, "uploads": 4}


def test_the_default_list_has_all_trouble_and_only_faults_that_there_are() -> None:
    listed = [fault for group in default_groups() for fault in group.faults]
    assert len(listed) == len(set(listed))
    assert {kind().name for kind in all_faults() if kind.family == "trouble"} <= set(listed)
    assert all(summary_of(fault) for fault in listed)


def test_named_faults_are_met_by_those_who_can_meet_them() -> None:
    assert named_group(["truncated-downloads,first=2", "everyone-publishes"], met_by_all=False).faults == {
        "truncated-downloads,first=2": {Deed.READS},
        "everyone-publishes": set(Deed),
    }
    assert named_group(["truncated-downloads"], met_by_all=True).faults == {"truncated-downloads": set(Deed)}


def test_somebody_has_read_the_stale_page() -> None:
    with registry_with("stale-index") as registry:
        assert not registry.asked.counts
        assert {file.filename for file in files(registry.server)} == set(PUBLISHED)
        assert registry.uploaded == {}
        registry.server.registry.publish(TO_UPLOAD.filename, TO_UPLOAD.content)
        assert registry.uploaded == {TO_UPLOAD.filename: True}


def test_the_rest_of_a_file_is_the_file_again_and_a_part_of_it_is_not() -> None:
    with registry_with(None) as registry:
        url = registry.server.origin + "/a.whl"
        for part in ("bytes=5-", "bytes=0-4", "bytes=-4"):
            requests.get(url, headers={"Range": part}, timeout=10)
        requests.get(url, timeout=10)
        assert registry.asked.counts == {
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
    assert taken(folder, scratch=scratch) == {OLD: True, NEWEST: False}


def test_a_changed_installation_is_noticed(tmp_path: Path) -> None:
    folder, scratch = tmp_path / "folder", tmp_path / "scratch"
    scratch.mkdir()
    from zipfile import ZipFile

    with ZipFile(PUBLISHED[NEWEST].save(scratch)) as archive:
        archive.extractall(folder)
    assert taken(folder, scratch=scratch) == {NEWEST: True}
    (folder / PROJECT / "__init__.py").write_text("changed = True\n", encoding="utf-8")
    assert taken(folder, scratch=scratch) == {NEWEST: False}
    (folder / PROJECT / "__init__.py").unlink()
    assert taken(folder, scratch=scratch) == {NEWEST: False}


def test_what_a_command_does_is_seen_from_its_words() -> None:
    assert own_command(["python", "upload.py", "{file}"]).deed is Deed.UPLOADS
    assert own_command(["python", "-m", "pip", "download", "{project}"]).deed is Deed.READS
    with pytest.raises(ClientMissing, match="no such program"):
        own_command(["there-is-no-such-program"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--fault", "truncated-download"], "is it 'truncated-downloads'"),
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
    coping=Coping.WRONG,
    detail="nothing instead of a|b",
    exit_code=0,
    requests={"pages": 1},
    seconds=1.5,
    said="Server says: <b>no</b>",
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
    assert "latency: pip install: wrong: nothing instead of a|b (exit 0, pages 1, 1.5 s)" in as_text(REPORT)
    table = as_markdown(REPORT)
    assert "| `latency`<br>Waits. | **wrong**: nothing instead of a\\|b |" in table
    assert "| `latency` | pip install | 0 | pages 1 | 1.5 | Server says: &lt;b&gt;no&lt;/b&gt; |" in table
    assert "Left out: poetry cannot be started" in table
    read = json.loads(as_json(REPORT))
    assert (read["made"], read["sections"][0]["lines"][0]["coping"]) == ("2026-11-22", "wrong")


def test_the_document_names_exactly_the_faults_of_the_default_list() -> None:
    rows = re.findall(r"^\| `([^`]+)`<br>", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE)
    listed = [fault for group in default_groups() for fault in group.faults]
    assert sorted(row.replace("\\|", "|") for row in rows) == sorted(listed)
