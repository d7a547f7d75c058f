"""Where the registry is that `token` and `gitlab-project` act on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from reference_server.commands.token_words import TOKEN_VARIABLE
from reference_server.errors import UserError

if TYPE_CHECKING:
    import argparse

    from reference_server.commands.administration import Administration


def add_place(parser: argparse.ArgumentParser) -> None:
    """Add the options that say where the registry is."""
    place = parser.add_mutually_exclusive_group(required=True)
    place.add_argument(
        "--store",
        type=Path,
        metavar="DIRECTORY",
        help="directory of the registry; where a server uses it, the command asks that server",
    )
    place.add_argument(
        "--server", metavar="URL", help="URL of a running server, such as http://127.0.0.1:8765"
    )
    parser.add_argument(
        "--token-file",
        type=Path,
        metavar="FILE",
        help=f"file with a personal access token for the running server (default: the variable {TOKEN_VARIABLE}, "
        "or else the ready-made Maintainer's token)",
    )


def administration(options: argparse.Namespace) -> Administration:
    """Open the registry that the options name. Raises `UserError`."""
    from reference_server.store.errors import StoreHeldError

    if options.server:
        return _running(options, options.server)
    if not (options.store / "registry.sqlite3").exists():
        raise UserError(f"there is no registry in {options.store}", "`serve --store DIRECTORY` creates one.")
    try:
        from reference_server.commands.stopped_store import StoppedStore

        return StoppedStore(options.store)
    except StoreHeldError:
        from reference_server.store.lock import announced_origin

        if origin := announced_origin(options.store):
            return _running(options, origin)
        raise


def _running(options: argparse.Namespace, origin: str) -> Administration:
    from reference_server.commands.running_server import RunningServer

    return RunningServer(origin, _token(options))


def _token(options: argparse.Namespace) -> str:
    import os

    from reference_server.rules.ready_made import PASSWORD

    if options.token_file is None:
        return os.environ.get(TOKEN_VARIABLE, "").strip() or PASSWORD
    try:
        return str(options.token_file.read_text(encoding="utf-8").strip())
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"cannot read a token from {options.token_file}: {error}") from error
