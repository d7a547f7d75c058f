"""`report`, `matrix` and `run --report` as they are typed."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

from conformance.commands.main import main
from conformance.profiles import profile
from conformance.report.formats import FORMATS, MATRIX_FORMATS
from conformance.run.checks_run import selected
from conformance.run.selection import Selection

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def result(table: Any, tmp_path: Path) -> Path:
    path = tmp_path / "result.json"
    path.write_text(json.dumps(table.add("simple.html.doctype", "failed").as_json()), encoding="utf-8")
    return path


@pytest.mark.parametrize("name", FORMATS)
def test_a_report_goes_to_a_file_or_to_the_output(
    name: str, result: Path, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    file = tmp_path / "report"
    assert main(["report", str(result), "--format", name, "-o", str(file)]) == 0
    assert main(["report", str(result), "--format", name]) == 0
    assert capfdbinary.readouterr().out == file.read_bytes() != b""


@pytest.mark.parametrize("name", MATRIX_FORMATS)
def test_a_matrix_names_what_it_cannot_read(
    name: str, result: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["matrix", str(tmp_path / "absent.json"), str(result), "--format", name]) == 2
    printed = capfd.readouterr()
    assert "simple.html.doctype" in printed.out
    assert printed.err.startswith("registry-conformance: cannot read")


def test_a_matrix_of_nothing_is_a_mistake(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["matrix", str(tmp_path / "one.json"), str(tmp_path / "other.json")]) == 2
    printed = capfd.readouterr()
    assert printed.out == ""
    assert printed.err.count("cannot read") == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["report", "absent.json"], "cannot read absent.json"),
        (["report", __file__], "is not a result"),
        (["report", "r.json", "--format", "pdf"], "invalid choice"),
        (
            ["report", "r.json", "-o", "/absent/folder/r.html"],
            "cannot write /absent/folder/r.html: there is no folder",
        ),
        (["run", "--report", "html"], "expected FORMAT=FILE, not 'html'"),
        (["run", "--report", "pdf=r.pdf"], "formats are text, html"),
        (
            ["run", "--report", "html=/absent/folder/r.html"],
            "cannot write /absent/folder/r.html: there is no folder",
        ),
    ],
)
def test_a_mistake_is_said_before_anything_is_done(
    arguments: list[str], message: str, capfd: pytest.CaptureFixture[str]
) -> None:
    try:
        code: Any = main(arguments)
    except SystemExit as exit_:  # argparse
        code = exit_.code
    assert code == 2
    assert message in capfd.readouterr().err


def test_a_run_writes_every_report_it_was_asked_for(tmp_path: Path, programs: Any) -> None:
    files = {name: tmp_path / name for name in FORMATS}
    options = [word for name, path in files.items() for word in ("--report", f"{name}={path}")]
    run = [sys.executable, "-m", "conformance", "run", "-k", "gitlab.page"]
    programs.must(*run, "--json", tmp_path / "r.json", *options)
    again = tmp_path / "again"
    for name, path in files.items():
        assert main(["report", str(tmp_path / "r.json"), "--format", name, "-o", str(again)]) == 0
        assert path.read_bytes() == again.read_bytes()


def test_a_run_that_cannot_begin_writes_its_reports(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    url = "http://127.0.0.1:1/api/v4/projects/1/packages/pypi"
    reports = ["junit=r.xml", "markdown=r.md", "html=r.html", "text=r.txt"]
    words = [word for each in reports for word in ("--report", each)]
    assert main(["run", url, "--username", "jane", "--password", "secret-of-jane", *words]) == 3
    assert "got no answer" in capsys.readouterr().err
    for name in ("r.xml", "r.md", "r.html", "r.txt"):
        assert "got no answer" in (tmp_path / name).read_text(encoding="utf-8")
    assert 'errors="1"' in (tmp_path / "r.xml").read_text(encoding="utf-8")


def listed(output: str) -> list[str]:
    _, *rows, _ = output.splitlines()
    return [row.split()[0] for row in rows]


def test_requirements_are_listed_by_their_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "Twine", "skip-existing"]) == 0
    rows = listed(capsys.readouterr().out)
    assert "upload.dup.message" in rows
    assert len(rows) < 20
    assert main(["list", "no", "such", "words"]) == 2
    assert "no requirement matches no such words" in capsys.readouterr().err


@pytest.mark.parametrize("keyword", ["gitlab.page", "yank and not html", "simple and (charset or doctype)"])
def test_a_list_by_an_expression_is_what_a_run_would_judge(
    keyword: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["list", "--profile", "gitlab", "-k", keyword]) == 0
    rows = listed(capsys.readouterr().out)
    assert frozenset(rows) == selected(profile("gitlab"), Selection(keyword=keyword))
    assert main(["list", "-k", keyword]) == 0
    assert {*rows} <= {*listed(capsys.readouterr().out)}


@pytest.mark.parametrize("keyword", ["gitlab page", "and", "simple and ("])
def test_a_list_by_no_expression_says_how_one_looks(keyword: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "-k", keyword]) == 2
    message = capsys.readouterr().err
    assert f"-k: {keyword!r} is not an expression of pytest" in message
    assert "Join words by `and`, `or` and `not`" in message


def test_scripts_make_their_folder(tmp_path: Path, table: Any, capsys: pytest.CaptureFixture[str]) -> None:
    result = tmp_path / "result.json"
    for name in ("simple.html.doctype", "simple.html.charset"):
        table.add(name, "failed")
    result.write_text(json.dumps(table.as_json()), encoding="utf-8")
    assert main(["script", str(result), "-o", str(tmp_path / "new" / "scripts")]) == 0
    assert len(list((tmp_path / "new" / "scripts").iterdir())) == 2
    assert main(["script", str(result), "-o", str(tmp_path / "one.py")]) == 2
    assert "there are 2 scripts" in capsys.readouterr().err


def test_a_matrix_can_be_cut_to_its_differences(
    tmp_path: Path, table: Any, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    paths = []
    for number, verdict in enumerate(("passed", "failed")):
        table.rows.clear()
        table.add("simple.html.doctype", "passed").add("simple.html.charset", verdict)
        paths.append(tmp_path / f"{number}.json")
        paths[-1].write_text(json.dumps(table.as_json()), encoding="utf-8")
    for words, agreed in (((), True), (("--differences",), False)):
        assert main(["matrix", *map(str, paths), *words]) == 0
        text = capsysbinary.readouterr().out.decode()
        assert "simple.html.charset" in text
        assert ("simple.html.doctype" in text) is agreed
