"""What every handler is given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reference_server.alterations import Alteration
    from reference_server.http.request import Request
    from reference_server.model import Caller, GitLabProject
    from reference_server.rendering.page_cache import PageCache
    from reference_server.rules.registry import Registry


@dataclass(frozen=True, slots=True)
class Call:
    """One request that has passed: the GitLab project exists, and the caller may do this to it."""

    request: Request
    registry: Registry
    gitlab_project: GitLabProject
    caller: Caller
    alteration: Alteration
    pages: PageCache
