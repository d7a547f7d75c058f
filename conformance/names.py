"""Project names, as the suite reads the specification; written apart from any server's idea of them."""

from __future__ import annotations

SEPARATORS = "-_."


def normalized(name: str) -> str:
    """Return the normalized name: lower case, every run of `-`, `_` and `.` as one `-`.

    Source: Names and normalization, #name-normalization (PEP 503).
    """
    out: list[str] = []
    for character in name.lower():
        if character not in SEPARATORS:
            out.append(character)
        elif not out or out[-1] != "-":
            out.append("-")
    return "".join(out)
