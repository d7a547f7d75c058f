"""The wheel and the sdist as users get them: what is inside, and whether it works far from the checkout."""

from __future__ import annotations

import configparser
import email
import hashlib
import json
import sys
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement

if TYPE_CHECKING:
    from collections.abc import Mapping

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("packaging")]

SITE_PACKAGES = "import sysconfig; print(sysconfig.get_path('purelib'))"
PACKAGES = ("conformance", "reference_server")
LISTED = {
    "id",
    "level",
    "standing",
    "feature",
    "profiles",
    "statement",
    "source",
    "affects",
    "since",
    "harm",
    "untested",
}


@pytest.fixture(scope="session")
def sdist(built: Path) -> Path:
    (path,) = built.glob("*.tar.gz")
    return path


@pytest.fixture(scope="session")
def members(wheel: Path) -> Mapping[str, bytes]:
    """The files of the wheel."""
    return contents(wheel)


@pytest.fixture(scope="session")
def installed(programs: Any, wheel: Path, session_folder: Path) -> Path:
    """The programs of a virtual environment with the wheel and what the suite depends on, and nothing else.

    What it depends on comes from another environment, which is kept; pip there installs into this one.
    """
    requirements = map(Requirement, needed(wheel))
    wanted = sorted(
        f"{each.name}{each.specifier}"
        for each in requirements
        if each.marker is None or each.marker.evaluate({"extra": "suite"})
    )
    digest = hashlib.sha256(repr(wanted).encode()).hexdigest()[:8]
    depended_on = programs.environment_with(*wanted, folder=programs.kept / f"depended-on-{digest}")

    def install(folder: Path) -> None:
        programs.must(depended_on / "python", "-m", "venv", "--without-pip", folder)
        python = folder / "bin" / "python"
        path = Path(programs.must(python, "-c", SITE_PACKAGES).strip()) / "depended-on.pth"
        path.write_text(programs.must(depended_on / "python", "-c", SITE_PACKAGES), encoding="utf-8")
        programs.must(python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", wheel)

    folder: Path = programs.once(session_folder / "installed", install)
    return folder / "bin"


def needed(wheel: Path) -> list[str]:
    """Return the requirements in the wheel's metadata."""
    message = email.message_from_string(metadata(contents(wheel), "METADATA"))
    return message.get_all("Requires-Dist", [])


def contents(wheel: Path) -> dict[str, bytes]:
    with ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def metadata(members: Mapping[str, bytes], name: str) -> str:
    (path,) = (path for path in members if path.partition("/")[2] == name and ".dist-info/" in path)
    return members[path].decode()


def test_the_wheel_holds_every_file_of_both_packages_and_no_other(
    members: Mapping[str, bytes], source: Path
) -> None:
    wanted = {
        path.relative_to(source).as_posix()
        for package in PACKAGES
        for path in (source / package).rglob("*")
        if path.is_file()
    }
    assert {name for name in members if ".dist-info/" not in name} == wanted


@pytest.mark.parametrize(
    ("pattern", "at_least"),
    [
        ("conformance/catalogue/*.toml", 3),
        ("conformance/profiles/*.toml", 2),
        ("conformance/checks/*/test_*.py", 9),
        ("conformance/checks/conftest.py", 1),
        ("conformance/pytest.ini", 1),
        ("reference_server/web/templates/*.html", 3),
        ("*/py.typed", 2),
    ],
)
def test_the_wheel_holds_what_python_itself_would_not_miss(
    pattern: str, at_least: int, members: Mapping[str, bytes]
) -> None:
    assert len([name for name in members if Path(name).match(pattern)]) >= at_least


def test_the_wheel_holds_no_tests_of_the_project_itself(members: Mapping[str, bytes]) -> None:
    tops = {name.partition("/")[0] for name in members}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(PACKAGES)


def test_the_wheel_has_its_licence(members: Mapping[str, bytes], source: Path) -> None:
    assert metadata(members, "licenses/LICENSE") == (source / "LICENSE").read_text(encoding="utf-8")


def test_the_wheel_has_its_entry_points(members: Mapping[str, bytes]) -> None:
    entry_points = configparser.ConfigParser()
    entry_points.read_string(metadata(members, "entry_points.txt"))
    assert {section: dict(entry_points[section]) for section in entry_points.sections()} == {
        "console_scripts": {
            "registry-conformance": "conformance.commands.main:main",
            "reference-server": "reference_server.commands.main:main",
        },
        "pytest11": {
            "registry-conformance": "conformance.plugin",
            "reference-server": "reference_server.fixtures",
        },
    }


def test_the_sdist_builds_the_same_wheel(
    sdist: Path, members: Mapping[str, bytes], programs: Any, tmp_path: Path
) -> None:
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    (unpacked,) = tmp_path.iterdir()
    programs.must(sys.executable, "-m", "build", "--wheel", "--outdir", tmp_path / "again", unpacked)
    (again,) = (tmp_path / "again").iterdir()
    rebuilt = contents(again)
    assert sorted(rebuilt) == sorted(members)
    assert [name for name, content in members.items() if rebuilt[name] != content] == []


def test_the_sdist_holds_the_tests_and_the_documentation(sdist: Path, source: Path) -> None:
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"README.md", "LICENSE", "pyproject.toml", "tests/packaging/test_wheel.py"} <= names
    wanted = {path.relative_to(source).as_posix() for path in (source / "docs").rglob("*") if path.is_file()}
    assert wanted <= names


def test_the_installed_suite_judges_the_installed_server(installed: Path, programs: Any) -> None:
    code = "import conformance, reference_server as server; print(conformance.__file__, server.__file__)"
    for path in programs.must(installed / "python", "-c", code).split():
        assert Path(path).is_relative_to(installed.parent)
    chosen = "rest or upload.wheel or pip.index-url"
    assert " judged, all passed" in programs.must(installed / "registry-conformance", "run", "-k", chosen)


def test_the_installed_suite_lists_its_requirements(installed: Path, programs: Any) -> None:
    rows = json.loads(programs.must(installed / "registry-conformance", "list", "--format", "json"))
    assert rows
    assert [row for row in rows if row.keys() != LISTED] == []


def test_the_installed_suite_runs_under_a_pytest_of_the_user(installed: Path, programs: Any) -> None:
    command = ("-m", "pytest", "--pyargs", "conformance", "-k", "gitlab.rest")
    assert " judged, all passed" in programs.must(installed / "python", *command)


def test_the_installed_server_tells_its_version(
    installed: Path, members: Mapping[str, bytes], programs: Any
) -> None:
    said = programs.must(installed / "reference-server", "--version")
    assert f"\nVersion: {said.split()[1]}\n" in metadata(members, "METADATA")


def test_the_wheel_runs_without_being_installed(programs: Any, wheel: Path) -> None:
    uvx = Path(sys.executable).with_name("uvx")
    done = programs.must(
        uvx, "--from", f"{wheel}[suite]", "registry-conformance", "run", "-k", "gitlab.page.hash"
    )
    assert "1 of 1 judged, all passed" in done
