"""Prints the requests that a server answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from reference_server.http.request_log.lines import json_line, line

if TYPE_CHECKING:
    from collections.abc import Callable

    from reference_server.http.request_log import Entry


def printing(stream: TextIO) -> Callable[[Entry], None]:
    """Return what prints an entry: as a coloured line on a terminal, and else as a line of JSON."""
    on_terminal = stream.isatty()

    def print_entry(entry: Entry) -> None:
        text = line(entry, coloured=True) if on_terminal else json_line(entry)
        stream.write(f"{text}\n")
        stream.flush()

    return print_entry
