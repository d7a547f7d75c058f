"""The lists of packages that GitLab's own API has: that of a GitLab project, and that of its group."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.verdicts import Untestable

if TYPE_CHECKING:
    from conformance.kit.fixtures import GitLab


def lists_of_packages(gitlab: GitLab) -> list[GitLab]:
    """Return the target's GitLab project, and its group where that has a list: one row asks whether it has."""
    try:
        group = gitlab.in_group()
    except Untestable:
        return [gitlab]
    return [gitlab, group] if group.call("GET", "/packages", {"per_page": 1}).status == 200 else [gitlab]
