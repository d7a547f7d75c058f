"""`reference-server verify`: compares the database and the blobs of a store, and changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reference_server.commands.stopped import add_store, describe, require_store

if TYPE_CHECKING:
    import argparse

SUMMARY = "hash the files of a stopped registry, and list what is damaged, missing or unused"


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    add_store(parser)


def run(options: argparse.Namespace) -> int:
    """List what is wrong. Return 1 if something is."""
    from reference_server.store.repair import verified

    require_store(options.store)
    found = verified(options.store)
    for line in describe(found):
        print(line)
    if found.is_sound:
        print(f"The registry is sound: {found.blobs} blobs have the bytes of their digests.")
        return 0
    print(
        f"Of {found.blobs} blobs, {len(found.damaged)} are damaged and {len(found.missing)} are missing; "
        f"{len(found.unused)} others are unused. {len(found.misfiled)} packages are not found by their versions.",
        "To restore a blob, upload the right bytes again. To drop the affected files, and to find packages by their "
        "versions again, run `reference-server repair "
        f"--store {options.store}`.",
        sep="\n",
    )
    return 1
