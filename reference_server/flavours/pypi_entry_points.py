"""The file entry_points.txt. Source: PyPA "Entry points", File format."""

from __future__ import annotations

import configparser

SCRIPTS = ("console_scripts", "gui_scripts")


class _Parser(configparser.ConfigParser):
    """Reads entry points: names keep their case, and `=` follows them."""

    def optionxform(self, optionstr: str) -> str:
        return optionstr


def scripts(text: str) -> list[str]:
    """Return the names of all scripts. Raises `ValueError` for another file."""
    parser = _Parser(delimiters=("=",))
    try:
        parser.read_string(text)
    except configparser.Error as error:
        raise ValueError(str(error)) from error
    return [name for group in SCRIPTS if group in parser for name in parser[group]]
