"""pypiserver in four processes, as its documentation offers it with gunicorn: what they do to each other."""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING, Any

import pytest
import requests

from reference_server.serving.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("pypiserver")]

PYPISERVER = "pypiserver[passlib]==2.4.2"  # exact, as its deviations are
GUNICORN = "gunicorn==27.0.1"
SUITE = (sys.executable, "-m", "conformance")
WORKERS = 4

DUPLICATE_RACE = "race.same-file-different"
"""_app.py, file_upload(), asks `config.backend.exists(uf.raw_filename)`; only then backend.py, write_file(), opens
the file for writing, `open(destination, "wb")`, and no lock is held in between. One process with one thread never
notices; a second process finds no file yet, and writes into the same one."""


@pytest.fixture(scope="module")
def gunicorn(programs: Any) -> Path:
    """The folder of the programs of an environment with pypiserver and gunicorn."""
    folder: Path = programs.environment_with(
        PYPISERVER, GUNICORN, folder=programs.kept / f"{PYPISERVER}-{GUNICORN}"
    )
    return folder


@pytest.fixture(scope="module")
def url(programs: Any, gunicorn: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a pypiserver in four processes with an empty folder, which asks nobody for a password."""
    folder = tmp_path_factory.mktemp("gunicorn")
    packages, log = folder / "packages", folder / "log"
    packages.mkdir()
    host, port = "127.0.0.1", free_port("127.0.0.1", 0)
    app = f"pypiserver:app(roots=[{str(packages)!r}], password_file='.', authenticate=[], disable_fallback=True)"
    command = (gunicorn / "gunicorn", "--workers", str(WORKERS), "--bind", f"{host}:{port}", app)
    with programs.started(*command, log=log) as process:
        programs.eventually(
            lambda: log.read_text().count("Booting worker") == WORKERS, while_=process, log=log
        )
        served = f"http://{host}:{port}"
        assert requests.get(served, timeout=10).ok
        yield served


def test_two_files_of_one_name_are_both_accepted(programs: Any, url: str, tmp_path: Path) -> None:
    written = tmp_path / "result.json"
    where = ("--profile", "pep503-upload", "--json", written, "--ledgers", tmp_path / "ledgers")
    process = programs.run(*SUITE, "run", url, *where, "-k", DUPLICATE_RACE)
    assert written.exists(), process.stderr
    (check,) = json.loads(written.read_text(encoding="utf-8"))["results"]
    assert (check["id"], check["verdict"], process.returncode) == (DUPLICATE_RACE, "failed", 1)
    assert "different files of one name were accepted" in check["message"]
    (answered,) = re.findall(r"at the same moment, answered (.*?);", check["message"])
    assert len(re.findall(r"\b200 \[", answered)) > 1, answered
