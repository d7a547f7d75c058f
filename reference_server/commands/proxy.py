"""`reference-server proxy`: puts faults in front of any registry."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from reference_server.commands.listening import (
    add_address,
    add_faults,
    add_log,
    wait_until_interrupted,
    warn_outside,
)
from reference_server.errors import UserError

if TYPE_CHECKING:
    import argparse

SUMMARY = "put faults in front of a registry until Ctrl-C"
PORT = 8766


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("upstream", metavar="URL", help="URL of the registry; its path is ignored")
    add_address(parser, PORT)
    add_faults(parser)
    add_log(parser)


def run(options: argparse.Namespace) -> int:
    """Forward requests until SIGINT or SIGTERM."""
    from reference_server.serving.in_process import ProxyServer
    from reference_server.serving.printed_requests import printing

    upstream = _origin(options.upstream)
    if not options.fault and not options.log:
        raise UserError("proxy needs --fault NAME or --log", "`reference-server faults` lists the faults.")
    warn_outside(options.host, "it forwards requests to the registry")
    with ProxyServer(upstream, host=options.host, port=options.port, faults=options.fault) as proxy:
        if options.log:
            proxy.requests.on_end = printing(sys.stderr)
        print(f"{proxy.at(options.upstream)}\n\nforwards to {options.upstream}. Ctrl-C stops it.", flush=True)
        wait_until_interrupted()
    return 0


def _origin(url: str) -> str:
    """Return the origin of a URL. Raises UserError, without what may be a password."""
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise UserError("the URL of the registry is invalid") from None
    if "@" in parts.netloc:
        raise UserError(
            "the URL of the registry has a user name or a password in it",
            "Leave them out: clients send their own through the proxy.",
        )
    if parts.scheme not in {"http", "https"} or not parts.hostname or port == 0:
        shown = url.rpartition("@")[2]
        raise UserError(f"{shown!r} is not an http(s) URL", "Begin it with http:// or https://.")
    return f"{parts.scheme}://{parts.netloc}"
