"""Checks that a port is free. The servers notice a taken port too late or not at all."""

from __future__ import annotations

import socket

from reference_server.errors import UserError


class PortTakenError(UserError, OSError):
    """Another program listens on the port, or the address is not this machine's."""

    def __init__(self, host: str, port: int, cause: OSError) -> None:
        super().__init__(
            f"cannot listen on {host}:{port}: {cause.strerror or cause}. "
            "Stop the program that listens there, or choose another port (0: any free port)."
        )


def free_port(host: str, port: int) -> int:
    """Return the port if it is free; any free port for 0. Raises `PortTakenError`."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            return int(probe.getsockname()[1])
    except OSError as error:
        raise PortTakenError(host, port, error) from error
