"""`new`: stubs that leave the suite in working order, next to their nearest relatives."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from conformance.catalogue import catalogue, read_catalogue
from conformance.commands.main import main
from conformance.commands.new import append, check_id, checkout, defaults_of, nearest, stubs_of
from conformance.errors import UserError

ROOT = Path(__file__).parents[3]
ROWS = list(catalogue())


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the folders that stubs are written to."""
    for folder in ("conformance/catalogue", "conformance/checks", "reference_server/faults"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def test_the_stubs_stand_beside_the_nearest_of_their_kind(copy: Path) -> None:
    stubs = stubs_of("http.range.backwards", ROWS, copy)
    assert [stub.path.relative_to(copy).as_posix() for stub in stubs] == [
        "conformance/catalogue/http.toml",
        "conformance/checks/http/test_range.py",
        "reference_server/faults/http/ranges.py",
    ]


@pytest.mark.parametrize("name", ["http.range.backwards", "simple.html.new-words", "race.global.try-me"])
def test_the_suite_can_be_read_with_the_stubs(name: str, copy: Path) -> None:
    row, check, fault = stubs_of(name, ROWS, copy)
    for stub in (row, check, fault):
        append(stub)
    added = read_catalogue(copy / "conformance" / "catalogue")[name]
    assert added.statement == "Write me."
    for stub in (check, fault):
        text = stub.path.read_text(encoding="utf-8")
        compile(text, stub.path, "exec")
        assert stub.text in text
    assert f'raise NotImplementedError("write the check of {name}")' in check.text
    assert f'caught_by = ("{name}",)' in fault.text


def test_a_row_leaves_out_what_its_file_gives(copy: Path) -> None:
    row, *_ = stubs_of("simple.html.new-words", ROWS, copy)
    given = {line.partition(" ")[0] for line in row.text.splitlines() if " = " in line}
    assert given.isdisjoint(defaults_of(row.path).keys() - {"standing"})
    assert {"id", "statement", "source", "affects"} <= given


def test_a_new_module_has_what_its_stub_needs(copy: Path) -> None:
    shutil.rmtree(copy / "reference_server" / "faults" / "http")
    *_, fault = stubs_of("http.range.backwards", ROWS, copy)
    append(fault)
    assert fault.path.name == "range.py"
    assert "from reference_server.faults.fault import Fault\n" in fault.path.read_text(encoding="utf-8")


def test_the_nearest_share_words() -> None:
    assert {row.id for row in nearest("http.range.suffix-zero", ROWS)} >= {"http.range.suffix"}


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("http.head", "there is a requirement http.head already"),
        ("http.gone", "the id http.gone is retired"),
        ("HTTP.Head", "is not an id"),
        ("http", "is not an id"),
        ("colours.red", "there is no area 'colours'\nChoose one of: archive"),
    ],
)
def test_an_id_that_will_not_do(name: str, message: str) -> None:
    with pytest.raises(UserError) as raised:
        check_id(name, ROWS, {"http.gone"})
    assert message in str(raised.value)


def test_it_needs_a_checkout(tmp_path: Path) -> None:
    assert checkout(ROOT) == ROOT
    with pytest.raises(UserError, match="in a checkout of the project only"):
        checkout(tmp_path)


def test_a_taken_id_writes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new", "http.head"]) == 2
    assert "there is a requirement http.head already" in capsys.readouterr().err
