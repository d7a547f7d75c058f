"""The options that name where projects come from: another index, and a folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from reference_server.errors import UserError

if TYPE_CHECKING:
    import argparse

    from reference_server.sources.generated import GeneratedIndex
    from reference_server.sources.upstream import Upstream


class Sources(TypedDict):
    """Where projects come from beside uploads."""

    folder: Path | None
    watches: bool
    generated: GeneratedIndex | None
    upstream: Upstream | None


def add_sources(parser: argparse._ActionsContainer) -> None:
    """Add the folder to serve, and the index to ask for what is not here."""
    parser.add_argument(
        "given_folder",
        nargs="?",
        type=Path,
        metavar="FOLDER",
        help="serve the wheels and sdists in a folder and below it, or what `record` wrote; the folder is not changed",
    )
    parser.add_argument("--folder", type=Path, metavar="FOLDER", help="same as FOLDER")
    parser.add_argument(
        "--watch", action="store_true", help="notice what changes in the folder (default: serve it as it was)"
    )
    parser.add_argument(
        "--generated-projects",
        type=at_least_one,
        metavar="N",
        help="serve an index of N projects whose pages and wheels are generated when they are asked for "
        "(default: none)",
    )
    parser.add_argument(
        "--generated-files",
        type=at_least_one,
        metavar="N",
        help="how many files the first of them has, generated-0000000 (default: 5; the others have 1 to 5)",
    )
    parser.add_argument(
        "--upstream",
        metavar="URL",
        help="simple index to ask for projects that are not here; a user name and a password may be in the URL, or in "
        "the netrc file (default: none)",
    )
    parser.add_argument(
        "--upstream-mode",
        choices=("mirror", "redirect"),
        default="mirror",
        help="mirror: fetch, check and keep pages and files; redirect: send clients to the upstream, as GitLab does "
        "(default: %(default)s)",
    )
    add_private(parser)


def add_private(parser: argparse._ActionsContainer) -> None:
    """Add the limits of what is asked of an upstream."""
    parser.add_argument(
        "--private",
        action="append",
        default=[],
        metavar="PATTERN",
        help="never ask the upstream for projects that match, such as 'mycompany-*'; may be repeated",
    )
    parser.add_argument(
        "--upstream-timeout",
        type=_seconds,
        default=10.0,
        metavar="SECONDS",
        help="longest time without a byte from the upstream (default: %(default)s)",
    )


def at_least_one(text: str) -> int:
    """Return a whole number from 1 on."""
    import argparse

    if not (text.isascii() and text.isdecimal() and 0 < len(text) < 10 and int(text)):
        raise argparse.ArgumentTypeError(f"expected a whole number from 1 on, not {text!r}")
    return int(text)


def _seconds(text: str) -> float:
    import argparse

    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= 86400:
        raise argparse.ArgumentTypeError(f"expected a number of seconds above 0, not {text!r}")
    return seconds


def sources_of(options: argparse.Namespace) -> Sources:
    """Return what the options name. Raises `UserError`."""
    return Sources(
        folder=_folder_of(options),
        watches=options.watch,
        generated=_generated_of(options),
        upstream=_upstream_of(options),
    )


def describe(sources: Sources) -> list[str]:
    """Return lines for the greeting."""
    folder, upstream = sources["folder"], sources["upstream"]
    lines = [f"Folder      {folder}; uploads are kept in memory"] if folder else []
    if generated := sources["generated"]:
        lines.append(f"Generated   {generated.projects} projects; uploads are kept in memory")
    if upstream:
        lines.append(f"Upstream    {upstream.index} ({upstream.mode}), for projects that are not here")
    return lines


def _folder_of(options: argparse.Namespace) -> Path | None:
    """Return the folder to serve. Raises `UserError`."""
    if options.folder and options.given_folder:
        raise UserError("there are two folders to serve", "Give FOLDER or --folder FOLDER.")
    folder: Path | None = options.folder or options.given_folder
    if folder and options.store:
        raise UserError("a folder and a --store cannot be served at once", "Serve one of them.")
    if options.watch and not folder:
        raise UserError("--watch needs a folder", "Give FOLDER.")
    return folder and folder.absolute()


def _generated_of(options: argparse.Namespace) -> GeneratedIndex | None:
    """Return the index to generate. Raises `UserError`."""
    if not options.generated_projects:
        if options.generated_files:
            raise UserError("--generated-files needs projects", "Give --generated-projects.")
        return None
    if options.store or options.folder or options.given_folder:
        raise UserError(
            "generated projects cannot be served together with a folder or a --store", "Serve one of them."
        )
    from reference_server.sources.generated import FEW, GeneratedIndex

    return GeneratedIndex(projects=options.generated_projects, files=options.generated_files or FEW)


def _upstream_of(options: argparse.Namespace) -> Upstream | None:
    """Return the upstream. Raises `UserError`."""
    if not options.upstream:
        return None
    from reference_server.sources.upstream import FOLDER, Upstream

    return Upstream(
        url=options.upstream,
        mode=options.upstream_mode,
        private=tuple(options.private),
        timeout=options.upstream_timeout,
        keep=options.store and options.store.absolute() / FOLDER,
    )
