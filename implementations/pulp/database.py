"""PostgreSQL from Debian's packages, for one start: on a socket of its own, run by the user, for root by `postgres`."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from implementations.place import CannotStart, Place, program

if TYPE_CHECKING:
    from collections.abc import Iterator

DEBIAN = Path("/usr/lib/postgresql")
NAME = "pulp"
"""The name of the database and of its owner."""

FORGETFUL = ("fsync=off", "full_page_writes=off", "synchronous_commit=off")
"""Settings for data that is deleted at the end."""


@dataclass(frozen=True, kw_only=True)
class Database:
    """The folders of PostgreSQL in one start. `user` runs it: root may not."""

    data: Path
    socket: Path
    user: str | None

    @contextmanager
    def serving(self, place: Place) -> Iterator[None]:
        """Serve the database until the end of the context."""
        options = [f"-c{each}" for each in (*FORGETFUL, "listen_addresses=", "max_connections=60")]
        command: list[str | Path] = [self.programs / "postgres", "-D", self.data, "-k", self.socket, *options]
        with place.process(*command, ready=self._answers, user=self.user):
            yield

    def made(self, place: Place) -> None:
        """Make a cluster without content. Its socket lies in a folder of this start, and asks for no password."""
        options = ("-U", NAME, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        place.run(self.programs / "initdb", "-D", self.data, *options, user=self.user)

    def filled_from(self, saved: Path) -> None:
        """Take over a cluster that was saved."""
        shutil.copytree(saved, self.data, dirs_exist_ok=True)
        if self.user:
            for path in self.data.rglob("*"):
                shutil.chown(path, self.user)

    @property
    def programs(self) -> Path:
        """The folder of PostgreSQL's programs: Debian has one per version, and none of them on the PATH."""
        versions = [path.parent for path in DEBIAN.glob("*/bin/initdb")]
        if versions:
            return max(versions, key=lambda path: float(path.parent.name))
        if found := program("initdb"):
            return found.parent
        raise CannotStart("there is no initdb", "Install it: apt-get install postgresql")

    def _answers(self) -> bool:
        command = (self.programs / "pg_isready", "-q", "-h", self.socket, "-U", NAME)
        return subprocess.run(command, check=False).returncode == 0


def database(place: Place) -> Database:
    """Return the database of a start, with empty folders."""
    user = "postgres" if os.geteuid() == 0 else None
    place.work.chmod(0o711)  # PostgreSQL passes through, as another user
    made = Database(data=place.folder("database"), socket=place.folder("socket"), user=user)
    for folder in (made.data, made.socket):
        folder.chmod(0o700)
        if user:
            shutil.chown(folder, user)
    return made
