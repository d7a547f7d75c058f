"""The component and the action as files: valid, alike, and used as the documents say."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from conformance.commands.ci import FOLDER, REPORTS, inputs
from conformance.verdicts.options import OPTIONS
from conformance.verdicts.target_options import TARGET

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
ONLY_GITLAB, ONLY_GITHUB = (
    {each.name for each in inputs() if each.only == only} for only in ("gitlab", "github")
)
PREFIX = "REGISTRY_CONFORMANCE_"


def validate(schema: str, content: Any, folder: Path) -> None:
    """Hold a file to a schema that check-jsonschema brings along."""
    path = folder / "checked.yml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}", path],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def examples() -> list[tuple[str, dict[Any, Any]]]:
    """Return every YAML of the documents that uses the component or the action."""
    blocks = (
        (path.name, yaml.safe_load(text))
        for path in DOCUMENTS
        for text in re.findall(r"```yaml\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL)
    )
    return [(name, block) for name, block in blocks if "include" in block or "jobs" in block]


def strings(node: Any) -> Iterator[str]:
    if isinstance(node, dict | list):
        for each in node.values() if isinstance(node, dict) else node:
            yield from strings(each)
    elif isinstance(node, str):
        yield node


def test_the_pipeline_that_the_component_becomes_is_valid(gitlab: Any, tmp_path: Path) -> None:
    pipeline = gitlab.pipeline({"stage": "gate", "job-name": "the gate", "folder": "out"})
    validate("gitlab-ci", {"stages": ["gate"], **pipeline}, tmp_path)
    job = pipeline["the gate"]
    assert "$[[" not in str(pipeline)
    assert (job["stage"], job["image"]) == ("gate", "python:3.13")
    assert job["artifacts"] == {
        "when": "always",
        "paths": ["out/"],
        "reports": {"junit": f"out/{REPORTS['junit']}", "codequality": f"out/{REPORTS['codequality']}"},
    }


def test_the_header_has_the_shape_that_gitlab_takes(gitlab: Any) -> None:
    assert list(gitlab.header) == ["spec"]
    assert list(gitlab.header["spec"]) == ["inputs"]
    for name, each in gitlab.inputs.items():
        assert re.fullmatch(r"[a-z][a-z-]*", name)
        assert each.keys() - {"options"} == {"description", "default"}, name
        assert isinstance(each["default"], str), "an input without a type is a string"
        assert each["default"] in each.get("options", [each["default"]])


def test_the_action_is_valid(github: Any, tmp_path: Path) -> None:
    validate("github-actions", github.action, tmp_path)
    for each in github.inputs.values():
        assert each.keys() == {"description", "default"}
        assert isinstance(each["default"], str)
    assert github.action["outputs"].keys() == {"exit-code", "result", *REPORTS}


@pytest.mark.parametrize("platform", ["gitlab", "github"])
def test_the_inputs_are_those_that_are_declared(platform: str, request: pytest.FixtureRequest) -> None:
    written = {
        name: (each["default"], each["description"])
        for name, each in request.getfixturevalue(platform).inputs.items()
    }
    assert written == {
        each.name: (each.default, each.text) for each in inputs() if each.only in {"", platform}
    }


def test_choices_are_those_that_are_declared(gitlab: Any) -> None:
    written = {name: tuple(each.get("options", ())) for name, each in gitlab.inputs.items()}
    assert written == {each.name: each.choices for each in inputs() if each.only != "github"}


def test_a_description_is_a_sentence_that_names_what_is_done_without(gitlab: Any) -> None:
    described = {name: each["description"] for name, each in gitlab.inputs.items()}
    assert described["max-requests"] == "Stop after N requests in all (default: 10000)"
    assert all(text[0].isupper() and not text.endswith(".") for text in described.values())


def test_every_input_is_used_and_every_variable_is_named_after_its_input(gitlab: Any, github: Any) -> None:
    assert set(re.findall(r"\$\[\[ inputs\.([a-z-]+) \]\]", str(gitlab.body))) == gitlab.inputs.keys()
    assert set(re.findall(r"inputs\.([a-z-]+)", str(github.action["runs"]))) == github.inputs.keys()
    (job,) = gitlab.body.values()
    steps = [step["env"] for step in github.action["runs"]["steps"] if "env" in step]
    for variables, form in (
        (job["variables"], "$[[ inputs.{} ]]"),
        *((each, "${{{{ inputs.{} }}}}") for each in steps),
    ):
        for name, value in variables.items():
            if name.startswith(PREFIX):
                assert value == form.format(name.removeprefix(PREFIX).lower().replace("_", "-"))


def test_no_input_is_part_of_a_script(gitlab: Any, github: Any) -> None:
    (job,) = gitlab.body.values()
    scripts = [*job["before_script"], *job["script"], *job["after_script"]]
    scripts += [step["run"] for step in github.action["runs"]["steps"] if "run" in step]
    assert len(scripts) == 6
    assert [script for script in scripts if "${{" in script or "$[[" in script] == []


def test_the_end_of_the_action_knows_the_registry_as_the_judging_step_does(github: Any) -> None:
    judge, end = github.action["runs"]["steps"][-2:]
    assert end["env"].items() <= judge["env"].items()
    wanted = [each for each in OPTIONS if each in TARGET or "sweep" in each.commands]
    about = {each.input.variable for each in wanted if each.input} | {FOLDER.variable}
    assert end["env"].keys() == about


def test_the_document_lists_the_inputs_with_their_defaults(gitlab: Any, github: Any) -> None:
    text = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z-]+)`(?: \((\w+)\))? \| (?:`(.*?)`)? ?\|", text, re.MULTILINE)
    listed = {(name, where): default for name, where, default in rows}
    wanted = {
        (name, {name in ONLY_GITLAB: "GitLab", name in ONLY_GITHUB: "GitHub"}.get(True, "")): each["default"]
        for name, each in {**gitlab.inputs, **github.inputs}.items()
    }
    assert listed == wanted


def test_there_is_an_example_for_each_platform() -> None:
    found = [(name, "include" in block) for name, block in examples()]
    assert {("README.md", True), ("ci.md", True), ("ci.md", False)} <= set(found)


@pytest.mark.parametrize(
    ("document", "block"), examples(), ids=lambda each: each if isinstance(each, str) else ""
)
def test_the_examples_are_valid(
    document: str, block: dict[Any, Any], gitlab: Any, github: Any, tmp_path: Path
) -> None:
    assert document
    if "include" in block:
        validate("gitlab-ci", block, tmp_path)
        (include,) = block["include"]
        assert re.search(r"/conformance@[0-9.]+$", include["component"]), (
            "templates/conformance.yml, at a tag"
        )
        given, known = include["inputs"], gitlab.inputs
        assert block.keys() - {"include"} <= {known["job-name"]["default"]}
    else:
        workflow = {("on" if key is True else key): value for key, value in block.items()}  # YAML 1.1's `on`
        validate("github-workflows", workflow, tmp_path)
        (job,) = workflow["jobs"].values()
        (step,) = [step for step in job["steps"] if step["uses"].startswith("group/")]
        given, known = step["with"], github.inputs
        used = set(re.findall(r"steps\.conformance\.outputs\.([a-z-]+)", " ".join(strings(workflow))))
        assert used <= github.action["outputs"].keys()
    assert given.keys() <= known.keys()
    assert all(isinstance(value, str) for value in given.values()), "GitLab refuses numbers for strings"


def test_code_scanning_gets_a_report_only_where_one_was_written() -> None:
    text = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
    block = next(each for each in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL) if "upload-sarif" in each)
    (job,) = yaml.safe_load(block)["jobs"].values()
    (step,) = [each for each in job["steps"] if "upload-sarif" in each.get("uses", "")]
    condition = " ".join(step["if"].split())
    assert condition.startswith("always() && steps.conformance.outputs.sarif && contains("), (
        "an output that is missing is null, which `contains` takes for an empty text or 0"
    )
