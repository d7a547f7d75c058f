"""The command `reference-server`."""

from __future__ import annotations

import argparse
import ipaddress
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reference_server.serving.ports import free_port
from reference_server.serving.standalone import ServerMissingError, serve
from reference_server.store.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

DISTRIBUTION = "pypi-registry-conformance"
DEFAULT_PORT = 8765


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and give its exit status: 0 ended as asked, 2 could not start."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.command(options))
    except (ServerMissingError, StoreError, LookupError, ValueError, OSError) as error:
        print(f"reference-server: {error}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    from reference_server.rules.rules import DOCUMENTED_MAX_FILE_SIZE

    parser = argparse.ArgumentParser(prog="reference-server", description="A local Python package registry.")
    parser.add_argument("--version", action=_ShowVersion, nargs=0, help="print the version")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    serving = commands.add_parser("serve", help="run a registry until Ctrl-C")
    _add_address(serving, DEFAULT_PORT)
    serving.add_argument(
        "--max-file-size",
        type=_size,
        default=DOCUMENTED_MAX_FILE_SIZE,
        metavar="BYTES",
        help="largest file that is taken (%(default)s)",
    )
    serving.add_argument(
        "--store",
        type=Path,
        metavar="DIRECTORY",
        help="keep everything in this directory, which is made when it is missing (in memory)",
    )
    serving.add_argument(
        "--flavour", default="reference", metavar="NAME", help="`reference` (GitLab's URLs) or `pypi`"
    )
    serving.add_argument(
        "--variety",
        type=int,
        metavar="SEED",
        help="do what the specifications leave open in other ways, chosen by this number",
    )
    _add_faults(serving)
    serving.add_argument(
        "--control",
        action="store_true",
        help="let Maintainers switch faults over HTTP, at /-/reference/faults",
    )
    serving.add_argument(
        "--write-target", type=Path, metavar="FILE", help="describe the registry for registry-conformance"
    )
    serving.set_defaults(command=_serve)
    proxying = commands.add_parser("proxy", help="put faults before a registry until Ctrl-C")
    proxying.add_argument("upstream", metavar="URL", help="the registry: only scheme, host and port count")
    _add_address(proxying, DEFAULT_PORT + 1)
    _add_faults(proxying)
    proxying.set_defaults(command=_proxy)
    listing = commands.add_parser("faults", help="list the faults")
    listing.add_argument("words", metavar="WORD", nargs="*", help="only those that say all of these")
    listing.add_argument("--format", choices=("text", "json"), default="text")
    listing.set_defaults(command=_faults)
    return parser


def _add_address(parser: argparse.ArgumentParser, port: int) -> None:
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument("--port", type=_port, default=port, help="port, or 0 for a free one (%(default)s)")


def _add_faults(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="NAME[,OPTION=VALUE]…",
        help="misbehave; options are path, method, first, after, probability, seed, and the fault's own",
    )


class _ShowVersion(argparse.Action):
    """Looks the version up when it is asked for: that takes as long as all the rest of a start."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        """Print it and end."""
        print(f"{parser.prog} {_version()}")
        parser.exit()


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

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
    from reference_server.flavours import flavour_named
    from reference_server.serving.target import target_table

    flavour = flavour_named(options.flavour)
    port = free_port(options.host, options.port)
    origin = f"http://{_shown(options.host)}:{port}"
    described = target_table(origin, max_file_size=options.max_file_size, flavour=flavour)
    _warn_outside(options.host, "the tokens are public knowledge")

    def started() -> None:
        if options.write_target:
            _write_target(options.write_target, described)
        upload, index = (flavour.path(each) for each in (flavour.layout.upload, flavour.layout.index))
        print(_greeting(described, origin + upload, origin + index, options), flush=True)

    store = options.store and options.store.absolute()
    if options.fault or options.control:
        return _serve_here(options, port, store, started)
    serve(
        host=options.host,
        port=port,
        max_file_size=options.max_file_size,
        on_start=started,
        store=store,
        flavour=flavour.name,
        variety=options.variety,
    )
    return 0


def _serve_here(
    options: argparse.Namespace, port: int, store: Path | None, started: Callable[[], None]
) -> int:
    """Serve from this process, where faults have a hand on the connections."""
    from dataclasses import replace

    from reference_server.rules import Rules
    from reference_server.serving.in_process import ReferenceServer

    rules = replace(Rules(), max_file_size=options.max_file_size)
    with ReferenceServer(
        host=options.host,
        port=port,
        store=store,
        rules=rules,
        faults=options.fault,
        flavour=options.flavour,
        control=options.control,
        variety=options.variety,
    ):
        started()
        wait_for_the_end()
    return 0


def _proxy(options: argparse.Namespace) -> int:
    from urllib.parse import urlsplit

    from reference_server.serving.in_process import ProxyServer

    parts = urlsplit(options.upstream)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(f"{options.upstream!r} is not an http(s) URL")
    if not options.fault:
        raise ValueError("say which with --fault NAME; `reference-server faults` lists them")
    _warn_outside(options.host, "whoever reaches it reaches the registry")
    upstream = f"{parts.scheme}://{parts.netloc}"
    with ProxyServer(upstream, host=options.host, port=options.port, faults=options.fault) as proxy:
        print(f"{proxy.at(options.upstream)}\n\nstands for {options.upstream}. Ctrl-C ends it.", flush=True)
        wait_for_the_end()
    return 0


def wait_for_the_end() -> None:
    """Sleep until SIGINT or SIGTERM."""
    import signal
    from threading import Event

    ended = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    while not ended.wait(timeout=3600):
        pass


def _faults(options: argparse.Namespace) -> int:
    from reference_server.commands import fault_list

    print(
        fault_list.as_json(options.words) if options.format == "json" else fault_list.as_text(options.words)
    )
    return 0


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _warn_outside(host: str, why: str) -> None:
    if not _is_loopback(host):
        print(f"reference-server: warning: {host} can be reached from elsewhere, and {why}", file=sys.stderr)


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


def _greeting(described: dict[str, Any], upload: str, index: str, options: argparse.Namespace) -> str:
    username, password = described["credentials"]["default"].values()
    scheme, _, rest = index.partition("://")
    lines = [
        f"Repository  {upload}",
        f"Index       {index}",
        f"User name   {username}",
        f"Token       {password}",
        *(f"Fault       {fault}" for fault in options.fault),
        "",
        f"twine upload --repository-url {upload} -u {username} -p {password} dist/*",
        f"pip install --index-url {scheme}://{username}:{password}@{rest} NAME",
        "",
        f"Ctrl-C ends it; everything in it stays in {options.store}."
        if options.store
        else "Ctrl-C ends it, and everything in it.",
    ]
    return "\n".join(lines)
