"""A registry that gives sdists their normalized file names on upload breaks no rule of names of projects."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from conformance.verdicts import Verdict
from reference_server.faults import Fault
from reference_server.faults.simple.urls import DotsKeptInNames

from .one_row import judged

if TYPE_CHECKING:
    from reference_server.rendering.pages import FileLink, ProjectPage

pytestmark = pytest.mark.usefixtures("own_folder")

ROW = "simple.name.normalization"


class SdistsRenamed(Fault):
    """Lists sdists under the names that PEP 625 gives them."""

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return page.each(_renamed)


def _renamed(file: FileLink) -> FileLink:
    name, _, rest = file.filename.rpartition("-")
    if not rest.endswith(".tar.gz"):
        return file
    return replace(file, filename=f"{name.replace('.', '_').replace('-', '_').lower()}-{rest}")


class SdistsHidden(Fault):
    """Lists no sdists."""

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return replace(page, files=tuple(file for file in page.files if file.filename.endswith(".whl")))


def test_an_sdist_may_be_listed_under_its_normalized_name() -> None:
    found = judged(ROW, SdistsRenamed(), settle=0.2)
    assert found.verdict is Verdict.PASSED, found.message


@pytest.mark.parametrize("fault", [DotsKeptInNames, SdistsHidden])
def test_an_sdist_that_is_not_found_under_the_normalized_name_is_missed(fault: type[Fault]) -> None:
    found = judged(ROW, fault(), settle=0.2)
    assert found.verdict is Verdict.FAILED, found.message
