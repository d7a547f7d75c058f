"""simple-repository-server, an index that others wrote, judged by the suite without publishing anything.

Which requirements it misses is in implementations/simple_repository_server.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

from reference_server.distributions import sdist, wheel
from reference_server.serving.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("simple-repository-server")]

# Exact, as its deviations are; the second is the library in which most of them lie.
REQUIREMENTS = ("simple-repository-server==0.10.0", "simple-repository==0.11.1", "starlette==1.10.0")
SUITE = (sys.executable, "-m", "conformance")
DISTRIBUTIONS = {
    "alpha": (
        wheel("alpha", "1.0", requires_python=">=3.8"),
        wheel("alpha", "1.1", requires_python=">=3.9,<4"),
        sdist("alpha", "1.1", requires_python=">=3.9,<4"),
    ),
    "beta-tools": (
        wheel("Beta.Tools", "0.1"),
        wheel("Beta.Tools", "2024.1.post1", requires_dist=("alpha>=1",)),
    ),
    "gamma": (wheel("gamma", "1.0+local.1"),),
}


@pytest.fixture(scope="module")
def index(programs: Any, answers: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The index of a server that offers a folder of distributions."""
    installed = programs.environment_with(*REQUIREMENTS, folder=programs.kept / "-".join(REQUIREMENTS))
    folder = tmp_path_factory.mktemp("simple-repository-server")
    for name, distributions in DISTRIBUTIONS.items():
        (folder / "files" / name).mkdir(parents=True)
        for distribution in distributions:
            distribution.save(folder / "files" / name)
    host, port, log = "127.0.0.1", free_port("127.0.0.1", 0), folder / "log"
    command = (installed / "simple-repository-server", "--host", host, "--port", str(port), folder / "files")
    url = f"http://{host}:{port}/simple"
    with programs.started(*command, log=log) as process:
        programs.eventually(lambda: answers(url), while_=process, log=log)
        yield url


@pytest.fixture(scope="module")
def judged(judge_index: Any, index: str, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The whole suite's judgement of that server."""
    return judge_index(index, tmp_path_factory.mktemp("judged"), *DISTRIBUTIONS)


def test_everything_is_judged_or_does_not_apply(judged: Any, programs: Any) -> None:
    listed = json.loads(programs.must(*SUITE, "list", "--profile", "index", "--format", "json"))
    assert judged.verdicts.keys() == {row["id"] for row in listed if not row["untested"]}
    assert set(judged.verdicts.values()) <= {"passed", "failed", "warned", "noted", "not applicable"}
    assert judged.process.stderr == ""


def test_json_metadata_files_and_ranges_are_judged(judged: Any) -> None:
    """A server without them would pass much by not offering it."""
    for requirement in ("simple.json.detail.files", "metadata.bytes", "http.range.single"):
        assert judged.verdicts[requirement] == "passed"


def test_the_exit_code_is_that_of_the_verdicts(judged: Any) -> None:
    assert (judged.process.returncode, judged.result["summary"]["exit_code"]) == (1, 1)


def test_projects_that_nobody_names_are_picked_from_the_root(
    judged: Any, index: str, judge_index: Any, tmp_path: Path
) -> None:
    """The folder has as many projects as are picked; which is looked at most closely is left to chance."""
    picked = judge_index(index, tmp_path, checks="simple or negotiation")
    assert picked.process.returncode == judged.process.returncode
    assert picked.deviations
    assert picked.deviations.keys() <= judged.deviations.keys()
    assert "error" not in picked.verdicts.values()
