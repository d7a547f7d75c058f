"""What every handler is given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reference_server.faults import Fault
    from reference_server.model import Caller, GitLabProject
    from reference_server.registry import Registry
    from reference_server.rendering.rendered import RenderedPages
    from reference_server.request import Request


@dataclass(frozen=True, slots=True)
class Call:
    """One request that has passed: the GitLab project exists, and the caller may do this to it."""

    request: Request
    registry: Registry
    gitlab_project: GitLabProject
    caller: Caller
    fault: Fault
    pages: RenderedPages
