"""The report on real clients, and on small ones with each reaction."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

from conformance.clients import ClientMissing, IndexURL, Poetry, Wanted
from conformance.commands.main import main
from conformance.wire.credential import Credential
from reference_server.distributions import wheel
from reference_server.serving.in_process import ReferenceServer

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("client-report")]

POETRY = "poetry==2.5.1"
PIP = [sys.executable, "-m", "pip", "download", "--no-deps", "-d", "{folder}", "{project}"]
TWINE = [sys.executable, "-m", "twine", "upload", "{file}"]


def reported(tmp_path: Path, *arguments: str, command: list[str]) -> dict[str, Any]:
    """Make a report on one client; give its line for each fault."""
    path = tmp_path / "report.json"
    assert main(["clients", "--format", "json", "-o", str(path), *arguments, "--", *command]) == 0
    (section,) = json.loads(path.read_text(encoding="utf-8"))["sections"]
    return {line["fault"]: line for line in section["lines"]}


def faults(*names: str) -> list[str]:
    return [word for name in names for word in ("--fault", name)]


def test_what_pip_does_is_reported(tmp_path: Path) -> None:
    once = r"truncated-downloads,first=1,path=\.whl$"
    lines = reported(
        tmp_path, *faults("sizes-as-text", once, "stale-index", "metadata-files-missing"), command=PIP
    )
    assert {fault: line["reaction"] for fault, line in lines.items()} == {
        "sizes-as-text": "worked",
        once: "recovered",
        "stale-index": "wrong",
        "metadata-files-missing": "refused",
    }
    assert lines[once]["requests"] == {"pages": 1, "metadata": 1, "files": 2}
    assert lines["stale-index"]["detail"].startswith("demo-1.0-py3-none-any.whl instead of demo-1.1-")
    assert "404" in lines["metadata-files-missing"]["message"]


def test_what_twine_does_is_reported(tmp_path: Path) -> None:
    lines = reported(
        tmp_path,
        *faults("uploads-queued", "unavailable", "answers-to-uploads-lost", "login-page"),
        command=TWINE,
    )
    assert {fault: line["reaction"] for fault, line in lines.items()} == {
        "uploads-queued": "worked",
        "unavailable": "gave up",
        "answers-to-uploads-lost": "crashed",
        "login-page": "wrong",
    }
    assert lines["answers-to-uploads-lost"]["detail"] == "the files are right nevertheless"
    assert lines["unavailable"]["requests"] == {"uploads": 5}


@pytest.mark.parametrize(
    ("activity", "reaction"),
    [
        ("time.sleep(60)", "hung"),
        ("raise SystemExit('no')", "refused"),
        ("1 / 0", "crashed"),
        ("os.abort()", "crashed"),
        ("pass", "wrong"),
    ],
)
def test_a_small_client_is_classified(activity: str, reaction: str, tmp_path: Path) -> None:
    """It saves the wheel, unless the page is late."""
    program = f"""\
import os, re, shutil, time, urllib.request
from base64 import b64encode
from urllib.parse import urljoin, urlsplit
url = urlsplit("{{index_url}}")
index = url._replace(netloc=url.netloc.rpartition("@")[2]).geturl()
pair = b64encode(b"{{username}}:{{password}}").decode()
def get(address):
    request = urllib.request.Request(address, headers={{"Authorization": "Basic " + pair}})
    return urllib.request.urlopen(request, timeout=30).read()
try:
    page = get(index + "{{project}}/").decode()
except OSError:
    {activity}
else:
    link = re.search('href="([^"#]*demo-1.1-[^"#]*)', page)[1]
    open("demo-1.1-py3-none-any.whl", "wb").write(get(urljoin(index + "{{project}}/", link)))
"""
    lines = reported(
        tmp_path,
        "--limit",
        "10",  # seconds in which a busy machine starts Python and sends a request
        *faults("unavailable", "latency,seconds=0"),
        command=[sys.executable, "-c", program],
    )
    assert {fault: line["reaction"] for fault, line in lines.items()} == {
        "unavailable": reaction,
        "latency,seconds=0": "worked",
    }
    assert lines["unavailable"]["exit_code"] is None or reaction != "hung"


def test_the_report_has_no_secret(tmp_path: Path) -> None:
    program = "import sys; print('{index_url}', '{password}', file=sys.stderr)"
    path = tmp_path / "report.txt"
    command = ["clients", "--fault", "unavailable", "-o", str(path)]
    assert main([*command, "--", sys.executable, "-c", program]) == 0
    assert ReferenceServer.password not in path.read_text(encoding="utf-8")


def test_a_client_that_never_works_is_no_matter_of_faults(capsys: pytest.CaptureFixture[str]) -> None:
    program = "raise SystemExit('no such thing')"
    assert main(["clients", "--fault", "unavailable", "--", sys.executable, "-c", program]) == 3
    assert "fails without any fault: no such thing" in capsys.readouterr().err


@pytest.fixture(scope="session")
def poetry(programs: Any) -> Poetry:
    scripts: Path = programs.environment_with(POETRY, folder=programs.kept / POETRY)
    return Poetry(python=scripts / "python")


def test_poetry_adds_from_a_registry_with_a_credential(poetry: Poetry, tmp_path: Path) -> None:
    with ReferenceServer() as server:
        demo = wheel("demo", "1.0")
        server.registry.publish(demo.filename, demo.content)
        credential = Credential(username=server.username, password=server.password)
        run = poetry.add(
            Wanted(name="demo"), folder=tmp_path, index_url=IndexURL(server.index_url, credential)
        )
    assert run.succeeded, run
    assert list(tmp_path.rglob("demo-1.0.dist-info"))
    assert server.password not in str(run)


def test_poetry_is_found_by_its_program(
    poetry: Poetry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(poetry.python.parent))
    assert Poetry.find().version == poetry.version
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ClientMissing):
        print(Poetry.find().version)
