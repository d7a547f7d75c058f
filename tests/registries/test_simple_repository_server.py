"""simple-repository-server, an index that others wrote, judged by the suite without publishing anything."""

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

DEVIATIONS = {
    # simple_repository/content_negotiation.py, select_response_format(), sorts what Accept lists by weight, and
    # takes the first that it knows …
    "negotiation.order-irrelevant": "of two types with one weight the first comes",
    "negotiation.prefers-json-on-ties": "HTML where it is listed before JSON with the same weight",
    # … it knows `*/*`, and no other wildcard …
    "negotiation.wildcards": "406 for `application/*`",
    "negotiation.picks-listed": "406 for `application/*`",
    "negotiation.specificity": "`text/*` and `application/*` are not read",
    # … nor `latest`, nor a type in other letters …
    "negotiation.latest.supported": "406 for the alias",
    "negotiation.case-insensitive": "406 for the type in capitals",
    # … and a weight that does not begin with a small `q=` is given to float(): ValueError, 500.
    "negotiation.q-syntax": "500 for `;Q=0.5`",
    # routers/simple.py, get_response_format(), treats the query's `format` as it treats Accept.
    "negotiation.format-param.single": "a list with weights is read in `format`",
    # routers/simple.py, project_list() and simple_project_page(), set no header field but Content-Type.
    "negotiation.vary": "no `Vary: Accept` on pages that are negotiated",
    # simple_repository/components/local.py, get_project_page(), gives files without hashes …
    "simple.html.hash.present": "no link has a hash",
    "simple.json.file.hashes.secure": "`hashes` is empty",
    "simple.json.file.hashes.sha256": "`hashes` is empty",
    # … nor with what they say of Python …
    "simple.html.requires-python.exposed": "no link says which Python its file needs",
    # … pages of version 1.1 beside a list of version 1.0 …
    "simple.html.version-meta.both-pages": "the root declares 1.0, and projects 1.1",
    # … and components/metadata_injector.py announces what it will extract as `true`.
    "metadata.hash-offered": "metadata files are announced without a hash",
    "simple.json.file.core-metadata.hashes": "`core-metadata` is true",
}
"""What simple-repository-server fails with a folder of files, by requirement, with what its source says."""


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


def test_it_deviates_exactly_where_its_source_says_so(judged: Any) -> None:
    assert judged.deviations.keys() == DEVIATIONS.keys()


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
