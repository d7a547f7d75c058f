"""A folder of pages and wheels behind Python's own http.server, judged as it is: nothing is published."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest
from jinja2 import Environment

from reference_server.distributions import sdist, wheel
from reference_server.serving.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from reference_server.distributions import Distribution

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("static-index")]

SUITE = (sys.executable, "-m", "conformance")

DEVIATIONS = {
    # RFC 9110, 8.8.3: "an origin server SHOULD send an ETag". http.server sends Last-Modified alone.
    "http.pages.etag": "no page has an ETag",
    # RFC 9110, 13.1.4: "MUST evaluate the If-Unmodified-Since condition". http.server reads If-Modified-Since alone.
    "http.files.412.date": "a file is sent to a client that knows an earlier one",
    # "If no types are acceptable … servers SHOULD return 406": http.server never looks at Accept.
    "negotiation.unsupported.406": "a client that wants something else gets HTML",
}
"""What a folder behind http.server fails, by requirement, with what it does."""

DEVIATIONS_OF_SOME_PYTHONS = {
    # http/server.py, send_head(): `open(path, "rb")` raises ValueError for an embedded null byte, and only
    # OSError is caught: the thread ends, and the connection with it.
    "http.trailing-junk": "a path with %00 gets no answer",
}

DEVIATIONS_WHEN_BROKEN = {
    # "The URL of each file SHOULD include a hash in the form of a URL fragment": of the file, then.
    "simple.html.hash.correct": "a wheel's link has the digest of the other wheel",
    # "with an anchor tag per file": "the href attribute MUST be a URL that links to the location of the file".
    "simple.html.detail.href": "the sdist is not there",
    "consistency.listed-is-downloadable": "so it does not download, and the wheel downloads with another digest",
    # "< and > … have to be HTML encoded as &lt; and &gt;, respectively"
    "simple.html.requires-python.escaped": "the attribute has > and < as they are",
}
"""What is found in addition when a digest, a file and an escape are wrong."""

NEEDING_EACH_FILE = {"http.files.412.date"}
"""Deviations of requirements that cannot be judged without the file that is not there."""

PAGE = """\
<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="pypi:repository-version" content="1.0">
    <title>{{ title }}</title>
  </head>
  <body>
    {% for link in links %}
    <a href="{{ link.href }}"
      {%- if link.requires_python %} data-requires-python="{{ link.requires_python }}"{% endif -%}
      >{{ link.text }}</a><br>
    {% endfor %}
  </body>
</html>
"""


@dataclass(frozen=True, kw_only=True)
class Link:
    """An anchor on a page."""

    href: str
    text: str
    requires_python: str | None = None


DISTRIBUTIONS = (
    wheel("alpha", "1.0", requires_python=">=3.8"),
    wheel("alpha", "1.1", requires_python=">=3.9,<4"),
    sdist("alpha", "1.1", requires_python=">=3.9,<4"),
    wheel("Beta.Tools", "0.1"),
    wheel("Beta.Tools", "2024.1.post1", requires_dist=("alpha>=1",)),
    wheel("gamma", "1.0+local.1"),
)
PROJECTS = ("alpha", "beta-tools", "gamma")
OTHER, WRONGLY_HASHED, MISSING = DISTRIBUTIONS[:3]
"""Two wheels and the sdist of the project that is looked at most closely."""


def link(distribution: Distribution) -> Link:
    return Link(
        href=f"../../packages/{distribution.filename}#sha256={distribution.sha256}",
        text=distribution.filename,
        requires_python=distribution.metadata.requires_python,
    )


def project_of(distribution: Distribution) -> str:
    return distribution.filename.partition("-")[0].replace("_", "-")


def write_index(folder: Path, links: dict[str, Link]) -> None:
    """Write the root page, a page per project, and every wheel; the links by file name."""
    template = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(PAGE)

    def write(path: Path, title: str, anchors: list[Link]) -> None:
        path.parent.mkdir(parents=True)
        path.write_text(template.render(title=title, links=anchors), encoding="utf-8")

    write(
        folder / "simple" / "index.html",
        "Simple index",
        [Link(href=f"{name}/", text=name) for name in PROJECTS],
    )
    for name in PROJECTS:
        files = [links[each.filename] for each in DISTRIBUTIONS if project_of(each) == name]
        write(folder / "simple" / name / "index.html", f"Links for {name}", files)
    packages = folder / "packages"
    packages.mkdir()
    for distribution in DISTRIBUTIONS:
        distribution.save(packages)


@contextmanager
def served(programs: Any, answers: Any, folder: Path, log: Path) -> Iterator[str]:
    """Serve a folder, and give the URL of its index."""
    host, port = "127.0.0.1", free_port("127.0.0.1", 0)
    command = (sys.executable, "-m", "http.server", str(port), "--bind", host, "--directory", folder)
    with programs.started(*command, log=log) as process:
        programs.eventually(lambda: answers(f"http://{host}:{port}"), while_=process, log=log)
        yield f"http://{host}:{port}/simple"


@pytest.fixture(scope="module")
def index(programs: Any, answers: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A folder as it should be, served."""
    folder = tmp_path_factory.mktemp("static-index")
    write_index(folder, {each.filename: link(each) for each in DISTRIBUTIONS})
    with served(programs, answers, folder, tmp_path_factory.mktemp("log") / "log") as url:
        yield url


