"""A feature that is lost, though the baseline or an earlier result had it, keeps a gate from being green."""

from __future__ import annotations

from contextlib import chdir, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest
import tomli_w

from conformance.catalogue import catalogue
from conformance.commands.main import main
from conformance.report.lost_features import held_to_earlier, of_absent_features
from conformance.report.result_file import read_result, write_result
from conformance.run.checks_run import run_checks
from conformance.run.selection import Selection
from conformance.target import target_from_table
from conformance.target.claims import EVIDENCE, OF_SOME_PROJECTS, OF_UPLOADS
from conformance.verdicts import ExitCode, Reason, Verdict
from conformance.verdicts.baseline import Baseline, Known, known_baseline, write_baseline
from conformance.verdicts.options import RunOptions
from reference_server import ReferenceServer
from reference_server.distributions import wheel

from .losses import LOSSES, Lost

if TYPE_CHECKING:
    from conformance.report.result import RunResult
    from reference_server.faults import Fault

pytestmark = pytest.mark.usefixtures("own_folder")

ALWAYS = "simple.root.served"
OF = {
    feature: row.id
    for row in reversed([*catalogue()])
    for feature in sorted(EVIDENCE.keys() & LOSSES.keys())
    if row.feature in {feature, f"{feature}+upload"}
    and not row.untested
    and row.area not in {"clients", "race"}
}
"""By feature: a requirement that needs it."""
PROBED_HERE = sorted(OF.keys() - {"cache", "cors", "json-api", "project-list"})
"""Those that the reference server has, and that nothing but asking shows."""


def judge(*faults: Fault, rows: set[str], listed: str = "") -> RunResult:
    known = Known(id=listed, reason=Reason.TARGET_BUG, signature="0" * 12)
    baseline = Baseline({listed: known} if listed else {})
    with ReferenceServer(faults=faults) as server:
        target = target_from_table(server.target(), embedded=True)
        options = RunOptions(examples=1, settle=0.02, baseline=baseline)
        return run_checks(target, options, Selection(only=frozenset({ALWAYS, *rows})))


@pytest.mark.parametrize("feature", PROBED_HERE)
def test_a_baseline_that_lists_what_is_lost_is_not_green(feature: str) -> None:
    row = OF[feature]
    result = judge(Lost(feature), rows={row}, listed=row)
    assert result.verdict_by_id[row] is Verdict.NOT_APPLICABLE
    assert result.exit_code is ExitCode.TOO_LITTLE_JUDGED
    (line,) = [each for each in result.summary.notes if "any more" in each]
    assert line.startswith(
        f"The registry does not offer {feature} any more: the baseline lists 1 requirement"
    )
    assert line in result.summary.reasons


@pytest.mark.parametrize("feature", PROBED_HERE)
def test_an_earlier_result_that_judged_what_is_lost_is_not_matched(feature: str) -> None:
    row = OF[feature]
    earlier, later = judge(rows={row}), judge(Lost(feature), rows={row})
    assert later.exit_code is ExitCode.CONFORMS
    assert earlier.verdict_by_id[row].judged
    compared = held_to_earlier(later, earlier)
    assert compared.exit_code is ExitCode.TOO_LITTLE_JUDGED
    (line,) = compared.summary.reasons
    assert line.startswith(
        f"The registry does not offer {feature} any more: run {earlier.run} judged 1 requirement"
    )
    assert line in compared.summary.notes


def test_a_run_since_an_earlier_one_writes_and_returns_that_it_is_not_green(tmp_path: Path) -> None:
    codes = []
    for number, faults in enumerate(([], [Lost("json")])):
        with ReferenceServer(faults=faults) as server, chdir(tmp_path), redirect_stdout(StringIO()) as out:
            Path("registry.toml").write_text(tomli_w.dumps(server.target()), encoding="utf-8")
            words = ["run", "--config", "registry.toml", "-k", f"{ALWAYS} or {OF['json']}"]
            words += ["--json", f"{number}.json", "--ledgers", "ledgers", "--settle", "0.02"]
            codes.append(main([*words, *(["--since", "0.json"] if number else [])]))
    assert codes == [ExitCode.CONFORMS, ExitCode.TOO_LITTLE_JUDGED]
    assert "The registry does not offer json any more" in out.getvalue()
    written = read_result(tmp_path / "1.json")
    assert written.exit_code is ExitCode.TOO_LITTLE_JUDGED
    assert written.since


