"""The rules of the Python Package Index for file names, file types and digests.

Source: Warehouse, `warehouse/forklift/forms.py` and `legacy.py`; PyPA "Binary distribution format", "Source
distribution format".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    parse_sdist_filename,
    parse_wheel_filename,
)

from reference_server.model.errors import PolicyError
from reference_server.model.grammar import name_and_version, normalize, sdist_version

if TYPE_CHECKING:
    from collections.abc import Callable

    from reference_server.model import Upload

EXTENSIONS = {"sdist": (".tar.gz", ".zip"), "bdist_wheel": (".whl",)}
FILETYPES = frozenset(EXTENSIONS)
_EXTENSION = re.compile(r"\.(?:tar\.gz|zip|whl)$", re.IGNORECASE)

_PLATFORM = re.compile(
    r"""
    any | win32 | win_(?:arm64|amd64|ia64) | linux_armv[67]l
    | manylinux(?:1|2010)_(?:x86_64|i686)
    | manylinux2014_(?:x86_64|i686|aarch64|armv7l|ppc64|ppc64le|s390x)
    | manylinux_[0-9]+_[0-9]+_(?:x86_64|i686|aarch64|armv7l|ppc64|ppc64le|s390x|riscv64)
    | musllinux_[0-9]+_[0-9]+_(?:x86_64|i686|aarch64|armv7l|ppc64le|s390x|riscv64)
    | macosx_(?:10_[0-9]+|(?:1[1-5]|26)_0)
      _(?:ppc|ppc64|i386|x86_64|arm64|intel|fat|fat3|fat64|universal|universal2)
    | ios_[0-9]+_[0-9]+_(?:arm64|x86_64)_(?:iphoneos|iphonesimulator)
    | android_[0-9]+_(?:armeabi_v7a|arm64_v8a|x86|x86_64)
    | pyemscripten_[0-9]+_[0-9]+_wasm32
    """,
    re.VERBOSE | re.ASCII,
)


def filetype_is_known(upload: Upload) -> None:
    """Require the file type of a wheel or an sdist in the form."""
    filetype = _value(upload, "filetype")
    if not filetype:
        raise PolicyError("Invalid value for filetype. Error: This field is required.")
    if filetype not in FILETYPES:
        raise PolicyError("Invalid value for filetype. Error: Use a known file type.")


def wheel_has_pyversion(upload: Upload) -> None:
    """Require the Python version of a wheel in the form."""
    if _value(upload, "filetype") == "bdist_wheel" and not _value(upload, "pyversion"):
        raise PolicyError("Error: Python version is required for binary distribution uploads.")


def sdist_is_source(upload: Upload) -> None:
    """Refuse an sdist with a Python version other than `source`."""
    if _value(upload, "filetype") == "sdist" and _value(upload, "pyversion") not in {"", "source"}:
        raise PolicyError("Error: Use 'source' as Python version for an sdist.")


def has_digest(upload: Upload) -> None:
    """Require at least one digest."""
    if not upload.digests:
        raise PolicyError("Error: Include at least one message digest.")


def extension_is_allowed(upload: Upload) -> None:
    """Refuse other archives than those of wheels and sdists. Source: PEP 527."""
    found = _EXTENSION.search(upload.filename)
    if found is None:
        raise PolicyError("Invalid file extension: Use .tar.gz, .whl or .zip extension.")
    filetype = _value(upload, "filetype")
    if filetype in EXTENSIONS and found[0] not in EXTENSIONS[filetype]:  # for others: see `filetype_is_known`
        raise PolicyError(f"Invalid file extension: Extension {found[0]} is invalid for filetype {filetype}.")


def sdist_name_is_readable(upload: Upload) -> None:
    """Require a version after the last hyphen in an sdist's file name."""
    if _value(upload, "filetype") != "sdist":
        return
    try:
        parse_sdist_filename(upload.filename)
    except InvalidSdistFilename:
        raise PolicyError(f"Invalid source distribution filename: {upload.filename}") from None


def platform_is_allowed(upload: Upload) -> None:
    """Refuse wheels for an unspecific platform, such as any Linux."""
    try:
        tags = parse_wheel_filename(upload.filename)[3]
    except InvalidWheelFilename:
        return
    for platform in sorted(tag.platform for tag in tags):
        if not _PLATFORM.fullmatch(platform):
            raise PolicyError(
                f"Binary wheel '{upload.filename}' has an unsupported platform tag '{platform}'."
            )


def wheel_is_named_after_project(upload: Upload) -> None:
    """Require the normalized name in a wheel's file name, with `_` for `-`."""
    if not upload.filename.endswith(".whl") or not _is_of_project(upload):
        return
    wanted, found = _escaped(upload.name), upload.filename.partition("-")[0]
    if found != wanted:
        raise PolicyError(
            f"Filename {upload.filename!r} should contain the normalized project name {wanted!r}, "
            f"not {found!r}."
        )


def sdist_is_named_after_release(upload: Upload) -> None:
    """Require the normalized name and version in an sdist's file name, and `.tar.gz`."""
    version = sdist_version(upload.filename, upload.name)
    if version is None:
        return
    wanted = f"{_escaped(upload.name)}-{version}.tar.gz"
    if upload.filename != wanted:
        raise PolicyError(f"Filename {upload.filename!r} is invalid, should be {wanted!r}.")


FORM_CHECKS: tuple[Callable[[Upload], None], ...] = (
    filetype_is_known,
    wheel_has_pyversion,
    sdist_is_source,
    has_digest,
)
NAME_CHECKS: tuple[Callable[[Upload], None], ...] = (
    extension_is_allowed,
    sdist_name_is_readable,
    platform_is_allowed,
    wheel_is_named_after_project,
    sdist_is_named_after_release,
)
"""In the order of their evaluation."""


def _value(upload: Upload, name: str) -> str:
    return next(iter(upload.fields.get(name, ())), "")


def _escaped(name: str) -> str:
    return normalize(name).replace("-", "_")


def _is_of_project(upload: Upload) -> bool:
    """Return whether the file name has the project of the form. Another check refuses the others."""
    parsed = name_and_version(upload.filename)
    return parsed is not None and parsed[0] == normalize(upload.name)
