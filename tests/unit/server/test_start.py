"""What a start leaves for later: each of these modules costs time and memory that most servers never need."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from reference_server.app import routes
from reference_server.commands import serve
from reference_server.flavours import REFERENCE
from reference_server.rules.rules import DOCUMENTED_MAX_FILE_SIZE

if TYPE_CHECKING:
    from pathlib import Path

STARTED = """
import sys
from pathlib import Path
from reference_server.commands.main import _parser
from reference_server.serving.standalone import application
_parser(["serve"]).parse_args(["serve"])
application(directory=Path(sys.argv[1])).close()
print(*sys.modules)
"""
HELPED = """
import sys
from reference_server.commands.main import _parser
_parser().format_help()
print(*sys.modules)
"""


def imported(program: str, *arguments: str) -> set[str]:
    """Return the modules that a program imports."""
    command = [sys.executable, "-c", program, *arguments]
    return set(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())


@pytest.mark.parametrize(
    "later",
    [
        "multipart",
        "reference_server.app.handlers.upload",
        "reference_server.commands.administration",
        "reference_server.commands.export",
        "reference_server.faults.path_pattern",
        "reference_server.flavours.pypi",
        "reference_server.web.site",
        "sqlite3",
        "tarfile",
        "zipfile",
    ],
)
def test_a_start_imports_what_a_first_page_needs(later: str, at_start: set[str]) -> None:
    assert later not in at_start


@pytest.fixture(scope="module")
def at_start(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    folder: Path = tmp_path_factory.mktemp("start")
    found = imported(STARTED, str(folder))
    assert "reference_server.app.handlers.simple" in found
    return found


def test_help_imports_no_rules() -> None:
    assert "reference_server.rules" not in imported(HELPED)


def test_a_fake_imports_nothing_for_types_and_nothing_for_assertions() -> None:
    modules = imported("import sys; from reference_server import ReferenceServer; print(*sys.modules)")
    assert "reference_server.serving.in_process" in modules
    assert modules.isdisjoint(
        {
            "reference_server.store.protocol",
            "reference_server.http.request_log.expectations",
            "reference_server.web",
        }
    )


def test_help_names_the_limit_of_the_rules() -> None:
    assert serve.MAX_FILE_SIZE == DOCUMENTED_MAX_FILE_SIZE


def test_rules_of_routes_compile_nothing_that_builds_urls() -> None:
    found = routes.url_map(REFERENCE)
    assert len(list(found.iter_rules())) == len(routes.ROUTES) - len(routes.DESCRIPTIONS)
    with pytest.raises(NotImplementedError, match="no URL is built"):
        found.bind("localhost").build("root_page", {"gitlab_project": "1"})


def test_an_archive_is_read_by_a_server_that_has_read_none() -> None:
    """The readers are imported by the first upload."""
    program = """
from reference_server import ReferenceServer
from reference_server.distributions import wheel
import sys
assert "zipfile" in sys.modules  # by the maker of wheels
with ReferenceServer() as server:
    assert "reference_server.archives.reading" not in sys.modules
    server.publish(wheel("demo", "1.0"))
    print("reference_server.archives.reading" in sys.modules)
"""
    command = [sys.executable, "-c", program]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() == "True"
