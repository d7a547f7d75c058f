"""What opens the URL that a registry redirects to is neither printed nor kept."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import tomli_w
from werkzeug import Response

from conformance.commands.main import main
from conformance.target.redirects import leads_to
from reference_server import ReferenceServer
from reference_server.faults import Fault

if TYPE_CHECKING:
    from pathlib import Path

    from reference_server.http.request import Request

SIGNATURE = "kanarisignature0123456789"
QUERY = f"private_token=kanari-token-0123&X-Amz-Signature={SIGNATURE}"
LOCATIONS = {
    "whole": f"http://bob:kanari-pw@registry.invalid/up/?{QUERY}",
    "another port": f"http://bob:kanari-pw@127.0.0.1:1/up/?{QUERY}",
    "another scheme": f"https://bob:kanari-pw@127.0.0.1:1/up/?{QUERY}",
    "without a scheme": f"//bob:kanari-pw@registry.invalid/up/?{QUERY}",
    "relative": f"/up/?{QUERY}",
}
"""By kind: a redirect that opens something."""


class Redirects(Fault):
    """Redirects requests of one method, for all paths or for some."""

    def __init__(self, method: str, location: str, paths: str = "") -> None:
        self._method, self._location, self._paths = method, location, re.compile(paths)

    def handle(self, request: Request) -> Response | None:
        if request.method != self._method or not self._paths.search(request.path):
            return None
        return Response(status=308, headers={"Location": self._location})


def printed(
    capsys: pytest.CaptureFixture[str], folder: Path, fault: Fault, command: str, *more: str
) -> tuple[str, str]:
    """Return the port of a server, and what a command on it prints and writes."""
    with ReferenceServer(faults=[fault]) as server:
        (folder / "registry.toml").write_text(tomli_w.dumps(server.target()), encoding="utf-8")
        main([command, "--config", str(folder / "registry.toml"), *more])
    captured = capsys.readouterr()
    written = [each.read_text(encoding="utf-8") for each in folder.rglob("*.json")]
    return server.origin, "\n".join([captured.out, captured.err, *written])


@pytest.mark.parametrize("location", LOCATIONS.values(), ids=LOCATIONS)
@pytest.mark.parametrize("command", ["run", "doctor"])
def test_an_upload_that_is_redirected(
    command: str, location: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    more = ("--json", str(tmp_path / "result.json")) if command == "run" else ()
    origin, text = printed(capsys, tmp_path, Redirects("POST", location), command, *more)
    assert "redirect" in text
    assert "kanari" not in text
    assert "bob" not in text
    if location.startswith("/up/"):
        assert f"{origin}/up/?private_token=***" in text


@pytest.mark.parametrize("location", LOCATIONS.values(), ids=LOCATIONS)
@pytest.mark.parametrize("paths", ["", "conformance-doctor"])
def test_a_page_that_is_redirected(
    paths: str, location: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, text = printed(capsys, tmp_path, Redirects("GET", location, paths), "doctor")
    assert "kanari" not in text


@pytest.mark.parametrize(
    ("location", "url"),
    [
        ("up/@demo", "http://127.0.0.1/simple/up/@demo"),
        ("/up/", "http://127.0.0.1/up/"),
        ("http://bob:kanari@registry.invalid:1/up/", "http://registry.invalid:1/up/"),
        ("http://bob:kanari/pw@registry.invalid/up/", "http://registry.invalid/up/"),
        (f"/up/?X-Amz-Signature={SIGNATURE}", "http://127.0.0.1/up/?X-Amz-Signature=***"),
        ("", ""),
    ],
)
def test_what_is_named_is_a_whole_url_without_a_secret(location: str, url: str) -> None:
    answer: Any = SimpleNamespace(status=308, url="http://127.0.0.1/simple/", headers={"Location": location})
    assert leads_to(answer) == url


def test_a_redirect_that_a_requirement_is_about(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fault = Redirects("GET", LOCATIONS["whole"], "unknown")
    more = ("-k", "security.fallback-off", "--json", str(tmp_path / "result.json"))
    _, text = printed(capsys, tmp_path, fault, "run", *more)
    assert "registry.invalid/up/" in text
    assert "kanari" not in text
