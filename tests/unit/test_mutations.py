"""What the mutation testing changes: code, one place at a time, and each change under a name of its own."""

from __future__ import annotations

import ast
import sys
from collections import Counter
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def mutations() -> Any:
    """The module under test, which is in no package."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT))
        return import_module("tests.mutants.mutations")


@pytest.fixture(scope="module")
def results() -> Any:
    """The module that knows survivors, which is in no package."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT))
        return import_module("tests.mutants.results")


@pytest.fixture(scope="module")
def plan() -> Any:
    """The module that chooses checks, which is in no package."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT))
        return import_module("tests.mutants.plan")


CHANGES = {
    "x = a == b": ["a != b"],
    "x = a < b": ["a <= b"],
    "x = a in b": ["a not in b"],
    "x = a and not b": ["a or not b", "b"],
    "x = a + b": ["a - b"],
    "x = a + 'text'": ["'textX'"],
    "x = b if a else c": ["b", "c"],
    "x = 2": ["3", "1"],
    "x = 0": ["1"],
    "x = True": ["False"],
    "x = b'y'": ["b'yX'"],
    "f(x)": ["pass"],
    "x += y": ["pass"],
    "raise E": ["pass"],
    "def f():\n return x": ["return None"],
    "def f():\n return None": [],
    "if a:\n f()": ["if True", "if False", "pass"],
    "while a:\n break": ["while False", "continue"],
    "'''A docstring.'''": [],
    "def f(x: 'int' = 1) -> 'str': ...": ["2"],
    "import a\nfrom b import c\n__all__ = ['c']": [],
    "if TYPE_CHECKING:\n f()": [],
    "x = [y for y in z if y]": [],
}


@pytest.mark.parametrize(("source", "changes"), CHANGES.items(), ids=list(CHANGES))
def test_a_place_is_changed_in_each_way(source: str, changes: list[str], mutations: Any) -> None:
    found = mutations.mutations_of(source, "module.py")
    assert [each.after for each in found] == changes
    for each in found:
        changed = ast.unparse(mutations.mutated(source, each.index))
        assert changed != ast.unparse(ast.parse(source))


def test_the_others_stay_as_they_are(mutations: Any) -> None:
    source = "a = 1\nb = 1\n\ndef f():\n    return a == b\n"
    changed = [ast.unparse(mutations.mutated(source, each)).split("\n") for each in range(4)]
    assert [lines[:2] for lines in changed] == [
        ["a = 2", "b = 1"],
        ["a = 1", "b = 2"],
        *[["a = 1", "b = 1"]] * 2,
    ]


def test_each_mutant_of_the_server_has_a_name_of_its_own_and_compiles(mutations: Any) -> None:
    keys: Counter[str] = Counter()
    for path in sorted((ROOT / "reference_server" / "rules").rglob("*.py")):
        source = path.read_text(encoding="utf-8")
        found = mutations.mutations_of(source, path.relative_to(ROOT).as_posix())
        keys.update(each.key for each in found)
        for each in found[::20]:
            compile(mutations.mutated(source, each.index), path, "exec")
    assert len(keys) > 400
    assert set(keys.values()) == {1}


def test_a_part_is_known_as_a_whole_and_a_survivor_by_its_name(mutations: Any, results: Any) -> None:
    known = results.Known()
    part = known.parts[0]
    inside = mutations.Mutation(
        file=f"{part.under}x.py", index=0, line=1, function="f", before="1", after="2"
    )
    assert known.is_in_part(inside)
    assert known.of(inside) is part
    survivor = next(iter(known.survivors.values()))
    file, _, rest = survivor.mutant.partition("::")
    function, _, change = rest.partition(": ")
    before, _, after = change.partition(" → ")
    alone = mutations.Mutation(file=file, index=0, line=1, function=function, before=before, after=after)
    assert (known.of(alone), known.is_in_part(alone)) == (survivor, False)
    other = mutations.Mutation(file=file, index=0, line=1, function=function, before=before, after="other")
    assert known.of(other) is None


@pytest.mark.skipif(sys.version_info < (3, 12), reason="3.11 writes f-strings with other quotes")
def test_each_survivor_is_a_mutant_of_the_server(mutations: Any, results: Any) -> None:
    known = results.Known().survivors
    files = {name.partition("::")[0] for name in known}
    found = {
        each.key
        for name in files
        for each in mutations.mutations_of((ROOT / name).read_text(encoding="utf-8"), name)
    }
    assert len(known) > 300
    assert known.keys() - found == set()


def test_a_constant_is_judged_where_checks_run_the_rest_of_its_file(mutations: Any, plan: Any) -> None:
    constant = mutations.Mutation(
        file="reference_server/http/a.py", index=0, line=1, function="", before="1", after="2"
    )
    imported = {"reference_server/http/a.py": {1: [""]}}
    reaches = dict.fromkeys(plan.FLAVOURS, imported)
    assert plan.own_flavour(constant, reaches) == "reference"
    reaches |= {"gitlab": {"reference_server/http/a.py": {1: [""], 9: ["", "http.range.single"]}}}
    assert plan.own_flavour(constant, reaches) == "gitlab"
    assert plan.near(constant, reaches["gitlab"]) == ["http.range.single"]
    assert plan.near(constant, reaches["pypi"]) == []


def test_data_of_a_vendor_is_judged_in_each_of_its_flavours(mutations: Any, plan: Any) -> None:
    file = "reference_server/flavours/gitlab_words.py"
    datum = mutations.Mutation(file=file, index=0, line=1, function="", before="1", after="2")
    imported = {file: {1: [""]}}
    reaches = dict.fromkeys(plan.FLAVOURS, imported)
    (trial,) = plan.planned([datum], reaches)
    assert [flavour for flavour, _ in trial.batches] == ["gitlab", "gitlab-13.4"]


def test_what_only_a_long_list_runs_is_judged_in_the_flavour_that_runs_it(mutations: Any, plan: Any) -> None:
    file = "reference_server/rendering/gitlab_html.py"
    line = mutations.Mutation(file=file, index=0, line=1, function="", before="1", after="2")
    reaches: dict[str, Any] = {flavour: {} for flavour in plan.FLAVOURS}
    reaches["gitlab, many projects"] = {file: {1: ["http.root.gzip"]}}
    (trial,) = plan.planned([line], reaches)
    assert [flavour for flavour, _ in trial.batches] == ["gitlab, many projects"] * 2
    assert trial.batches[0][1] == ["http.root.gzip"]
    assert "simple.root.served" in trial.batches[1][1]


def test_a_survivor_that_is_not_known_is_judged_by_all_that_run_it_in_other_flavours(
    mutations: Any, plan: Any
) -> None:
    file = "reference_server/http/a.py"
    line = mutations.Mutation(file=file, index=0, line=1, function="", before="1", after="2")
    rows = sorted(plan.held_by("gitlab") & plan.held_by("reference"))[: 2 * plan.FIRST]
    reaches: dict[str, Any] = {each: {file: {1: rows}} for each in plan.FLAVOURS}
    (trial,) = plan.planned([line], reaches)
    assert [batch for flavour, batch in trial.batches if flavour == "gitlab"] == [rows]
    known = next(iter(plan.Known().survivors))
    path, _, change = known.partition("::")
    function, _, text = change.partition(": ")
    before, _, after = text.partition(" → ")
    line = mutations.Mutation(file=path, index=0, line=1, function=function, before=before, after=after)
    reaches = {each: {path: {1: rows}} for each in plan.FLAVOURS}
    (trial,) = plan.planned([line], reaches)
    assert [len(batch) for flavour, batch in trial.batches if flavour == "gitlab"] == [plan.FIRST]


def test_what_leaves_a_check_nothing_to_judge_by_survives_with_a_word_of_its_own(
    monkeypatch: pytest.MonkeyPatch, results: Any
) -> None:
    trials = import_module("tests.mutants.trials")
    said = [[("a", "passed"), ("b", "untestable")], [("c", "passed")]]
    judged = (SimpleNamespace(results=[SimpleNamespace(id=i, verdict=v) for i, v in each]) for each in said)
    monkeypatch.setattr(trials, "judged", lambda *_, **__: next(judged))
    assert trials.outcome([("reference", ["a", "b"]), ("pypi", ["c"])]) == ("untestable", "b")
    assert "untestable" in results.ALIVE


def test_a_trial_without_end_is_ended_by_its_processor_time(
    mutations: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    trials = import_module("tests.mutants.trials")
    mutation = mutations.Mutation(file="a.py", index=0, line=1, function="", before="1", after="2")

    def loop(_trial: Any, answer: Any, seconds: int) -> None:
        trials.resource.setrlimit(trials.resource.RLIMIT_CPU, (seconds, seconds + 1))
        while not answer.closed:
            pass

    monkeypatch.setattr(trials, "_try", loop)
    monkeypatch.setattr(trials, "WAITING", 1000)
    seen: list[tuple[str, str]] = []
    trial = trials.Trial(mutation=mutation, batches=[])
    trials.run_trials([trial], processes=1, seconds=1, report=lambda _, *said: seen.append(said[:2]))
    assert seen == [("no end", "1 s")]
