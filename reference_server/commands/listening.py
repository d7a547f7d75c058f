"""What `serve` and `proxy` have in common: an address, faults, and the wait for their end."""

from __future__ import annotations

import argparse
import sys

from reference_server.serving.exposure import is_loopback


def add_address(parser: argparse._ActionsContainer, port: int) -> None:
    """Add the options of the address to listen on."""
    parser.add_argument(
        "--host", default="127.0.0.1", help="host name or IP address to listen on (default: %(default)s)"
    )
    parser.add_argument(
        "--port", type=_port, default=port, help="port to listen on, 0 for a free one (default: %(default)s)"
    )


def add_faults(parser: argparse._ActionsContainer) -> None:
    """Add the option that names faults."""
    parser.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="NAME[,OPTION=VALUE]…",
        help="turn on a fault; may be repeated. path=REGEX and method=NAME select requests; first=N, after=N and "
        "probability=P (with seed=N) limit it. `reference-server faults` lists the faults and their own options",
    )


def add_log(parser: argparse._ActionsContainer) -> None:
    """Add the option that prints requests."""
    parser.add_argument(
        "--log",
        action="store_true",
        help="print each request to standard error: a line on a terminal, JSON otherwise; without secrets",
    )


def warn_outside(host: str, why: str) -> None:
    """Warn that a server is reachable from other machines, unless it listens on loopback."""
    if not is_loopback(host):
        print(
            f"reference-server: warning: {host} is reachable from other machines, and {why}", file=sys.stderr
        )


def wait_until_interrupted() -> None:
    """Wait for SIGINT or SIGTERM."""
    import signal
    from threading import Event

    ended = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    while not ended.wait(timeout=3600):
        pass


def in_url(host: str) -> str:
    """Return a host as URLs have it: IPv6 addresses in brackets."""
    return f"[{host}]" if ":" in host else host


def _port(text: str) -> int:
    if not (text.isdecimal() and int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"expected a number from 0 to 65535, not {text!r}")
    return int(text)
