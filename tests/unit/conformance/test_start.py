"""The program starts in a moment: what a command needs is imported when it runs."""

from __future__ import annotations

import subprocess
import sys

HEAVY = ("hypothesis", "jinja2", "justhtml", "msgspec", "packaging", "pytest", "requests", "rich", "werkzeug")
LOADED = (
    f"import sys; import conformance.commands.main; print([each for each in {HEAVY} if each in sys.modules])"
)


def test_no_command_loads_what_another_needs() -> None:
    done = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
