"""The rules of the Python Package Index. Source: its user documentation, and Warehouse's code."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reference_server.errors import FileExistsAlreadyError

if TYPE_CHECKING:
    from reference_server.rules import Rules


def rules(rules: Rules) -> Rules:
    """Give the rules of PyPI where they differ from GitLab's."""
    return replace(
        rules,
        created_status=200,
        takes_identical=True,
        file_name_taken=lambda existing: FileExistsAlreadyError(
            existing.filename, existing.digests["blake2_256"]
        ),
    )
