"""The catalogue and the checks match exactly, and bad rows do not get in."""

from __future__ import annotations

import ast
import re
from collections import Counter
from importlib.resources import files
from pathlib import Path

import pytest

from conformance.catalogue import BadRow, Requirement, catalogue, read_catalogue
from conformance.profiles import profile, profile_names
from conformance.run.probe import PROBED
from conformance.target import STATED

SOURCES = '[paper]\ntitle = "A paper"\n'
ROW = """
[[requirement]]
id = "area.one"
level = "MUST"
standing = "spec"
feature = "upload"
profiles = ["gitlab"]
statement = "It works."
source = "paper#section"
affects = "everyone"
since = "2026.11"
"""


def checked_ids() -> Counter[str]:
    """Read the ids from the checks' source: what `@check("…")` stands on."""
    folder = Path(str(files("conformance.checks")))
    ids: Counter[str] = Counter()
    for path in folder.rglob("test_*.py"):
        for function in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(function, ast.FunctionDef) and function.name.startswith("test_"):
                names = [
                    decorator.args[0].value
                    for decorator in function.decorator_list
                    if isinstance(decorator, ast.Call) and getattr(decorator.func, "id", "") == "check"
                ]
                assert len(names) == 1, f"{path.name}: {function.name} is the check of {names}"
                ids[names[0]] += 1
    return ids


def test_each_requirement_has_one_check_or_a_reason() -> None:
    ids = checked_ids()
    tested = {row.id for row in catalogue() if row.untested is None}
    assert [name for name, count in ids.items() if count != 1] == []
    assert tested - ids.keys() == set()
    assert ids.keys() - tested == set()


def test_each_check_lives_in_the_module_of_its_area() -> None:
    folder = Path(str(files("conformance.checks")))
    for path in folder.rglob("test_*.py"):
        area = path.relative_to(folder).parts[0]
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("@check("):
                assert line.startswith(f'@check("{area}.'), f"{path.name}: {line}"


def test_every_feature_is_stated_by_a_profile_or_found_by_the_probe() -> None:
    known = PROBED.union(STATED, *(profile(name).features for name in profile_names()))
    for row in catalogue():
        assert set(row.profiles) <= set(profile_names()), row.id
        if row.untested:
            continue
        for term in re.split(r"[|+]", row.feature):
            assert term.partition(">=")[0] in known, row.id


def test_a_statement_is_one_sentence() -> None:
    for row in catalogue():
        assert row.statement.endswith("."), row.id
        assert "\n" not in row.statement, row.id


def test_json_has_the_keys_of_the_catalogue() -> None:
    keys = {
        "id",
        "level",
        "standing",
        "feature",
        "profiles",
        "statement",
        "source",
        "affects",
        "since",
        "untested",
    }
    for row in catalogue():
        assert row.as_json().keys() == keys


def test_a_source_is_cited_by_title_and_anchor() -> None:
    known = catalogue()
    cited = known.cite(known["gitlab.duplicate.message"])
    assert cited == "GitLab PyPI Repository (GitLab documentation, 13.4), #uploading-packages"


def write(folder: Path, text: str) -> Path:
    (folder / "sources.toml").write_text(SOURCES, encoding="utf-8")
    (folder / "area.toml").write_text(text, encoding="utf-8")
    return folder


def test_a_whole_row_is_read(tmp_path: Path) -> None:
    row = read_catalogue(write(tmp_path, ROW))["area.one"]
    assert isinstance(row, Requirement)
    assert (row.area, row.profiles, row.untested) == ("area", ("gitlab",), None)


def test_a_row_takes_what_it_does_not_say_from_the_defaults_of_its_file(tmp_path: Path) -> None:
    defaults = '[defaults]\nlevel = "MAY"\nsince = "2027.02"\n'
    row = read_catalogue(write(tmp_path, defaults + ROW.replace('since = "2026.11"\n', "")))["area.one"]
    assert (row.level, row.since) == ("MUST", "2027.02")


def test_a_default_of_what_is_a_row_s_own_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadRow, match=r"area\.toml: \[defaults\] may not have \['id'\]"):
        read_catalogue(write(tmp_path, '[defaults]\nid = "area.one"\n' + ROW))


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (("since", "sinse"), "unknown keys"),
        (('since = "2026.11"\n', ""), "missing keys"),
        (("area.one", "other.one"), "an id is area"),
        (("area.one", "area.One"), "an id is area"),
        (("paper#section", "paper"), "is not <key"),
        (("paper#section", "book#section"), "is not <key"),
        (('"everyone"', '""'), "empty"),
        (("MUST", "SHALL"), "SHALL"),
    ],
)
def test_a_bad_row_is_refused(tmp_path: Path, change: tuple[str, str], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        read_catalogue(write(tmp_path, ROW.replace(*change)))


def test_a_row_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadRow, match="listed twice"):
        read_catalogue(write(tmp_path, ROW + ROW))