def test_what_is_as_before_is_green() -> None:
    row = OF["json"]
    earlier = judge(Lost("json"), rows={row})
    for later in (judge(Lost("json"), rows={row}), judge(rows={row})):
        assert held_to_earlier(later, earlier) == later


def test_a_listed_requirement_of_another_feature_is_no_loss() -> None:
    result = judge(Lost("json"), rows={OF["range"]}, listed=OF["json"])  # which this run does not select
    assert result.exit_code is ExitCode.CONFORMS


def test_a_failure_outweighs_a_loss() -> None:
    row = OF["json"]
    earlier, later = judge(rows={row}), judge(Lost("json"), rows={row})
    failed = msgspec.structs.replace(
        later, summary=msgspec.structs.replace(later.summary, exit_code=ExitCode.DEVIATES)
    )
    assert held_to_earlier(failed, earlier).exit_code is ExitCode.DEVIATES


@pytest.mark.parametrize("changed", ["read_only", "profile"])
def test_a_run_of_another_kind_is_not_compared(changed: str) -> None:
    row = OF["json"]
    earlier, later = judge(rows={row}), judge(Lost("json"), rows={row})
    if changed == "profile":
        other = msgspec.structs.replace(
            earlier, target=msgspec.structs.replace(earlier.target, profile="index")
        )
    else:
        other = msgspec.structs.replace(
            earlier, summary=msgspec.structs.replace(earlier.summary, read_only=True)
        )
    assert held_to_earlier(later, other) == later


def test_what_needs_a_later_version_of_a_feature_that_is_there_is_no_loss() -> None:
    row = next(row.id for row in catalogue() if row.feature == "json>=1.1" and not row.untested)
    result = judge(Lost("api-version"), rows={row, OF["json"]}, listed=row)
    assert result.verdict_by_id[row] is Verdict.NOT_APPLICABLE
    assert result.exit_code is ExitCode.CONFORMS
    assert not [each for each in result.summary.notes if "any more" in each]


@pytest.mark.parametrize("feature", sorted(OF_UPLOADS))
def test_what_only_uploads_show_is_not_lost_in_a_run_that_publishes_nothing(feature: str) -> None:
    row = OF[feature]
    baseline = Baseline({row: Known(id=row, reason=Reason.TARGET_BUG, signature="0" * 12)})
    with ReferenceServer() as server:
        built = wheel("one", "1.0")
        server.registry.publish(built.filename, built.content)
        options = RunOptions(read_only=True, projects=("one",), baseline=baseline)
        target = target_from_table(server.target(), embedded=True)
        result = run_checks(target, options, Selection(only=frozenset({ALWAYS, row})))
    assert result.verdict_by_id[row] is Verdict.NOT_APPLICABLE
    assert result.exit_code is ExitCode.CONFORMS
    assert of_absent_features(result.results, read_only=True) == {}
    assert of_absent_features(result.results, read_only=False) == {feature: [row]}


@pytest.mark.parametrize("feature", PROBED_HERE)
def test_only_when_asked_to_does_pruning_remove_the_rows_of_what_is_lost(
    feature: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What keeps the run from being green can be removed, and nothing else is: the run may have seen too little."""
    lost, other = OF[feature], "yank.still-listed"
    known = Known(id="", reason=Reason.TARGET_BUG, signature="0" * 12)
    baseline = Baseline({row: replace_id(known, row) for row in (lost, other)})
    result = judge(Lost(feature), rows={lost}, listed=lost)
    assert "`baseline prune --gone` removes its rows" in " ".join(result.summary.reasons)
    (absent,) = result.of(Verdict.NOT_APPLICABLE)
    unmarked = msgspec.structs.replace(absent, id=other, lacking=(*OF_SOME_PROJECTS,))
    result = msgspec.structs.replace(result, results=(*result.results, unmarked))
    listed, written = tmp_path / "baseline.toml", tmp_path / "result.json"
    write_baseline(listed, baseline)
    write_result(written, result)
    words = ["baseline", "prune", str(listed), str(written)]
    assert main(words) == ExitCode.CONFORMS
    assert f"kept     {lost}: the registry does not offer {feature} (--gone" in capsys.readouterr().out
    assert known_baseline(listed).rows == baseline.rows
    assert main([*words, "--gone"]) == ExitCode.CONFORMS
    assert f"removed  {lost}\n" in capsys.readouterr().out
    assert known_baseline(listed).rows.keys() == {other}


def replace_id(known: Known, row: str) -> Known:
    return msgspec.structs.replace(known, id=row)
