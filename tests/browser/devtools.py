"""Chromium by its DevTools protocol over a pipe: it opens pages as a reader does, and says what went wrong there."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import subprocess
import sys
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

QUIET = (
    "--headless",
    "--no-sandbox",  # it opens nothing but our own page, and CI systems run it as root
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
)
"""What every Chromium of the tests is started with."""
OPTIONS = (*QUIET, "--hide-scrollbars", "--remote-debugging-pipe")
LAUNCHER = """
import os, sys
for end, number in zip(sys.argv[1:3], (3, 4)):
    os.dup2(int(end), number)
os.execv(sys.argv[3], sys.argv[3:])
"""
"""Chromium reads from 3 and writes to 4."""
PROBLEMS = {"Log.entryAdded", "Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Network.loadingFailed"}


class DevTools:
    """One tab. `problems` are the console's entries and the failed requests so far."""

    def __init__(self, sending: int, receiving: int) -> None:
        self._sending, self._receiving = sending, receiving
        self._numbers = count(1)
        self._session: str | None = None
        self._buffer = b""
        self._events: list[dict[str, Any]] = []
        self.problems: list[Any] = []

    def attach(self) -> None:
        """Open the tab."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Call a method, and return its result."""
        number = next(self._numbers)
        message: dict[str, Any] = {"id": number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self._sending, data) :]
        while True:
            answer = self._next()
            if answer.get("id") == number:
                assert "error" not in answer, (method, answer["error"])
                return dict(answer["result"])
            self._note(answer)

    def _note(self, event: dict[str, Any]) -> None:
        self._events.append(event)
        if event.get("method") in PROBLEMS:
            self.problems.append(event["params"])
        if event.get("method") == "Network.responseReceived":
            answer = event["params"]["response"]
            if answer["status"] >= 400:
                self.problems.append((answer["status"], answer["url"]))

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            data = os.read(self._receiving, 1 << 16)
            assert data, "Chromium has ended"
            self._buffer += data
        line, _, self._buffer = self._buffer.partition(b"\0")
        return dict(json.loads(line))

    @contextmanager
    def loading(self) -> Iterator[None]:
        """Wait at the end of the block until the page that it asks for is complete."""
        self._events.clear()
        yield
        while not any(event.get("method") == "Page.loadEventFired" for event in self._events):
            self._note(self._next())

    def open(self, url: str) -> None:
        """Open a page."""
        with self.loading():
            self.call("Page.navigate", url=url)

    def run(self, script: str) -> Any:
        """Run a script in the page, and return its value."""
        done = self.call(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True, userGesture=True
        )
        assert "exceptionDetails" not in done, done
        return done["result"].get("value")

    def look(self, width: int, *, dark: bool, height: int = 900) -> None:
        """Set the width of the window, and the reader's colours."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 500,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])

    def screenshot(self, path: Path) -> None:
        """Write a picture of the whole page."""
        taken = self.call("Page.captureScreenshot", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(taken["data"]))


@contextmanager
def devtools(program: str, folder: Path) -> Iterator[DevTools]:
    """Start Chromium with a new profile, and end it with the block."""
    their_in, our_out = os.pipe()
    our_in, their_out = os.pipe()

    for_them = [fcntl.fcntl(end, fcntl.F_DUPFD, 10) for end in (their_in, their_out)]
    command = [
        sys.executable,
        "-c",
        LAUNCHER,
        *map(str, for_them),
        program,
        *OPTIONS,
        f"--user-data-dir={folder}",
    ]
    with subprocess.Popen(
        command, pass_fds=for_them, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        for end in (their_in, their_out, *for_them):
            os.close(end)
        try:
            browser = DevTools(our_out, our_in)
            browser.attach()
            yield browser
        finally:
            process.terminate()
            os.close(our_out)
            os.close(our_in)
            process.wait(30)
