"""Temporary folders that go with what uses them."""

from __future__ import annotations

import os
import shutil
import weakref
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def remove_with(user: object, folder: Path) -> None:
    """Remove a folder with the object that uses it, at the latest at the end of this process."""
    weakref.finalize(user, _remove, folder, os.getpid())


def _remove(folder: Path, owner: int) -> None:
    """Remove the folder, unless a forked process asks for it: its parent still uses the folder."""
    if os.getpid() == owner:
        shutil.rmtree(folder, ignore_errors=True)
