"""The catalogue and the checks match exactly, and bad rows do not get in."""

from __future__ import annotations

import ast
import re
from collections import Counter
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest

from conformance.catalogue import BadRow, Level, Requirement, Standing, catalogue, read_catalogue
from conformance.catalogue.features import features_in
from conformance.profiles import HeldTo, profile, profile_names, under_load
from conformance.run.probe import PROBED
from conformance.target import STATED, driver
from conformance.target.drivers.table import driver_class, driver_names

from ..words import KEPT_OUT, NOT_NAMES, any_of

OFFERED = PROBED.union(
    STATED,
    {"auth-upload", "local-versions"},
    *(under_load(profile(name)).features for name in profile_names()),
)
"""What a target can be found to offer."""
LONGEST_STATEMENT = 115
UNIDIOMATIC = any_of((*KEPT_OUT, *NOT_NAMES))
FEATURES = '[publishing]\nupload = "Distributions are published."\n'
SOURCES = '[paper]\ntitle = "A paper"\n'
ROW = """
[[requirement]]
id = "area.one"
level = "MUST"
standing = "spec"
feature = "upload"
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
    for row in catalogue():
        if not row.untested:
            assert features_in(row.feature) <= OFFERED, row.id


def test_every_feature_has_its_sentence_and_each_sentence_its_feature() -> None:
    groups = catalogue().features.values()
    named = OFFERED.union(
        *(features_in(row.feature) for row in catalogue()),
        driver.FEATURES,
        *(driver_class(name).features for name in driver_names()),
    )
    assert Counter(feature for group in groups for feature in group) == Counter(named)
    for group in groups:
        for feature, sentence in group.items():
            assert re.fullmatch(r"(pip|twine|[A-Z]).*\.", sentence), feature


@pytest.mark.parametrize("name", profile_names())
def test_a_profile_is_held_to_what_there_is(name: str) -> None:
    held_to, known = profile(name).held_to, catalogue()
    assert held_to.standings <= set(Standing)
    assert held_to.groups <= known.features.keys()
    assert held_to.features <= {feature for group in known.features.values() for feature in group}
    for start in held_to.without:
        assert any(f"{row.id}.".startswith(f"{start}.") for row in known), start


@pytest.mark.parametrize("name", profile_names())
def test_a_profile_offers_no_feature_that_it_is_not_held_to(name: str) -> None:
    held_to = profile(name).held_to
    held = held_to.features.union(*(catalogue().features[group] for group in held_to.groups))
    assert profile(name).features - held <= {"pip"}, "an index is read by pip, and no check installs from one"


@pytest.mark.parametrize(
    ("name", "held", "not_held"),
    [
        (
            "gitlab",
            {"gitlab.upload.wheel", "integrity.route", "clients.pip.job-token"},
            {"upload.status-200"},
        ),
        ("index", {"simple.html.doctype", "auth.read.401"}, {"upload.dup.different", "auth.head-get-same"}),
        (
            "pep503-upload",
            {"upload.status-200", "clients.pip.latest"},
            {"gitlab.page.hash", "integrity.route"},
        ),
        ("pypi", {"upload.urls", "integrity.route"}, {"gitlab.page.hash", "clients.pip.latest"}),
    ],
)
def test_a_profile_is_held_to_its_features_and_standings(
    name: str, held: set[str], not_held: set[str]
) -> None:
    rows = {row.id for row in catalogue().for_profile(profile(name))}
    assert held <= rows
    assert not_held & rows == set()
    assert not_held <= catalogue().requirements.keys()


def test_a_requirement_of_either_of_two_features_takes_one_of_them() -> None:
    either = next(row for row in catalogue() if row.feature == "html|json")
    held_to = HeldTo(standings=frozenset({either.standing}), groups=frozenset(), features=frozenset({"json"}))
    assert either in catalogue().for_profile(replace(profile("index"), held_to=held_to))


def test_only_a_must_of_a_specification_is_violated() -> None:
    words = {(standing, level): standing.words(level) for standing in Standing for level in Level}
    assert len(set(words.values())) == len(words)
    assert [key for key, text in words.items() if "violates" in text] == [(Standing.SPEC, Level.MUST)]
    assert words[Standing.POLICY, Level.MUST] == "breaks a rule of the Python Package Index"
    assert words[Standing.SPEC, Level.SHOULD] == "departs from a recommendation of the specification"


def test_what_only_pypi_asks_for_is_its_policy_or_of_a_specification() -> None:
    for row in catalogue():
        if "pypi-policy" in features_in(row.feature):
            assert row.standing in {Standing.POLICY, Standing.SPEC}, row.id


def test_a_statement_is_one_short_sentence_that_begins_with_a_capital_code_or_the_name_of_a_client() -> None:
    for row in catalogue():
        assert re.fullmatch(r"([A-Z`]|pip |twine ).*[^.]\.", row.statement), row.id
        assert len(row.statement) <= LONGEST_STATEMENT, row.id


def test_the_catalogue_is_written_in_plain_english() -> None:
    for row in catalogue():
        for text in (row.statement, row.affects, row.untested or ""):
            assert not UNIDIOMATIC.search(text), f"{row.id}: {text}"


def test_json_has_the_keys_of_the_catalogue() -> None:
    keys = {
        "id",
        "level",
        "standing",
        "feature",
        "statement",
        "source",
        "affects",
        "since",
        "harm",
        "untested",
    }
    for row in catalogue():
        assert row.as_json().keys() == keys


def test_a_source_is_cited_by_title_and_anchor() -> None:
    known = catalogue()
    cited = known.cite(known["gitlab.duplicate.message"])
    assert cited == "GitLab PyPI Repository (GitLab documentation, 13.4), #uploading-packages"


def write(folder: Path, text: str) -> Path:
    (folder / "features.toml").write_text(FEATURES, encoding="utf-8")
    (folder / "sources.toml").write_text(SOURCES, encoding="utf-8")
    (folder / "area.toml").write_text(text, encoding="utf-8")
    return folder


def test_a_whole_row_is_read(tmp_path: Path) -> None:
    row = read_catalogue(write(tmp_path, ROW))["area.one"]
    assert isinstance(row, Requirement)
    assert (row.area, row.standing, row.untested) == ("area", "spec", None)


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
        (("since", "sinse"), "unknown field `sinse`"),
        (('since = "2026.11"\n', ""), "missing required field `since`"),
        (("area.one", "other.one"), r"area\.toml: other\.one: belongs to other\.toml"),
        (("area.one", "area.One"), r"regex .* at `\$\.id`"),
        (("paper#section", "paper"), "is not <key"),
        (("paper#section", "book#section"), "is not <key"),
        (('"everyone"', '""'), r"length >= 1 - at `\$\.affects`"),
        (('"upload"', '"uploads"'), r"features\.toml lacks \['uploads'\]"),
        (('"upload"', '"upload+"'), "'' is not a feature"),
        (("MUST", "SHALL"), r"area\.toml: area\.one: Invalid enum value 'SHALL' - at `\$\.level`"),
    ],
)
def test_a_bad_row_is_refused(tmp_path: Path, change: tuple[str, str], complaint: str) -> None:
    with pytest.raises(BadRow, match=complaint):
        read_catalogue(write(tmp_path, ROW.replace(*change)))


def test_a_row_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadRow, match="listed twice"):
        read_catalogue(write(tmp_path, ROW + ROW))


def test_each_row_names_who_suffers() -> None:
    """A command is no victim: each requirement names who suffers."""
    command = r"(pip|twine|uv) (install|upload|publish|index)\b(?!( --\S+)?, which)"
    victimless = re.compile(rf"no\b|none\b|only\b|registries\b|every install\b|setup\.py|{command}")
    assert [each.id for each in catalogue() if victimless.match(each.affects)] == []


def test_a_source_with_an_address_is_linked_with_its_anchor() -> None:
    assert catalogue().link(catalogue()["upload.dup.different"]) == ""
    linked = next(each for each in catalogue() if each.source == "rfc9110#section-14.1.2")
    assert catalogue().link(linked) == "https://www.rfc-editor.org/rfc/rfc9110.html#section-14.1.2"
    assert all(re.fullmatch(r"(https://[a-z.-]+/\S*)?", each.url) for each in catalogue().sources.values())
