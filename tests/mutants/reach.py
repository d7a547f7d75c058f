"""Which checks run which lines of the server."""

from __future__ import annotations

import os
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import coverage
import pytest

from conformance.run.keys import MARK
from tests.mutants.plan import ALWAYS
from tests.mutants.trials import DEVIATING, forget_server, held_by, judged
from tests.trials.kept import ROOT
from tests.trials.processes import be_quiet

if TYPE_CHECKING:
    from collections.abc import Mapping

PLUGIN = "tests.mutants.reach"

_recordings: list[coverage.Coverage] = []


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Record under the check's requirement what the server does from here on."""
    mark = item.get_closest_marker(MARK)
    for each in _recordings:
        each.switch_context(mark.args[0] if mark else ALWAYS)


def reach(flavour: str) -> Mapping[str, Mapping[int, list[str]]]:
    """Return, per file of the server and line, the checks that run it, and ALWAYS among them.

    What a check sees may come from a page that an earlier check asked for: this is where to look first, not where to
    stop. Raises ValueError where the server as it is does not pass, for its mutants would tell nothing.
    """
    recording = coverage.Coverage(data_file=None, source=[str(ROOT / "reference_server")], config_file=False)
    be_quiet()
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"PYTEST_DEBUG_TEMPROOT": folder, "PYTEST_PLUGINS": PLUGIN}
        forget_server()
        recording.start()
        recording.switch_context(ALWAYS)
        _recordings.append(recording)
        result = judged(held_by(flavour), flavour)
        recording.stop()
    deviations = sorted(each.id for each in result.results if each.verdict in DEVIATING)
    if deviations:
        raise ValueError(f"the server without a change deviates from {', '.join(deviations)}")
    return _by_line(recording.get_data())


def _by_line(data: coverage.CoverageData) -> dict[str, dict[int, list[str]]]:
    found: dict[str, dict[int, list[str]]] = defaultdict(dict)
    for path in data.measured_files():
        file = Path(path).relative_to(ROOT).as_posix()
        found[file] = {line: sorted(set(checks)) for line, checks in data.contexts_by_lineno(path).items()}
    return dict(found)
