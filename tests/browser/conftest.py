"""Chromium without a window: it opens a page, does something to it, and says what it saw."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from .devtools import QUIET, devtools

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_httpserver import HTTPServer

    from .devtools import DevTools

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
LIMIT = 60
"""Seconds."""

OPTIONS = (*QUIET, "--virtual-time-budget=10000")

DRIVER = """<!DOCTYPE html>
<link rel="icon" href="data:,">
<iframe src="/report.html%(fragment)s" %(frame)s></iframe>
<pre id="seen"></pre>
<script>
const frame = document.querySelector("iframe");
const moment = () => new Promise((resolve) => setTimeout(resolve, 50));
frame.addEventListener("load", async () => {
  const page = frame.contentDocument, view = frame.contentWindow;
  const all = (selector) => [...page.querySelectorAll(selector)];
  const visible = () => all(".finding").filter((each) => each.offsetParent).map((each) => each.id);
  const press = (key) => page.activeElement.dispatchEvent(new view.KeyboardEvent("keydown", {key, bubbles: true}));
  const change = (name, value) => {
    page.querySelector(`[name=${name}]`).value = value;
    page.querySelector(`[name=${name}]`).dispatchEvent(new view.Event("input", {bubbles: true}));
  };
  document.getElementById("seen").textContent = JSON.stringify(await (async () => { %(steps)s })());
}, {once: true});
</script>
"""
"""A page from the same origin, which sees into the frame. The report itself lets no script in but its own."""


class Browser:
    """Opens a report in a frame, takes steps there, and returns what they returned."""

    def __init__(self, program: str, server: HTTPServer, folder: Path) -> None:
        self._program = program
        self._server = server
        self._folder = folder

    def __call__(
        self, report: str, steps: str, *, fragment: str = "", frame: str = "", options: tuple[str, ...] = ()
    ) -> Any:
        """Run `steps`: the body of an async function that knows what the driver's page defines."""
        driver = DRIVER % {"fragment": html.escape(fragment), "frame": frame, "steps": steps}
        self._server.expect_request("/report.html").respond_with_data(report, content_type="text/html")
        self._server.expect_request("/driver.html").respond_with_data(driver, content_type="text/html")
        command = [self._program, *OPTIONS, *options, f"--user-data-dir={self._folder}", "--dump-dom"]
        done = subprocess.run(
            [*command, self._server.url_for("/driver.html")],
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=True,
        )
        found = re.search(r'<pre id="seen">(.+?)</pre>', done.stdout, re.DOTALL)
        assert found, done.stdout + done.stderr
        return json.loads(html.unescape(found[1]))

    @property
    def asked_for(self) -> set[str]:
        """The paths that were asked for."""
        return {request.path for request, _ in self._server.log}


@pytest.fixture
def browser(httpserver: HTTPServer, tmp_path: Path) -> Browser:
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        pytest.skip(f"no Chromium: none of {', '.join(NAMES)} is on the PATH")
    return Browser(program, httpserver, tmp_path)


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DevTools]:
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        pytest.skip(f"no Chromium: none of {', '.join(NAMES)} is on the PATH")
    with devtools(program, tmp_path_factory.mktemp("profile")) as tab:
        yield tab
