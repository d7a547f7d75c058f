"""`reference-server serve`: runs a registry."""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import closing
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any

from reference_server.commands.listening import (
    add_address,
    add_faults,
    add_log,
    in_url,
    wait_until_interrupted,
)
from reference_server.commands.sources import add_sources, describe, sources_of
from reference_server.errors import UserError
from reference_server.serving.exposure import is_loopback
from reference_server.serving.ports import free_port
from reference_server.serving.standalone import serve

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from reference_server.commands.sources import Sources
    from reference_server.flavours import Flavour
    from reference_server.rules.registry import Registry
    from reference_server.serving.tls import Authority

SUMMARY = "run a registry until Ctrl-C"
EPILOG = """examples:
  reference-server serve --store registry
  reference-server serve dist --watch --flavour pypi
  reference-server serve --fault truncated-downloads,first=1 --log
"""
PORT = 8765
MAX_FILE_SIZE = 50 * 1024 * 1024
"""The limit of the rules, which take as long to import as all commands: a start needs them later, help does not."""


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    _add_listening(parser.add_argument_group("address"))
    _add_registry(parser.add_argument_group("registry"))
    add_sources(parser.add_argument_group("projects from elsewhere"))
    _add_misbehaviour(parser.add_argument_group("misbehaviour"))
    _add_steering(parser.add_argument_group("tests and tools"))


def _add_listening(group: argparse._ArgumentGroup) -> None:
    add_address(group, PORT)
    group.add_argument(
        "--tls",
        type=Path,
        metavar="FILE",
        help="serve HTTPS, and write the certificate that clients have to trust to a file",
    )
    group.add_argument(
        "--client-certificate",
        type=Path,
        metavar="FILE",
        help="require a client certificate, and write one with its key to FILE; needs --tls",
    )


def _add_registry(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--store",
        type=Path,
        metavar="DIRECTORY",
        help="keep the registry in a directory, which is created if missing (default: in memory)",
    )
    group.add_argument(
        "--generate-tokens",
        action="store_true",
        help="give the ready-made tokens new secrets, and print them once; required for a --host that other machines "
        "can reach",
    )
    group.add_argument(
        "--max-file-size",
        type=_size,
        default=MAX_FILE_SIZE,
        metavar="BYTES",
        help="reject larger files (default: %(default)s, 50 MiB)",
    )
    group.add_argument(
        "--flavour",
        default="reference",
        metavar="NAME",
        help="registry to imitate: gitlab-13.4, gitlab or pypi (default: reference, GitLab's URLs and every "
        "specification); settings of an instance follow, such as gitlab+json",
    )


def _add_misbehaviour(group: argparse._ArgumentGroup) -> None:
    add_faults(group)
    group.add_argument(
        "--control",
        action="store_true",
        help="let Maintainers turn faults on and off over HTTP, at /-/reference/faults",
    )
    group.add_argument(
        "--variety",
        type=_seed,
        metavar="SEED",
        help="seed for varying what the specifications leave open (default: no variation)",
    )


def _add_steering(group: argparse._ArgumentGroup) -> None:
    """Add the options for other programs: clients that tests watch, and the suite."""
    add_log(group)
    group.add_argument(
        "--write-target",
        type=Path,
        metavar="FILE",
        help="write a registry.toml for this server, for `registry-conformance run --config FILE`",
    )


def _target(
    options: argparse.Namespace, origin: str, flavour: Flavour, secrets: Mapping[str, str]
) -> dict[str, Any]:
    from reference_server.faults import switches
    from reference_server.serving.target import target_table

    return target_table(
        origin,
        max_file_size=options.max_file_size,
        flavour=flavour,
        secrets=secrets,
        switches=switches(options.fault),
    )


def run(options: argparse.Namespace) -> int:
    """Serve until SIGINT or SIGTERM."""
    from reference_server.flavours import flavour_named
    from reference_server.serving.default_registry import fresh_secrets
    from reference_server.serving.target import declared

    flavour = flavour_named(options.flavour)
    _check_tokens(options)
    secrets = fresh_secrets() if options.generate_tokens else {}
    _check_files(options)
    sources = sources_of(options)
    port = free_port(options.host, options.port)
    origin = f"{'https' if options.tls else 'http'}://{in_url(options.host)}:{port}"
    target = _target(options, origin, flavour, secrets) | declared(sources["upstream"])

    def greet() -> None:
        if options.write_target:
            _write_target(options.write_target, target)
        print(_greeting(target, origin, flavour, options, sources), flush=True)

    store = options.store and options.store.absolute()
    if options.fault or options.control or options.tls:
        _serve_here(options, port, store, greet, secrets, sources=sources)
    else:
        serve(
            host=options.host,
            port=port,
            max_file_size=options.max_file_size,
            on_start=greet,
            store=store,
            flavour=flavour.name,
            variety=options.variety,
            secrets=secrets,
            log=options.log,
            **sources,
            origin=f"http://{in_url(_nearest(options.host))}:{port}",
        )
    return 0


def _check_tokens(options: argparse.Namespace) -> None:
    """Refuse an address that other machines reach, with the tokens that they know."""
    if not options.generate_tokens and not is_loopback(options.host):
        raise UserError(
            f"{options.host} is reachable from other machines, and the ready-made tokens are public",
            "Add --generate-tokens, which gives them new secrets, or listen on 127.0.0.1.",
        )


