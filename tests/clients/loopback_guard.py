"""Runs in a network namespace of its own, where every packet that leaves loopback is seen, and none goes anywhere.

    unshare --map-root-user --net --mount python loopback_guard.py FOLDER CLIENT [URL]
    unshare --map-root-user --net --mount python loopback_guard.py --try URL

Takes CLIENT through every scenario, with its environment in FOLDER; with a URL, it installs from a registry that leads
there for what it does not have. Or asks for URL itself. Prints JSON: what left, and the scenarios. The default route of
the namespace is a tunnel that ends in this process, and so is its name server.
"""

from __future__ import annotations

import fcntl
import ipaddress
import json
import logging
import os
import struct
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path
from threading import Thread
from unittest.mock import patch

TUNNEL = "outside0"
NAME_SERVER = "10.9.9.53"
SET_INTERFACE, TUN, WITHOUT_HEAD = 0x400454CA, 0x0001, 0x1000


def main() -> int:
    """Print what happened."""
    with tempfile.TemporaryDirectory() as folder:
        left = watched(Path(folder))
        cells = tried(sys.argv[2]) if sys.argv[1] == "--try" else played(Path(sys.argv[1]), *sys.argv[2:])
    print(json.dumps({"left": sorted(left), "cells": cells}))
    return 0


def watched(folder: Path) -> set[str]:
    """Let every route lead into a tunnel; return the set that gets what arrives there."""
    tunnel = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(tunnel, SET_INTERFACE, struct.pack("16sH", TUNNEL.encode(), TUN | WITHOUT_HEAD))
    resolver = folder / "resolv.conf"
    resolver.write_text(f"nameserver {NAME_SERVER}\noptions timeout:1 attempts:1\n", encoding="utf-8")
    for command in (
        ["ip", "link", "set", "lo", "up"],
        ["ip", "address", "add", "10.9.9.1/24", "dev", TUNNEL],
        ["ip", "link", "set", TUNNEL, "up"],
        ["ip", "route", "add", "default", "dev", TUNNEL],
        ["mount", "--bind", str(resolver), "/etc/resolv.conf"],
    ):
        subprocess.run(command, check=True)
    left: set[str] = set()
    Thread(target=_read, args=(tunnel, left), daemon=True).start()
    return left


def _read(tunnel: int, left: set[str]) -> None:
    while packet := os.read(tunnel, 65536):
        start, end = (16, 20) if packet[0] >> 4 == 4 else (24, 40)
        receiver = ipaddress.ip_address(packet[start:end])
        if not receiver.is_multicast:  # the kernel announces itself
            left.add(f"{receiver}")


def tried(url: str) -> list[str]:
    """Ask for a URL without any proxy."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        opener.open(url, timeout=2)
    except OSError as error:
        return [str(error)]
    return ["answered"]


def played(environments: Path, client: str, elsewhere: str = "") -> list[str]:
    """Take a client through every scenario, or let it install from a registry that leads elsewhere."""
    from conformance.client_matrix import matrix
    from conformance.client_matrix.scenarios import SCENARIOS
    from conformance.clients.prepared import EnvironmentFolder, client_spec
    from conformance.run.client_runs import client_cells
    from conformance.run.setup import prepare
    from conformance.run.tidy import tidy
    from conformance.target import target_from_table
    from conformance.verdicts.options import RunOptions
    from reference_server import ReferenceServer
    from reference_server.sources.upstream import Upstream

    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
    spec = client_spec(client)
    environment = EnvironmentFolder(environments).require(spec)
    upstream = Upstream(url=elsewhere, mode="redirect") if elsewhere else None
    chosen = [each for each in SCENARIOS if not elsewhere or each.id == "install.absent"]
    with (
        tempfile.TemporaryDirectory() as ledgers,
        ReferenceServer(upstream=upstream) as server,
        patch.object(matrix, "SCENARIOS", chosen),
    ):
        options = RunOptions(ledger_folder=Path(ledgers), settle=0, max_requests=100_000)
        run = prepare(target_from_table(server.target() | {"fallback": ""}), options)
        try:
            found = client_cells(run, prepared={spec: environment})
            return [f"{each.scenario}: {each.outcome}: {each.message}" for each in found]
        finally:
            tidy(run)
            run.session.close()
            run.session.budget.close()


if __name__ == "__main__":
    sys.exit(main())
