"""A Python package registry with GitLab's layout, small enough to start inside a test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reference_server.serving.create_app import create_app
    from reference_server.serving.in_process import ReferenceServer

__all__ = ["ReferenceServer", "create_app"]


def __getattr__(name: str) -> Any:
    """Import on first use, so that `import reference_server` is fast."""
    if name == "ReferenceServer":
        from reference_server.serving.in_process import ReferenceServer

        return ReferenceServer
    if name == "create_app":
        from reference_server.serving.create_app import create_app

        return create_app
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)