def _check_files(options: argparse.Namespace) -> None:
    """Refuse one file for two of the options that write one, and one without its other. Raises UserError."""
    if options.client_certificate and not options.tls:
        raise UserError("--client-certificate needs --tls FILE", "Add --tls FILE.")
    written: dict[Path, str] = {}
    for option in ("--tls", "--client-certificate", "--write-target"):
        given = getattr(options, option.removeprefix("--").replace("-", "_"))
        if given is None:
            continue
        other = written.setdefault(given.resolve(), option)
        if other != option:
            raise UserError(f"{other} and {option} name one file", f"Choose another file for {option}.")


def _nearest(host: str) -> str:
    """Return the address at which this machine reaches a server that listens there."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound


def _serve_here(
    options: argparse.Namespace,
    port: int,
    store: Path | None,
    greet: Callable[[], None],
    secrets: dict[str, str],
    *,
    sources: Sources,
) -> None:
    """Serve from this process, where faults can reach the connections."""
    from dataclasses import replace

    from reference_server.rules import Rules
    from reference_server.serving.in_process import ReferenceServer
    from reference_server.serving.printed_requests import printing

    with (
        closing(_registry(options, store, secrets, sources)) as registry,
        ReferenceServer(
            host=options.host,
            port=port,
            registry=registry,
            rules=replace(Rules(), max_file_size=options.max_file_size),
            faults=options.fault,
            flavour=options.flavour,
            control=options.control,
            variety=options.variety,
            upstream=sources["upstream"],
            tls=_authority(options.tls, options.client_certificate),
            client_certificates=bool(options.client_certificate),
        ) as server,
    ):
        if options.log:
            server.requests.on_end = printing(sys.stderr)
        greet()
        wait_until_interrupted()


def _registry(
    options: argparse.Namespace, store: Path | None, secrets: dict[str, str], sources: Sources
) -> Registry:
    """Return the registry to serve. Raises UserError."""
    from reference_server.serving.default_registry import default_registry
    from reference_server.serving.state import state_of

    state = state_of(
        store=store,
        folder=sources["folder"],
        flavour=options.flavour,
        watches=sources["watches"],
        generated=sources["generated"],
    )
    return default_registry(store=state, secrets=secrets)


def _authority(bundle: Path | None, client: Path | None) -> Authority | bool:
    """Return a certificate authority whose certificate, and a client's, are in files, or False. Raises UserError."""
    if bundle is None:
        return False
    from reference_server.serving.tls import Authority

    authority = Authority()
    for path, option, save in (
        (bundle, "--tls", authority.save),
        (client, "--client-certificate", authority.save_client),
    ):
        try:
            if path is not None:
                save(path)
        except OSError as error:
            raise UserError(
                f"cannot write {path}: {error.strerror}", f"Choose another file for {option}."
            ) from error
    return authority


def _seed(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected a whole number, not {text!r}") from None


def _size(text: str) -> int:
    if not (text.isdecimal() and int(text) > 0):
        raise argparse.ArgumentTypeError(f"expected a number of bytes above 0, not {text!r}")
    return int(text)


def _write_target(path: Path, target: dict[str, Any]) -> None:
    """Write a file with tokens in it, readable by its owner only. Raises UserError."""
    import tomli_w

    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            path.chmod(0o600)
            tomli_w.dump(target, file)
    except OSError as error:
        raise UserError(f"cannot write {path}: {error.strerror}", "Choose another --write-target.") from error


def _greeting(
    target: dict[str, Any], origin: str, flavour: Flavour, options: argparse.Namespace, sources: Sources
) -> str:
    upload, index = (origin + flavour.path(each) for each in (flavour.layout.upload, flavour.layout.index))
    username, password = target["credentials"]["default"].values()
    scheme, _, rest = index.partition("://")
    given = {"--cert": options.tls, "--client-cert": options.client_certificate}
    certificates = "".join(f" {option} {quote(str(path))}" for option, path in given.items() if path)
    lines = [
        f"Page        {origin}/",
        f"Repository  {upload}",
        f"Index       {index}",
        f"User name   {username}",
        f"Token       {password}",
        *([f"Trust       {options.tls}"] if options.tls else []),
        *([f"Certificate {options.client_certificate}"] if options.client_certificate else []),
        *(f"Fault       {fault}" for fault in options.fault),
        *describe(sources),
        *_generated(target, options),
        "",
        f"twine upload --repository-url {upload} -u {username} -p {password}{certificates} dist/*",
        f"pip install --index-url {scheme}://{username}:{password}@{rest}{certificates} NAME",
        "",
        f"Ctrl-C stops the server; the registry stays in {options.store}."
        if options.store
        else "Ctrl-C stops the server and discards the registry.",
    ]
    return "\n".join(lines)


def _generated(target: dict[str, Any], options: argparse.Namespace) -> list[str]:
    """Return the new secrets of the ready-made tokens. They are never printed again."""
    if not options.generate_tokens:
        return []
    pairs = {pair["password"]: name for name, pair in target["credentials"].items()}
    width = max(map(len, pairs.values()))
    return [
        "",
        "Tokens, which only this run prints:",
        *(f"  {name:{width}}  {each}" for each, name in pairs.items()),
    ]
