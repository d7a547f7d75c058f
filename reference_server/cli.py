"""The command `reference-server`."""

from __future__ import annotations

import argparse
import ipaddress
import os
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reference_server.ports import free_port
from reference_server.standalone import ServerMissingError, serve

if TYPE_CHECKING:
    from collections.abc import Sequence

DISTRIBUTION = "pypi-registry-conformance"
DEFAULT_PORT = 8765


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and give its exit status: 0 ended as asked, 2 could not start."""
    options = _parser().parse_args(arguments)
    try:
        return _serve(options)
    except (ServerMissingError, OSError) as error:
        print(f"reference-server: {error}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    from reference_server.rules import DOCUMENTED_MAX_FILE_SIZE

    parser = argparse.ArgumentParser(prog="reference-server", description="A local Python package registry.")
    parser.add_argument("--version", action="version", version=f"%(prog)s {_version()}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    serving = commands.add_parser("serve", help="run a registry until Ctrl-C")
    serving.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    serving.add_argument(
        "--port", type=_port, default=DEFAULT_PORT, help="port, or 0 for a free one (%(default)s)"
    )
    serving.add_argument(
        "--max-file-size",
        type=_size,
        default=DOCUMENTED_MAX_FILE_SIZE,
        metavar="BYTES",
        help="largest file that is taken (%(default)s)",
    )
    serving.add_argument(
        "--write-target", type=Path, metavar="FILE", help="describe the registry for registry-conformance"
    )
    return parser


def _version() -> str:
    try:
        return version(DISTRIBUTION)
    except PackageNotFoundError:
        return "(not installed)"


def _port(text: str) -> int:
    if not (text.isdecimal() and int(text) <= 65535):
        raise argparse.ArgumentTypeError("a port is a number from 0 to 65535")
    return int(text)


def _size(text: str) -> int:
    if not (text.isdecimal() and int(text) > 0):
        raise argparse.ArgumentTypeError("a size is a positive number of bytes")
    return int(text)


def _serve(options: argparse.Namespace) -> int:
    from reference_server.defaults import target

    port = free_port(options.host, options.port)
    shown = f"[{options.host}]" if ":" in options.host else options.host
    described = target(f"http://{shown}:{port}", max_file_size=options.max_file_size)
    if not _is_loopback(options.host):
        print(
            f"reference-server: warning: {options.host} can be reached from elsewhere, "
            "and the tokens are public knowledge",
            file=sys.stderr,
        )

    def started() -> None:
        if options.write_target:
            _write_target(options.write_target, described)
        print(_greeting(described), flush=True)

    serve(host=options.host, port=port, max_file_size=options.max_file_size, on_start=started)
    return 0


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _write_target(path: Path, described: dict[str, Any]) -> None:
    """Write the file so that nobody else can read the tokens in it."""
    import tomli_w

    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        path.chmod(0o600)
        tomli_w.dump(described, file)


def _greeting(described: dict[str, Any]) -> str:
    url = described["url"]
    username, password = described["credentials"]["default"].values()
    scheme, _, rest = url.partition("://")
    return f"""\
Repository  {url}
Index       {url}/simple/
User name   {username}
Token       {password}

twine upload --repository-url {url} -u {username} -p {password} dist/*
pip install --index-url {scheme}://{username}:{password}@{rest}/simple/ NAME

Ctrl-C ends it, and everything in it."""
