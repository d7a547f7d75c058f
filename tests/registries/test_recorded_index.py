"""An index that is recorded, played to pip and uv with every other host out of reach, and exported for a web server."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from reference_server import ReferenceServer
from reference_server.commands.main import main
from reference_server.distributions import sdist, wheel
from reference_server.serving.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("recorded-index")]

DISTRIBUTIONS = (
    wheel("app", "1.0", requires_dist=("Lib.Two>=1", "source")),
    wheel("app", "2.0", requires_python=">=3.99"),
    wheel("lib-two", "1.5"),
    wheel("lib-two", "9.0"),
    sdist("source", "1.0"),
    wheel("unrelated", "1.0"),
)
PROJECTS = ("app", "lib-two", "source")
INSTALLED = ("app-1.0", "lib_two-1.5", "source-1.0")


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Record what the newest app needs. The index is gone afterwards."""
    folder = tmp_path_factory.mktemp("recorded")
    with ReferenceServer(flavour="pypi") as server:
        for each in DISTRIBUTIONS:
            server.registry.publish(each.filename, each.content, gitlab_project=2)
        server.registry.yank("lib-two", version="9.0", gitlab_project=2)
        (folder / "requirements.txt").write_text("app\n", encoding="utf-8")
        arguments = [server.index_url, "--requirements", str(folder / "requirements.txt")]
        assert main(["record", *arguments, "-o", str(folder / "recording")]) == 0
    return folder / "recording"


def without_network(folder: Path) -> dict[str, str]:
    """Return an environment in which loopback is all there is: every other host is behind a proxy that is not there."""
    nowhere = f"http://127.0.0.1:{free_port('127.0.0.1', 0)}"
    environment = {name: os.environ[name] for name in ("PATH", "LANG", "SYSTEMROOT") if name in os.environ}
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        environment |= {name: nowhere, name.upper(): nowhere}
    return environment | {
        "no_proxy": "127.0.0.1",
        "HOME": str(folder),
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_NO_CACHE_DIR": "1",
        "PIP_RETRIES": "0",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "UV_NO_CONFIG": "1",
        "UV_NO_CACHE": "1",
        "UV_PYTHON_DOWNLOADS": "never",
    }


@pytest.mark.parametrize("client", ["pip", "uv"])
def test_a_client_installs_from_the_recording(recorded: Path, tmp_path: Path, client: str) -> None:
    commands = {
        "pip": [sys.executable, "-m", "pip", "install"],
        "uv": [shutil.which("uv") or "uv", "pip", "install", "--python", sys.executable],
    }
    with ReferenceServer(folder=recorded, flavour="pypi") as server:
        options = ["--index-url", server.index_url, "--target", str(tmp_path / "site")]
        command = [*commands[client], *options, "app"]
        environment = without_network(tmp_path)
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=300, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
    found = sorted(each.name for each in (tmp_path / "site").glob("*.dist-info"))
    assert found == [f"{each}.dist-info" for each in INSTALLED]


def test_the_recording_has_what_was_needed_and_no_more(recorded: Path) -> None:
    files = {each.name for each in (recorded / "files").rglob("*") if each.is_file()}
    assert {name for name in files if not name.endswith(".metadata")} == {
        "app-1.0-py3-none-any.whl",
        "lib_two-1.5-py3-none-any.whl",
        "source-1.0.tar.gz",
    }


def test_the_exported_index_passes_behind_any_web_server(
    recorded: Path, tmp_path: Path, programs: Any, answers: Any, judge_index: Callable[..., Any]
) -> None:
    root, port = tmp_path / "root", free_port("127.0.0.1", 0)
    assert main(["export", str(recorded), "-o", str(root)]) == 0
    origin, log = f"http://127.0.0.1:{port}", tmp_path / "log.txt"
    command = (sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1", "--directory", root)
    with programs.started(*command, log=log) as process:
        programs.eventually(lambda: answers(origin), while_=process, log=log)
        judged = judge_index(f"{origin}/simple", tmp_path, *PROJECTS, checks="simple.html.detail or metadata")
    assert judged.deviations == {}
    assert judged.exit_codes == (0, 0)
    assert sum(each == "passed" for each in judged.verdicts.values()) > 10
