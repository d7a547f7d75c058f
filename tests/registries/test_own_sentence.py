"""A row deviates for its own sentence: not for what another row is about, and not for what was asked of it first."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from packaging.utils import canonicalize_name
from werkzeug import Response

from conformance.run.checks_run import run_checks
from conformance.run.selection import Selection
from conformance.target import target_from_table
from conformance.verdicts import Verdict
from conformance.verdicts.options import RunOptions
from conformance.wire.exchange import numbers_in
from reference_server import ReferenceServer
from reference_server.faults.building.requests import body_of
from reference_server.faults.fault import Fault
from reference_server.faults.security.html_injection import FilenamesNotEscaped
from reference_server.faults.security.traversal import (
    ControlCharactersKept,
    PathsAcceptedAsNames,
    PathsAcceptedAsVersions,
)

if TYPE_CHECKING:
    from pathlib import Path

    from conformance.report.check_result import CheckResult
    from reference_server.http.request import Request
    from reference_server.rendering.pages import ProjectPage
    from reference_server.rules import Rules

MISTAKES = 4
"""How many mistakes `upload.error-json` knows."""


@pytest.fixture(autouse=True)
def _own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PYTEST_DEBUG_TEMPROOT", str(tmp_path))  # of the inner sessions


class RefusalsBreak(Fault):
    """Turns the first refusals of uploads into server errors, as a parser does that nothing guards."""

    def __init__(self, first: int) -> None:
        self.left = first

    def respond(self, request: Request, response: Response) -> Response:
        """Answer 500 with a page for people."""
        if request.endpoint != "upload" or response.status_code < 400 or not self.left:
            return response
        self.left -= 1
        return Response("<h1>Internal Server Error</h1>", status=500, mimetype="text/html")


class VersionsLeadAway(PathsAcceptedAsVersions):
    """Writes files where their versions lead, so that the page of their project has none of them."""

    def project_page(self, page: ProjectPage) -> ProjectPage:
        """Leave out the files of the project whose versions are paths."""
        return replace(page, files=()) if page.name.endswith("version-path") else page


class RefusesFormsWith(Fault):
    """Refuses forms with these bytes before their file."""

    def __init__(self, read: bytes) -> None:
        self.read = read

    def handle(self, request: Request) -> Response | None:
        """Answer 400."""
        if request.endpoint != "upload" or self.read not in body_of(request):
            return None
        return Response("no such form", status=400)


class OtherFilesUnsupported(Fault):
    """Refuses what is no distribution with the words of Artipie."""

    def respond(self, request: Request, response: Response) -> Response:
        """Change the words."""
        unsupported = request.endpoint == "upload" and b"setup.exe" in body_of(request)
        return Response("Unsupported archive type", status=400) if unsupported else response


class LeadsToSlashless(Fault):
    """Redirects other spellings to the URL without a slash, and has the page there, too, as Artipie does."""

    def rules(self, rules: Rules) -> Rules:
        """Serve pages without a slash."""
        return replace(rules, redirects_slashless=False)

    def respond(self, request: Request, response: Response) -> Response:
        """Leave the slash out of a redirect."""
        del request
        if location := response.headers.get("Location"):
            response.headers["Location"] = location.removesuffix("/")
        return response


class CapitalsInVersionsRefused(Fault):
    """Reads versions in lower case only, as Gitea does."""

    def rules(self, rules: Rules) -> Rules:
        """Refuse capitals."""
        return replace(rules, valid_version=lambda text: rules.valid_version(text) and text == text.lower())


class Unlisted(Fault):
    """Lists no file of the projects whose names end so, as a registry does that files them under another spelling."""

    def __init__(self, *ends: str) -> None:
        self.ends = ends

    def project_page(self, page: ProjectPage) -> ProjectPage:
        """Leave the files out."""
        return replace(page, files=()) if canonicalize_name(page.name).endswith(self.ends) else page


def judged(row: str, folder: Path, *faults: Fault, examples: int = 1) -> CheckResult:
    with ReferenceServer(faults=faults) as server:
        target = target_from_table(server.target(), embedded=True)
        options = RunOptions(examples=examples, ledger_folder=folder)
        (found,) = run_checks(target, options, Selection(only=frozenset({row}))).results
    return found


@pytest.mark.parametrize("broken", range(MISTAKES))
def test_a_server_error_is_no_refusal_in_another_form(broken: int, tmp_path: Path) -> None:
    found = judged("upload.error-json", tmp_path, RefusalsBreak(broken))
    assert found.verdict is Verdict.PASSED, found.message


def test_where_every_mistake_breaks_the_server_no_form_of_a_refusal_is_judged(tmp_path: Path) -> None:
    found = judged("upload.error-json", tmp_path, RefusalsBreak(1000))
    assert found.verdict is Verdict.NOT_APPLICABLE
    assert "no mistake in an upload is refused (4xx)" in found.message


def test_versions_that_are_paths_are_judged_where_names_fail(tmp_path: Path) -> None:
    row = "security.traversal.name-version"
    found = judged(row, tmp_path, PathsAcceptedAsNames(), VersionsLeadAway())
    assert found.verdict is Verdict.FAILED
    assert {"a name that leads up", "a version that leads up"} <= {
        line.partition(":")[0] for line in found.found.splitlines()
    }


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("security.traversal.name-version", VersionsLeadAway),
        ("security.control-chars.filename", ControlCharactersKept),
        ("security.html.filename", FilenamesNotEscaped),
    ],
)
def test_the_upload_behind_a_deviation_is_among_its_exchanges(
    row: str, fault: type[Fault], tmp_path: Path
) -> None:
    """Each upload that is blamed is named, and named ones are kept, however many requests came after it."""
    result = judged(row, tmp_path, fault())
    assert result.verdict is Verdict.FAILED
    named = numbers_in("\n".join(line for line in result.where.splitlines() if line.startswith("POST ")))
    kept = {each.number: each for each in result.exchanges}
    assert named
    assert named <= kept.keys()
    assert all(kept[number].status == 201 and "content: " in kept[number].request_body for number in named)


@pytest.mark.parametrize(
    ("read", "blamed"),
    [
        (b"This is a form", "the preamble 'This is a form.\\r\\n'"),
        (b"content-disposition", "Content-Disposition in lower case"),
        (b"X-Registry-Conformance", "a header before Content-Disposition"),
    ],
)
def test_the_part_of_a_layout_that_is_refused_is_named(read: bytes, blamed: str, tmp_path: Path) -> None:
    result = judged("upload.field-order", tmp_path, RefusesFormsWith(read), examples=10)
    assert result.verdict is Verdict.FAILED
    assert result.found.endswith(f"seed 0: {blamed}")


@pytest.mark.parametrize(
    ("read", "blamed"),
    [
        (b'name="requires_external"', "metadata 1.2 without the 2 requires_external: accepted"),
        (b'name="maintainer"', "metadata 1.2 without maintainer: accepted"),
        (b"\r\n\r\n1.2\r\n", "metadata 1.2 without any one of its fields: refused"),
    ],
)
def test_the_field_that_a_whole_form_is_refused_for_is_named(
    read: bytes, blamed: str, tmp_path: Path
) -> None:
    result = judged("upload.whole-form", tmp_path, RefusesFormsWith(read))
    assert result.found.splitlines()[0] == blamed


@pytest.mark.parametrize("row", ["robustness.truncated-body", "robustness.chunked-truncated"])
def test_a_server_error_that_stores_nothing_is_no_stored_file(row: str, tmp_path: Path) -> None:
    found = judged(row, tmp_path, RefusalsBreak(1000))
    assert found.verdict is Verdict.PASSED, found.message


def test_a_refusal_may_name_its_reason_in_other_words(tmp_path: Path) -> None:
    found = judged("upload.error-reason", tmp_path, OtherFilesUnsupported())
    assert found.verdict is Verdict.PASSED, found.message


def test_another_spelling_may_lead_to_the_page_without_a_slash(tmp_path: Path) -> None:
    found = judged("simple.url.variants-same-project", tmp_path, LeadsToSlashless())
    assert found.verdict is Verdict.PASSED, found.message
    assert judged("simple.url.trailing-slash", tmp_path, LeadsToSlashless()).verdict is Verdict.FAILED


def test_a_version_that_is_always_refused_is_said_to_be_so(tmp_path: Path) -> None:
    found = judged("version.alternate-accepted", tmp_path, CapitalsInVersionsRefused(), examples=10)
    assert found.verdict is Verdict.FAILED
    assert "not every time" not in found.message


def test_files_are_judged_in_another_project_where_one_lists_none(tmp_path: Path) -> None:
    found = judged("http.validators-wellformed", tmp_path, Unlisted("-main"))
    assert found.verdict is Verdict.PASSED, found.message


def test_files_that_no_page_lists_are_not_out_of_scope(tmp_path: Path) -> None:
    found = judged("http.validators-wellformed", tmp_path, Unlisted("-main", "-picky", "-versions"))
    assert found.verdict is Verdict.UNTESTABLE
    assert "lists no wheel and no sdist" in found.message
