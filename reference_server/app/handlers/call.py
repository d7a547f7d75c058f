"""The argument of every handler."""

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
    """One authorized request: the GitLab project exists, and the caller may perform the route's action."""

    request: Request
    registry: Registry
    gitlab_project: GitLabProject
    caller: Caller
    alteration: Alteration
    pages: PageCache
