"""The clean environment of a client, which tests of clients use as the suite does."""

from reference_server.clients.environment import hermetic

__all__ = ["hermetic"]
