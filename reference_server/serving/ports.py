"""Ports of this machine: one to listen on, or a look at whether it is free."""

from __future__ import annotations

import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING

from reference_server.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator


class PortTakenError(UserError, OSError):
    """Another program listens on the port, or the address is not this machine's."""

    def __init__(self, host: str, port: int, cause: OSError) -> None:
        super().__init__(
            f"cannot listen on {host}:{port}: {cause.strerror or cause}. "
            "Stop the program that listens there, or choose another port (0: any free port)."
        )


def free_port(host: str, port: int) -> int:
    """Return the port if it is free; any free port for 0. Raises `PortTakenError`."""
    with _bound(host, port) as probe:
        return int(probe.getsockname()[1])


def listening(host: str, port: int, *, backlog: int) -> socket.socket:
    """Return a socket that listens on the port; on any free port for 0. Raises `PortTakenError`."""
    taken = _bound(host, port)
    try:
        taken.listen(backlog)
    except OSError as error:
        taken.close()
        raise PortTakenError(host, port, error) from error
    return taken


@contextmanager
def noticing_a_taken_port(host: str, port: int) -> Iterator[None]:
    """Turn the error of a server that finds the port taken when it begins to listen into `PortTakenError`."""
    try:
        yield
    except (OSError, RuntimeError) as error:  # granian raises the latter
        try:
            free_port(host, port)
        except PortTakenError as taken:
            raise taken from error
        raise


def _bound(host: str, port: int) -> socket.socket:
    """Return a socket at an address. A name is one of IPv4: clients that look for it elsewhere fall back to that."""
    version = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        found = socket.getaddrinfo(host, port, family=version, type=socket.SOCK_STREAM)
        family, kind, protocol, _, address = found[0]
        probe = socket.socket(family, kind, protocol)
    except OSError as error:
        raise PortTakenError(host, port, error) from error
    try:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(address)
    except OSError as error:
        probe.close()
        raise PortTakenError(host, port, error) from error
    return probe
