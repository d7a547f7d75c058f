"""Makes the pictures of the README: a run on a terminal, and the page of its result.

    python docs/pictures/make.py

Judges a reference server with three faults. Chromium takes the picture of the page. Look at both before you commit
them.
"""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import tomli_w
from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

from conformance.report.result_file import read_result
from conformance.report.terminal import print_report
from reference_server import ReferenceServer

FOLDER = Path(__file__).parent
FAULTS = ("duplicates-replace", "no-hashes", "head-refused-on-files")
PORT = 8765
WIDTH = 116
COMMAND = "registry-conformance run --config registry.toml --json result.json"
NEXT = "registry-conformance script result.json {}"
USE = "a script that reproduces it"
WINDOW = "1280,1180"


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def main() -> None:
    """Make both pictures."""
    with tempfile.TemporaryDirectory() as place:
        result, page = Path(place, "result.json"), Path(place, "report.html")
        with ReferenceServer(port=PORT, faults=FAULTS) as server:
            judge(server, result, page)
        draw_terminal(result)
        take_picture(page)


def judge(server: ReferenceServer, result: Path, page: Path) -> None:
    """Judge the server; write the result and its page."""
    config = result.with_name("registry.toml")
    config.write_text(tomli_w.dumps(server.target()), encoding="utf-8")
    words = ["run", "--config", str(config), "--json", str(result), "--report", f"html={page}"]
    subprocess.run([sys.executable, "-m", "conformance", *words], check=False, stdout=subprocess.DEVNULL)


def draw_terminal(path: Path) -> None:
    """Draw the end of the run as a terminal shows it."""
    os.environ.pop("NO_COLOR", None)
    os.environ |= {"COLUMNS": str(WIDTH), "TERM": "xterm-256color", "FORCE_COLOR": "1"}
    result = read_result(path)
    screen = _Terminal()
    print_report(result, screen, next_steps={NEXT.format(result.causes()[0].id): USE})
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, legacy_windows=False)
    console.print(Text(f"$ {COMMAND}", style="bold"))
    console.print(Text.from_ansi(screen.getvalue()))
    console.save_svg(
        str(FOLDER / "terminal.svg"), title="registry-conformance", theme=MONOKAI, unique_id="run"
    )
    picture = FOLDER / "terminal.svg"
    drawn = picture.read_text(encoding="utf-8")
    local = re.sub(r"@font-face \{.*?\}\n", "", drawn, flags=re.DOTALL)  # a picture must not fetch fonts
    picture.write_text(local, encoding="utf-8")


def take_picture(page: Path) -> None:
    """Take a picture of the upper part of the page."""
    subprocess.run(
        [
            "chromium",
            *("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--window-size={WINDOW}"),
            f"--screenshot={FOLDER / 'report.png'}",
            page.as_uri(),
        ],
        check=True,
        capture_output=True,
    )


if __name__ == "__main__":
    main()
