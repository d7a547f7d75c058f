"""`reference-server repair`: makes the database and the blobs of a store agree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reference_server.commands.stopped import add_store, describe, require_store

if TYPE_CHECKING:
    import argparse

SUMMARY = "make the files and the lists of a stopped registry agree"


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.description = (
        "Unlist files whose contents are missing or damaged, and move damaged and unused contents "
        "to the folder trash, where they stay for a week. Accepts a database that has lost changes."
    )
    add_store(parser)
    parser.add_argument("--empty-trash", action="store_true", help="then delete everything in the trash")


def run(options: argparse.Namespace) -> int:
    """Put right what is wrong, and list it."""
    from reference_server.store.repair import repaired
    from reference_server.store.trash import Trash

    require_store(options.store)
    found = repaired(options.store)
    for line in describe(found):
        print(line)
    print(
        f"Removed {len(found.files)} files from the lists; "
        f"moved {len(found.damaged) + len(found.unused)} blobs to the trash; "
        f"corrected the versions of {len(found.misfiled)} packages."
    )
    if options.empty_trash:
        print(f"Deleted {Trash(options.store).empty(older_than=0)} files in the trash.")
    return 0
