"""Ports of this machine: whether one can be listened on, and a free one."""

from __future__ import annotations

import socket

from conformance.errors import UserError


def require_free_port(host: str, port: int, *, option: str) -> None:
    """Raise UserError where nothing can listen on a port. An empty host stands for every address."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.create_server(("" if host == "*" else host, port), family=family):
            pass
    except OSError as error:
        raise cannot_listen(port, error.strerror or str(error), f"Give another {option}.") from None


def cannot_listen(port: int, why: str, hint: str) -> UserError:
    """Return the error of a port that cannot be listened on."""
    return UserError(f"port {port} cannot be listened on: {why}", hint)


def free_port() -> int:
    """Return a port on the loopback interface that nothing listens on."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])
