"""The rules of the Python Package Index for an upload in view of earlier uploads.

Source: Warehouse, `warehouse/packaging/services.py` and `warehouse/forklift/legacy.py`.
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

from reference_server.model.errors import FileExistsAlreadyError, PolicyError
from reference_server.model.grammar import normalize, version_key

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reference_server.model import Package, Upload

STANDARD_LIBRARY = frozenset(normalize(name.strip("_")) for name in sys.stdlib_module_names)


def ultranormalized(name: str) -> str:
    """Return a key that is equal for similar names: no separators, `1` for `l` and `i`, `0` for `o`."""
    letters = re.sub(r"[-_.]", "", name.lower())
    return re.sub(r"[li]", "1", letters).replace("o", "0")


def name_is_not_standard(upload: Upload, packages: Sequence[Package]) -> None:
    """Refuse a new project with the name of a module of the standard library."""
    if normalize(upload.name) in STANDARD_LIBRARY and not _is_there(upload, packages):
        raise PolicyError(
            f"The name {upload.name!r} isn't allowed (conflict with Python Standard Library module name)."
        )


def name_is_distinct(upload: Upload, packages: Sequence[Package]) -> None:
    """Refuse a new project whose name is similar to an existing one."""
    if _is_there(upload, packages):
        return
    wanted = ultranormalized(upload.name)
    if any(ultranormalized(package.normalized) == wanted for package in packages):
        raise PolicyError(f"The name {upload.name!r} is too similar to an existing project.")


def content_is_new(upload: Upload, packages: Sequence[Package]) -> None:
    """Refuse a file that exists under another name."""
    files = (file for package in packages for file in package.files)
    if any(file.sha256 == upload.blob.digests["sha256"] for file in files):
        raise FileExistsAlreadyError(upload.filename, upload.blob.digests["blake2_256"])


def release_has_one_sdist(upload: Upload, packages: Sequence[Package]) -> None:
    """Refuse a second sdist of a release."""
    if upload.filename.endswith(".whl"):
        return
    wanted = version_key(upload.version)
    release = (each for each in packages if _is_of(each, upload) and version_key(each.version) == wanted)
    if not all(file.filename.endswith(".whl") for package in release for file in package.files):
        raise PolicyError("Only one sdist may be uploaded per release.")


CHECKS: tuple[Callable[[Upload, Sequence[Package]], None], ...] = (
    name_is_not_standard,
    name_is_distinct,
    content_is_new,
    release_has_one_sdist,
)
"""In the order of their evaluation."""


def _is_of(package: Package, upload: Upload) -> bool:
    return package.normalized == normalize(upload.name)


def _is_there(upload: Upload, packages: Sequence[Package]) -> bool:
    return any(_is_of(package, upload) for package in packages)