@pytest.fixture(scope="module")
def judged(judge_index: Any, index: str, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The judgement of that folder, by the names of its projects."""
    return judge_index(index, tmp_path_factory.mktemp("judged"), *PROJECTS)


@pytest.fixture(scope="module")
def broken(programs: Any, answers: Any, judge_index: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The judgement of a folder with a wrong digest, a file that is not there, and a `<` that is not escaped."""
    folder = tmp_path_factory.mktemp("broken-index")
    links = {each.filename: link(each) for each in DISTRIBUTIONS}
    altered = links[WRONGLY_HASHED.filename]
    href = altered.href.replace(WRONGLY_HASHED.sha256, OTHER.sha256)
    links[WRONGLY_HASHED.filename] = replace(altered, href=href)
    write_index(folder, links)
    page = folder / "simple" / PROJECTS[0] / "index.html"
    page.write_text(
        page.read_text(encoding="utf-8").replace("&gt;", ">").replace("&lt;", "<"), encoding="utf-8"
    )
    (folder / "packages" / MISSING.filename).unlink()
    with served(programs, answers, folder, tmp_path_factory.mktemp("log") / "log") as url:
        return judge_index(url, tmp_path_factory.mktemp("judged"), *PROJECTS)


def test_everything_is_judged_or_does_not_apply(judged: Any, programs: Any) -> None:
    listed = json.loads(programs.must(*SUITE, "list", "--profile", "index", "--format", "json"))
    assert judged.verdicts.keys() == {row["id"] for row in listed if not row["untested"]}
    assert set(judged.verdicts.values()) - {"failed"} == {"passed", "warned", "not applicable"}
    assert judged.process.stderr == ""


def test_it_deviates_exactly_where_http_server_does(judged: Any) -> None:
    assert judged.deviations.keys() - DEVIATIONS_OF_SOME_PYTHONS.keys() == DEVIATIONS.keys()


def test_a_folder_of_pages_is_an_index_whose_server_fails_nothing_of_http_1_0(judged: Any) -> None:
    failed = {row for row, verdict in judged.verdicts.items() if verdict == "failed"}
    assert failed <= DEVIATIONS_OF_SOME_PYTHONS.keys()
    assert judged.exit_codes == ((1, 1) if failed else (0, 0))


def test_projects_that_nobody_names_are_picked_from_the_root(
    judged: Any, index: str, judge_index: Any, tmp_path: Path
) -> None:
    """The folder has as many projects as are picked."""
    picked = judge_index(index, tmp_path, checks="simple.html")
    assert "passed" in picked.verdicts.values()
    assert picked.verdicts.items() <= judged.verdicts.items()


def test_what_is_broken_is_found_and_nothing_else(judged: Any, broken: Any) -> None:
    assert broken.deviations.keys() - judged.deviations.keys() == DEVIATIONS_WHEN_BROKEN.keys()
    assert judged.deviations.keys() - NEEDING_EACH_FILE <= broken.deviations.keys()
    assert "error" not in broken.verdicts.values()
    assert broken.exit_codes == (1, 1)


def test_a_failure_names_the_link(broken: Any) -> None:
    assert f"sha256={OTHER.sha256}" in broken.deviations["simple.html.hash.correct"]
    assert MISSING.filename in broken.deviations["simple.html.detail.href"]


def test_a_project_that_is_not_there_is_a_mistake_of_the_command(index: str, programs: Any) -> None:
    process = programs.run(*SUITE, "run", index, "--profile", "index", "--read-only", "--project", "absent")
    assert process.returncode == 2
    assert process.stderr.startswith("registry-conformance: expected a page of the project 'absent', found ")
