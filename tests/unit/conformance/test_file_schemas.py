"""The schemas that the suite publishes for registry.toml, the baseline, the ledger and the result."""

from __future__ import annotations

import json
import tomllib
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from conformance.commands.main import main
from conformance.commands.schema import FILES
from conformance.corpus.ledger import Entry, Ledger
from conformance.report.schemas import schema
from conformance.verdicts import Reason
from conformance.verdicts.baseline import Baseline, Known, write_baseline

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TARGETS = sorted((Path(__file__).parents[3] / "docs" / "targets").glob("*.toml"))


def accepts(name: str, document: Any) -> bool:
    """Tell whether a schema accepts a document; a date of TOML is text in JSON."""
    validator = jsonschema.Draft202012Validator(
        schema(name), format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    )
    return bool(validator.is_valid(json.loads(json.dumps(document, default=str))))


def settings(text: str) -> str:
    """Return an example with every setting that it leaves out."""
    lines = (line.removeprefix("#") if line[:2] != "# " else "" for line in text.splitlines())
    return "\n".join(lines)


@pytest.fixture
def baseline(tmp_path: Path) -> Any:
    rows = {
        "area.one": Known(id="area.one", reason=Reason.SPEC_GAP, signature="x", expires=date(2027, 1, 31)),
        "area.two": Known(id="area.two", reason=Reason.TARGET_BUG, signature="y", owner="o", issue="i"),
    }
    write_baseline(tmp_path / "baseline.toml", Baseline(rows))
    return tomllib.loads((tmp_path / "baseline.toml").read_text(encoding="utf-8"))


@pytest.fixture
def ledger(tmp_path: Path) -> list[Any]:
    written = Ledger(tmp_path / "run.jsonl")
    entry = Entry(url="http://host/", project="p", version="1.0", filename="p-1.0.tar.gz")
    written.add(entry)
    written.note_refusal(entry)
    return [json.loads(line) for line in written.path.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("name", FILES)
def test_it_is_a_schema_that_describes_every_table(name: str) -> None:
    found = schema(name)
    jsonschema.Draft202012Validator.check_schema(found)
    assert found["$id"] == f"urn:pypi-registry-conformance:{name}:1"
    assert [each for each in tables(found) if not each.get("description")] == []


def tables(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        if "properties" in node:
            yield node
        for value in node.values():
            yield from tables(value)


@pytest.mark.parametrize("path", TARGETS, ids=lambda path: path.stem)
@pytest.mark.parametrize("whole", [str, settings], ids=["as it is", "with every setting"])
def test_the_examples_of_registry_toml_are_accepted(path: Path, whole: Callable[[str], str]) -> None:
    assert accepts("registry.toml", tomllib.loads(whole(path.read_text(encoding="utf-8"))))


def test_what_is_written_is_accepted(baseline: Any, ledger: list[Any], every_verdict: Any) -> None:
    assert accepts("baseline", baseline)
    assert all(accepts("ledger", line) for line in ledger)
    assert accepts("result", every_verdict.as_json())
    assert accepts("result", every_verdict.stored().as_json())


@pytest.mark.parametrize(
    ("name", "document"),
    [
        ("registry.toml", {"colour": "red"}),
        ("registry.toml", {"profile": "gitlub"}),
        ("registry.toml", {"features": ["yonk"]}),
        ("registry.toml", {"credentials": {"default": {"user": "me"}}}),
        ("registry.toml", {"limits": {"max-file-size": "5 MB"}}),
        ("registry.toml", {"management": {"driver": "gitlub"}}),
        ("baseline", {"known": [{"id": "area.one", "reason": "laziness", "signature": "x"}]}),
        ("baseline", {"known": [{"id": "area.one", "reason": "spec-gap"}]}),
        ("baseline", {"known": [{"id": "a.b", "reason": "spec-gap", "signature": "x", "expires": "soon"}]}),
        ("ledger", {"url": "http://host/"}),
        ("ledger", {"refused": {"url": "http://host/"}}),
        ("result", {}),
        ("result", []),
    ],
    ids=str,
)
def test_what_is_wrong_is_rejected(name: str, document: Any) -> None:
    assert not accepts(name, document)


def test_the_schema_of_the_result_in_the_package_is_the_one_that_is_printed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["schema", "result"]) == 0
    checked_in = files("conformance.report").joinpath("result.schema.json").read_text(encoding="utf-8")
    assert capsys.readouterr().out == checked_in, "registry-conformance schema result > result.schema.json"


def test_without_a_name_the_files_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == list(FILES)


@pytest.mark.parametrize("name", FILES)
def test_a_schema_is_printed(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", name]) == 0
    assert json.loads(capsys.readouterr().out) == schema(name)
