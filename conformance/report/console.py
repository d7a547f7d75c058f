"""The terminal or file that a report is printed on."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from rich.console import Console

if TYPE_CHECKING:
    from typing import TextIO

_CONTROLS = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160)) if code not in b"\n\t"}
"""Characters that would move the cursor of a terminal, or change its colours: a registry may send them."""


def console_on(file: TextIO, *, plain: bool = False) -> Console:
    """Return a console. Square brackets in a text are no markup.

    It knows neither styles nor a moving cursor where NO_COLOR is set (no-color.org), nor where it shall be `plain`.
    """
    how: dict[str, Any] = {}
    if plain or os.environ.get("NO_COLOR"):
        how = {"color_system": None, "force_interactive": False}
    if plain:
        how["force_terminal"] = False
    return Console(file=file, highlight=False, markup=False, emoji=False, soft_wrap=True, **how)


def printable(text: str) -> str:
    """Return a text from elsewhere as a terminal may show it."""
    return text.translate(_CONTROLS)
