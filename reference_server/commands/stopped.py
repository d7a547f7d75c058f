"""What `verify` and `repair` have in common: the directory, and the list of what is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from reference_server.errors import UserError
from reference_server.rendering.escapes import printable

if TYPE_CHECKING:
    import argparse

    from reference_server.store.repair import Findings


def add_store(parser: argparse.ArgumentParser) -> None:
    """Add the option for the directory."""
    parser.add_argument(
        "--store",
        type=Path,
        required=True,
        metavar="DIRECTORY",
        help="directory of the registry, which no server may be using",
    )


def require_store(path: Path) -> None:
    """Require the directory of a registry. Raises `UserError`."""
    if not (path / "registry.sqlite3").exists():
        raise UserError(f"there is no registry in {path}", "`serve --store DIRECTORY` creates one.")


def describe(found: Findings) -> list[str]:
    """Return a line for each thing that is wrong."""
    return [
        *([found.doubts] if found.doubts else []),
        *(f"damaged  {sha256}" for sha256 in found.damaged),
        *(f"missing  {sha256}" for sha256 in found.missing),
        *(f"unused   {sha256}" for sha256 in found.unused),
        *(f"misfiled {printable(package)}" for package in found.misfiled),
        *(f"listed   {printable(file)}" for file in found.files),
    ]
