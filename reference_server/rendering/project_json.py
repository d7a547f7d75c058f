"""The documents of PyPI's JSON API. Data only. Source: Warehouse's documentation, "JSON API"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from packaging.metadata import RawMetadata, parse_email
from packaging.version import Version

from reference_server.model.grammar import version_key

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reference_server.model import Package, PackageFile

PEOPLE = ("author", "author_email", "maintainer", "maintainer_email")
TEXTS = ("description", "description_content_type", "download_url", "home_page", "summary")
LICENSES = ("license", "license_expression")
WHEEL_NAME_PARTS = (5, 6)
"""How many parts the file name of a wheel has. Source: PyPA "Binary distribution format", File name convention."""
LISTS = ("dynamic", "license_files", "provides_extra", "requires_dist")


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A project: its packages with their listed files, at least one, and its serial, or None to state none.

    `emptied` are versions whose files were all deleted. `root` is the URL of the registry, without a slash, and
    `path_of` returns the path of a file below it.
    """

    packages: Sequence[Package]
    emptied: Sequence[str]
    serial: int | None
    root: str
    path_of: Callable[[PackageFile], str]


def described(packages: Sequence[Package], version: str | None) -> Package | None:
    """Return the package of a version. Without one, the latest: not yanked and no pre-release, if there is one."""
    if version is None:
        return max(packages, key=_precedence, default=None)
    wanted = version_key(version)
    return next((each for each in packages if version_key(each.version) == wanted), None)


def document(project: Project, release: Package, metadata: bytes | None, *, whole: bool) -> dict[str, Any]:
    """Return the document of a release with this metadata file, or of the `whole` project."""
    body: dict[str, Any] = {
        "info": _info(project, release, _fields(metadata)),
        "ownership": _ownership(release),
        "urls": _files(project, release),
        "vulnerabilities": [],
    }
    if project.serial is not None:
        body["last_serial"] = project.serial
    if whole:
        files: dict[str, list[dict[str, Any]]] = {version: [] for version in project.emptied}
        files |= {each.version: _files(project, each) for each in project.packages}
        body["releases"] = {version: files[version] for version in sorted(files, key=_order)}
    return body


def _info(project: Project, release: Package, fields: RawMetadata) -> dict[str, Any]:
    page = f"{project.root}/project/{quote(release.normalized)}/"
    found: Mapping[str, Any] = dict(fields)
    reasons = [file.yanked for file in release.files if file.yanked is not None]
    is_yanked = _is_yanked(release)
    return {
        **{name: found.get(name) for name in (*PEOPLE, *TEXTS, *LICENSES)},
        **{name: found.get(name) or None for name in LISTS},
        "bugtrack_url": None,
        "classifiers": found.get("classifiers", []),
        "docs_url": None,
        "downloads": {"last_day": -1, "last_month": -1, "last_week": -1},
        "keywords": ",".join(found["keywords"]) if "keywords" in found else None,
        "name": release.name,
        "package_url": page,
        "platform": ",".join(found["platforms"]) if "platforms" in found else None,
        "project_url": page,
        "project_urls": found.get("project_urls") or None,
        "release_url": f"{page}{quote(release.version)}/",
        "requires_python": found.get("requires_python") or release.files[0].requires_python,
        "version": release.version,
        "yanked": is_yanked,
        "yanked_reason": (reasons[0] or None) if is_yanked else None,
    }


def _fields(metadata: bytes | None) -> RawMetadata:
    if metadata is None:
        return {}
    try:
        return parse_email(metadata)[0]
    # An encoding may be broken; and packaging before 25 asserts that a body has one part, which not every one has.
    except (ValueError, LookupError, AssertionError):
        return {}


def _ownership(release: Package) -> dict[str, Any]:
    publisher = release.published_by
    roles = [{"role": "Owner", "user": publisher}] if publisher else []
    return {"organization": None, "roles": roles}


def _files(project: Project, release: Package) -> list[dict[str, Any]]:
    return [_file(project, file) for file in sorted(release.files, key=lambda file: file.filename)]


def _file(project: Project, file: PackageFile) -> dict[str, Any]:
    is_wheel = file.filename.endswith(".whl")
    moment = file.listed_time.astimezone(UTC).replace(tzinfo=None) if file.listed_time else None
    digests = {
        "blake2b_256": file.digests.get("blake2_256"),
        "md5": file.digests.get("md5"),
        "sha256": file.digests.get("sha256"),
    }
    metadata = file.listed_metadata
    return {
        "comment_text": "",
        "core-metadata": dict(metadata) if isinstance(metadata, Mapping) else False,
        "digests": {name: digest for name, digest in digests.items() if digest},
        "downloads": -1,
        "filename": file.filename,
        "has_sig": False,
        "md5_digest": digests["md5"],
        "packagetype": "bdist_wheel" if is_wheel else "sdist",
        "python_version": _python_tag(file.filename) if is_wheel else "source",
        "requires_python": file.requires_python,
        "size": file.listed_size,
        "upload_time": moment.isoformat(timespec="seconds") if moment else None,
        "upload_time_iso_8601": f"{moment.isoformat(timespec='microseconds')}Z" if moment else None,
        "url": project.root + project.path_of(file),
        "yanked": file.yanked is not None,
        "yanked_reason": file.yanked or None,
    }


def _python_tag(filename: str) -> str | None:
    """Return the Python tag of a wheel; None where its name has none, as that of a mirrored file may."""
    parts = filename.removesuffix(".whl").split("-")
    return parts[-3] if len(parts) in WHEEL_NAME_PARTS else None


def _is_yanked(release: Package) -> bool:
    return all(file.yanked is not None for file in release.files)


def _precedence(release: Package) -> tuple[bool, bool, tuple[bool, Version, str]]:
    version = version_key(release.version)
    is_final = isinstance(version, Version) and not version.is_prerelease
    return not _is_yanked(release), is_final, _order(release.version)


def _order(text: str) -> tuple[bool, Version, str]:
    """Return a key by which versions are sorted, those outside of PEP 440 first."""
    version = version_key(text)
    is_valid = isinstance(version, Version)
    return is_valid, version if isinstance(version, Version) else Version("0"), text
