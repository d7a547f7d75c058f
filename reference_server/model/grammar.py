"""The grammar of names, versions, file names and specifiers. Pure functions on strings."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from packaging.version import Version

if TYPE_CHECKING:
    from collections.abc import Iterator

    from packaging.utils import NormalizedName

MAX_STEM = 255  # characters; the longest file name

# Source: PyPA specifications, "Names and normalization".
_NAME = re.compile(r"[A-Z0-9]|[A-Z0-9][A-Z0-9._-]*[A-Z0-9]", re.IGNORECASE | re.ASCII)
_SEPARATORS = re.compile(r"[-_.]+")

# Source: GitLab's documentation of the PyPI repository, "Ensure your version string is valid".
VERSION_EXPRESSION = r"""
    \A(?:
        v?
        (?:([0-9]+)!)?                                                 (?# epoch)
        ([0-9]+(?:\.[0-9]+)*)                                          (?# release segment)
        ([-_\.]?((a|b|c|rc|alpha|beta|pre|preview))[-_\.]?([0-9]+)?)?  (?# pre-release)
        ((?:-([0-9]+))|(?:[-_\.]?(post|rev|r)[-_\.]?([0-9]+)?))?       (?# post release)
        ([-_\.]?(dev)[-_\.]?([0-9]+)?)?                                (?# dev release)
        (?:\+([a-z0-9]+(?:[-_\.][a-z0-9]+)*))?                         (?# local version)
    )\Z
    """
_VERSION = re.compile(VERSION_EXPRESSION, re.VERBOSE | re.IGNORECASE | re.ASCII)
_POST = re.compile(r"[0-9]+(?:\.[0-9]+)+-[0-9]+", re.ASCII)
"""A post-release of a version with a dot: a name that ends with one is less likely."""

# The characters of wheel and sdist names. None has a meaning in a path or a header.
_FILENAME = re.compile(r"[A-Z0-9._+!-]{1,255}", re.IGNORECASE | re.ASCII)


def is_valid_name(name: str) -> bool:
    """Return whether this is a valid project name. Source: PyPA "Names and normalization"."""
    return _NAME.fullmatch(name) is not None


def normalize(name: str) -> str:
    """Return the normalized name, which is equal for all spellings. Source: PEP 503."""
    return _SEPARATORS.sub("-", name).lower()


def is_valid_version(version: str) -> bool:
    """Return whether GitLab accepts this version. Source: the expression in GitLab's documentation."""
    return _VERSION.match(version) is not None


@lru_cache(maxsize=65536)
def version_key(version: str) -> Version | str:
    """Return a key that is equal for equal versions (`1.0`, `1.0.0`, `v1.0`). Source: PEP 440.

    A version that is invalid under PEP 440 is equal only to itself.
    """
    try:
        return Version(version)
    except ValueError:
        return version


def version_text(version: str) -> str:
    """Return a text that is equal for equal versions, as `version_key` is."""
    from packaging.utils import canonicalize_version  # not for a start

    key = version_key(version)
    return key if isinstance(key, str) else canonicalize_version(key)


def is_valid_requires_python(specifier: str) -> bool:
    """Return whether this is a valid version specifier. Source: PyPA "Core metadata", Requires-Python."""
    from packaging.specifiers import SpecifierSet  # not for a start

    try:
        SpecifierSet(specifier)
    except ValueError:
        return False
    return True


def is_valid_filename(filename: str) -> bool:
    """Return whether this is the file name of a wheel or an sdist.

    Source: PyPA "Binary distribution format" and "Source distribution format".
    """
    return _FILENAME.fullmatch(filename) is not None and name_and_version(filename) is not None


def filename_agrees(filename: str, name: str, version: str) -> bool:
    """Return whether the file name has the name and version of the form, in any spelling."""
    if filename.endswith(".whl"):
        return name_and_version(filename) == (normalize(name), version_key(version))
    found = sdist_version(filename, name)
    return found is not None and found == version_key(version)


def sdist_version(filename: str, name: str) -> Version | None:
    """Return the version in the file name of an sdist of this project; None for another project's, or no sdist's.

    A version may have hyphens: `demo-1.0-2.tar.gz` is version `1.0-2` of `demo`, which is `1.0.post2`.
    """
    if name_and_version(filename) is None or filename.endswith(".whl"):
        return None
    stem = filename.removesuffix(".tar.gz").removesuffix(".zip")
    versions = [version for found, version in splits(stem) if normalize(found) == normalize(name)]
    try:
        return Version(versions[0]) if versions else None
    except ValueError:
        return None


def splits(stem: str) -> Iterator[tuple[str, str]]:
    """Yield each way to read `{name}-{version}`: split at the last hyphen, then at those before it."""
    if len(stem) > MAX_STEM:
        return
    at = stem.rfind("-")
    while at > 0:
        yield stem[:at], stem[at + 1 :]
        at = stem.rfind("-", 0, at)


def filetype_agrees(filename: str, filetype: str) -> bool:
    """Return whether the form's file type, which may be empty, is that of the file name."""
    return filetype in {"", "bdist_wheel" if filename.endswith(".whl") else "sdist"}


def name_and_version(filename: str) -> tuple[NormalizedName, Version] | None:
    """Return the normalized name and the version in a file name; None if it is neither a wheel's nor an sdist's."""
    from packaging.utils import (
        parse_sdist_filename,
        parse_wheel_filename,
    )  # uploads need it, a start does not

    try:
        if filename.endswith(".whl"):
            return parse_wheel_filename(filename)[:2]
        return parse_sdist_filename(filename)
    except ValueError:
        return None


def read_from(filename: str, name: str | None) -> tuple[str, Version] | None:
    """Return the name and the version in a file name, of the project with this name if it is known.

    An unknown name ends before the first part that is a version, as in `demo-1.0-2.tar.gz`.
    """
    parsed = name_and_version(filename)
    if parsed is None or filename.endswith(".whl"):
        return parsed
    stem = filename.removesuffix(".tar.gz").removesuffix(".zip")
    names = (
        [name]
        if name
        else [found for found, version in reversed([*splits(stem)]) if _POST.fullmatch(version)]
    )
    for each in names:
        if version := sdist_version(filename, each):
            return normalize(each), version
    return parsed
