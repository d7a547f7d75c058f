"""What a store answers that makes no packages when they are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class OnlyStored:
    """A store without generated projects, for what this registry has itself."""

    is_copy = False

    def generated_serials(self, gitlab_project: int) -> Mapping[str, int]:
        """Return nothing: no project is generated."""
        del gitlab_project
        return {}

    def generated_names(self, gitlab_project: int) -> Sequence[str]:
        """Return nothing: every package is stored."""
        del gitlab_project
        return ()
