"""Every token at every door."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from conformance.checks.gitlab.matrix import ACTIONS, Matrix, ask, cells, has_credential, prepare
from conformance.kit import expect
from conformance.kit.check import check
from conformance.verdicts import Untestable

if TYPE_CHECKING:
    from conformance.kit.fixtures import NewName, RegistryClient, Remark
    from conformance.kit.http import Answer

SHUT_OUT = {"stranger": ACTIONS[:7], "deploy-elsewhere": ACTIONS[:5]}
"""Callers who are signed in, and may not know of the private GitLab project, with what their token is for."""

OF_ONE_ANSWER = (
    "connection",
    "date",
    "x-request-id",
    "x-runtime",
    "x-gitlab-meta",
    "set-cookie",
    "server-timing",
    "cf-ray",
)
"""Header fields that differ from answer to answer."""


@pytest.fixture(scope="session")
def matrix(private_registry: RegistryClient, new_name: NewName) -> Matrix:
    """The table of tokens, and what there is to ask its cells with."""
    return prepare(private_registry, new_name)


@check("gitlab.matrix.page")
def test_page(matrix: Matrix, remark: Remark) -> None:
    as_in_the_table(matrix, "page", remark)


@check("gitlab.matrix.root-page")
def test_root_page(matrix: Matrix, remark: Remark) -> None:
    as_in_the_table(matrix, "root-page", remark)


@check("gitlab.matrix.file")
def test_file(matrix: Matrix, remark: Remark) -> None:
    as_in_the_table(matrix, "file", remark)


@check("gitlab.matrix.metadata-file")
def test_metadata_file(matrix: Matrix, remark: Remark) -> None:
    as_in_the_table(matrix, "metadata-file", remark)


@check("gitlab.matrix.upload")
def test_upload(matrix: Matrix, remark: Remark) -> None:
    as_in_the_table(matrix, "upload", remark)


@check("gitlab.matrix.list")
def test_list(matrix: Matrix, remark: Remark) -> None:
    as_in_the_table(matrix, "list", remark)


@check("gitlab.matrix.delete")
def test_delete(matrix: Matrix, remark: Remark) -> None:
    as_in_the_table(matrix, "delete", remark)


@check("gitlab.matrix.group-page")
def test_group_page(matrix: Matrix, remark: Remark) -> None:
    as_in_the_table(matrix, "group-page", remark)


@check("gitlab.matrix.group-file")
def test_group_file(matrix: Matrix, remark: Remark) -> None:
    as_in_the_table(matrix, "group-file", remark)


def as_in_the_table(matrix: Matrix, action: str, remark: Remark) -> None:
    """Require of all cells of an action that they have one of their statuses."""
    answers = matrix.judged(action)
    wrong = {cell: answer for cell, answer in answers.items() if not matrix.allows(cell, answer)}
    total = sum(cell.action == action for cell in cells())
    if left_out := total - len(answers):
        remark(
            f"{len(answers)} of {total} cells were judged; for {left_out} a credential or a GitLab project is "
            "missing, see docs/tokens.md"
        )
    else:
        remark(f"all {total} cells were judged")
    expect.rule(
        "the status documented for each caller (docs/tokens.md)",
        broken_by=[
            f"{cell}: status {answer.status}, not {' or '.join(map(str, cell.statuses))}"
            for cell, answer in wrong.items()
        ],
        where=expect.requests(wrong.values()),
    )


@check("gitlab.matrix.private-is-secret")
def test_private_is_secret(matrix: Matrix, remark: Remark) -> None:
    private = matrix.projects["private"]
    absent = private.absent()
    callers = [caller for caller in SHUT_OUT if has_credential(private.registry, caller)]
    if not callers:
        raise Untestable(f"registry.toml has no credential {' or '.join(SHUT_OUT)}; add one")
    if missing := SHUT_OUT.keys() - callers:
        remark(f"judged without {' and '.join(sorted(missing))}; add it to registry.toml")
    found = []
    for caller in callers:
        for action in SHUT_OUT[caller]:
            there = matrix.answer("private", caller, action)
            nowhere = ask(absent, caller, action, upload=matrix.upload("private", caller, action))
            found += [f"{caller}, {action}: {each}" for each in differences(there, nowhere)]
    expect.rule(
        "a private GitLab project to be answered like one that does not exist",
        broken_by=found,
        where=private.registry.target.url,
    )


def differences(one: Answer, other: Answer) -> list[str]:
    """Return in what two answers differ, but for what differs every time."""
    if one.status != other.status:
        return [f"status {one.status}, and {other.status} for the absent one"]
    if one.content != other.content:
        return [f"the body {one.excerpt(80)!r}, and {other.excerpt(80)!r} for the absent one"]
    fields, others = ({name.lower(): value for name, value in each.headers.items()} for each in (one, other))
    names = sorted(name for name in fields.keys() | others.keys() if fields.get(name) != others.get(name))
    return [f"the header field {name}" for name in names if not _of_one_answer(name)]


def _of_one_answer(name: str) -> bool:
    return name in OF_ONE_ANSWER or name.startswith("ratelimit-")
