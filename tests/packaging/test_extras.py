"""The plain distribution is the fake; what else it can do has extras, and a missing one has a name."""

import os
import re
import subprocess
import sys
import tomllib
from functools import cache
from importlib.metadata import distribution, packages_distributions
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from conformance.errors import extras
from reference_server import errors

PROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8"))["project"]
BOTH = {**extras.EXTRAS, **errors.EXTRAS}

PYTEST = ("iniconfig", "pluggy", "pygments", "pytest")


def imported_by(extra: str) -> set[str]:
    names = {Requirement(line).name for line in PROJECT["optional-dependencies"][extra]}
    return {re.sub("^pytest_xdist$", "xdist", name.replace("-", "_")) for name in names}


def needed_by_the_fake() -> set[str]:
    """The names of the distributions that the plain distribution brings."""
    found: set[str] = set()
    wanted = list(PROJECT["dependencies"])
    while wanted:
        requirement = Requirement(wanted.pop())
        if requirement.name in found or (
            requirement.marker and not requirement.marker.evaluate({"extra": ""})
        ):
            continue
        found.add(requirement.name)
        wanted += distribution(requirement.name).requires or []
    return set(map(canonicalize_name, found))


@cache
def importable() -> dict[str, set[str]]:
    """The packages that can be imported, with the distributions that bring them."""
    return {name: set(map(canonicalize_name, owners)) for name, owners in packages_distributions().items()}


def run_without_extras(module: str, *arguments: str, also: tuple[str, ...] = ()) -> CompletedProcess[str]:
    """Run a module where no package can be imported that an extra brings, but for `also`."""
    program = f"import runpy; runpy.run_module({module!r}, run_name='__main__', alter_sys=True)"
    return run_program(program, *arguments, also=also)


def run_program(text: str, *arguments: str, also: tuple[str, ...] = ()) -> CompletedProcess[str]:
    kept = needed_by_the_fake() | {"pypi-registry-conformance", *also}
    blocked = [name for name, owners in importable().items() if kept.isdisjoint(owners) and name[0] != "_"]
    program = f"import sys; sys.modules.update(dict.fromkeys({blocked}))\n{text}"
    environ = os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environ, check=False)


@pytest.mark.parametrize("extra", sorted(BOTH))
def test_the_packages_of_an_extra_are_those_that_it_brings(extra: str) -> None:
    assert set(BOTH[extra]) == imported_by(extra)


def test_the_fake_is_at_most_eight_packages() -> None:
    assert len(needed_by_the_fake()) <= 8, needed_by_the_fake()


def test_the_fake_needs_no_extra() -> None:
    ended = run_without_extras("reference_server", "faults", "truncated")
    assert (ended.returncode, ended.stderr) == (0, "")
    ended = run_program(
        "from reference_server import ReferenceServer\n"
        "from reference_server.distributions import wheel\n"
        "from urllib.request import urlopen\n"
        "with ReferenceServer() as server:\n"
        "    demo = wheel('demo', '1.0')\n"
        "    server.registry.publish(demo.filename, demo.content)\n"
        "    print(urlopen(server.origin).status)\n"
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "200\n", "")


@pytest.mark.parametrize(
    ("arguments", "extra"),
    [
        (("conformance", "run"), "suite"),
        (("conformance", "list"), "suite"),
        (("reference_server", "serve", "--port", "0"), "serve"),
    ],
)
def test_a_command_says_which_extra_is_missing(arguments: tuple[str, ...], extra: str) -> None:
    ended = run_without_extras(*arguments)
    assert ended.returncode == 2
    assert f"Run: pip install 'pypi-registry-conformance[{extra}]'" in ended.stderr
    assert ended.stderr.count("\n") == 2


def test_plain_pytest_says_which_extra_is_missing() -> None:
    ended = run_without_extras("pytest", "-p", "conformance.plugin", "--pyargs", "conformance", also=PYTEST)
    assert ended.returncode == pytest.ExitCode.USAGE_ERROR
    assert "Run: pip install 'pypi-registry-conformance[suite]'" in ended.stderr


def test_only_a_call_of_the_suite_lists_its_options() -> None:
    alone = subprocess.check_output([sys.executable, "-m", "pytest", "--help"], text=True)
    asked = subprocess.check_output(
        [sys.executable, "-m", "pytest", "--help", "--pyargs", "conformance"], text=True
    )
    assert "--registry-" not in alone
    assert "--registry-url" in asked
