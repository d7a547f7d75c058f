"""What the checks of races have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.kit.races import Heat


def few(rounds: int) -> int:
    """Return the number of rounds for what one round costs much, or shows well."""
    return max(1, rounds // 3)


def most(rounds: int) -> int:
    """Return the number of rounds for what every file of a round shows, and not only the one that wins."""
    return max(1, rounds * 2 // 3)


def entries_but_one(heat: Heat, sha256: str | None = None) -> Iterator[str]:
    """Say which page does not list the file of a heat once, and with this hash where one is given."""
    filename = heat.sent[0].filename
    for seen in heat.last:
        entries = [file for file in seen.page.files if file.filename == filename]
        if len(entries) != 1:
            yield f"{len(entries)} entries of {filename} in {seen.form.upper()}"
        elif sha256 is not None and entries[0].hashes.get("sha256", sha256).lower() != sha256:
            yield f"{filename} listed with sha256 {entries[0].hashes['sha256']} in {seen.form.upper()}"


def unlisted(heat: Heat) -> Iterator[str]:
    """Say which page does not list a file that was accepted."""
    for seen in heat.last:
        for distribution in heat.accepted:
            if distribution.filename not in seen.page.filenames:
                yield f"{distribution.filename} was accepted, and is not listed in {seen.form.upper()}"
