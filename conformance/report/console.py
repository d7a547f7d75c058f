"""The terminal or file that a report is printed on."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from rich.console import Console

if TYPE_CHECKING:
    from typing import TextIO


def console_on(file: TextIO) -> Console:
    """Return a console; it knows neither styles nor a moving cursor where NO_COLOR is set (no-color.org)."""
    plain: dict[str, Any] = {"color_system": None, "force_interactive": False}
    return Console(
        file=file, highlight=False, soft_wrap=True, **(plain if os.environ.get("NO_COLOR") else {})
    )
