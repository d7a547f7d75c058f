"""Core metadata as a document, and as the fields of an upload form."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

_BODY_SINCE = (2, 1)
_CONTINUED = "\n        "
_CONTINUED_DESCRIPTION = "\n       |"


def _single(header: str) -> Any:
    return field(default=None, metadata={"header": header})


def _several(header: str) -> Any:
    return field(default=(), metadata={"header": header})


@dataclass(frozen=True, kw_only=True)
class Metadata:
    """The core metadata of a distribution: every field of versions 1.0 to 2.6.

    Fields have the names of the upload form. Values are written unchanged, even if they are invalid or
    newer than `metadata_version`, so that tests can send invalid metadata.
    Source: Core metadata specifications.
    """

    metadata_version: str = field(default="2.1", metadata={"header": "Metadata-Version"})
    name: str = field(metadata={"header": "Name"})
    version: str = field(metadata={"header": "Version"})
    dynamic: tuple[str, ...] = _several("Dynamic")
    platform: tuple[str, ...] = _several("Platform")
    supported_platform: tuple[str, ...] = _several("Supported-Platform")
    summary: str | None = _single("Summary")
    description: str | None = field(default=None, metadata={"header": "Description"})
    """The body of the document from 2.1 on, and a folded header before."""
    description_content_type: str | None = _single("Description-Content-Type")
    keywords: tuple[str, ...] = field(default=(), metadata={"header": "Keywords"})
    author: str | None = _single("Author")
    author_email: str | None = _single("Author-email")
    maintainer: str | None = _single("Maintainer")
    maintainer_email: str | None = _single("Maintainer-email")
    license: str | None = _single("License")
    license_expression: str | None = _single("License-Expression")
    license_file: tuple[str, ...] = _several("License-File")
    """Paths. `wheel` and `sdist` add these files to the archive."""
    classifiers: tuple[str, ...] = _several("Classifier")
    requires_dist: tuple[str, ...] = _several("Requires-Dist")
    requires_python: str | None = _single("Requires-Python")
    requires_external: tuple[str, ...] = _several("Requires-External")
    project_urls: tuple[str, ...] = _several("Project-URL")
    """`Label, URL` each."""
    provides_extra: tuple[str, ...] = _several("Provides-Extra")
    provides_dist: tuple[str, ...] = _several("Provides-Dist")
    obsoletes_dist: tuple[str, ...] = _several("Obsoletes-Dist")
    import_name: tuple[str, ...] = _several("Import-Name")
    import_namespace: tuple[str, ...] = _several("Import-Namespace")
    home_page: str | None = _single("Home-page")
    download_url: str | None = _single("Download-URL")
    requires: tuple[str, ...] = _several("Requires")
    provides: tuple[str, ...] = _several("Provides")
    obsoletes: tuple[str, ...] = _several("Obsoletes")

    def fields(self) -> tuple[tuple[str, str], ...]:
        """Return the fields in the specification's order, under their names in the document."""
        return tuple((header, value) for _, header, value in self._values(joint=","))

    def document(self) -> bytes:
        """Return the METADATA or PKG-INFO file in UTF-8, with line feeds."""
        has_body = self.description is not None and _release(self.metadata_version) >= _BODY_SINCE
        headers = (
            _line(header, value)
            for header, value in self.fields()
            if not (has_body and header == "Description")
        )
        body = "\n" + _unix(self.description or "") if has_body else ""
        return ("".join(headers) + body).encode()

    def form_fields(self) -> tuple[tuple[str, str], ...]:
        """Return the fields of the legacy upload form; a field with several values is repeated.

        Source: the upload API documentation of the Python Package Index; twine 7 sends the same.
        """
        return tuple((name, value) for name, _, value in self._values(joint=", "))

    def _values(self, *, joint: str) -> list[tuple[str, str, str]]:
        """Return each value with its names in the form and in the document; `joint` separates keywords."""
        return [
            (each.name, each.metadata["header"], one)
            for each in fields(self)
            for one in _each_value(getattr(self, each.name), joint if each.name == "keywords" else None)
        ]


def _each_value(value: str | tuple[str, ...] | None, joint: str | None) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    return (joint.join(value),) if value and joint else value or ()


def _line(header: str, value: str) -> str:
    """Fold a header of several lines. Lines of a description are marked, which preserves empty ones.

    Source: Core metadata specifications, #description.
    """
    continued = _CONTINUED_DESCRIPTION if header == "Description" else _CONTINUED
    return f"{header}: {_unix(value).replace(chr(10), continued)}\n"


def _unix(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _release(metadata_version: str) -> tuple[int, ...]:
    """Return a metadata version as numbers; an invalid one counts as new."""
    parts = metadata_version.split(".")
    return tuple(map(int, parts)) if all(part.isdecimal() for part in parts) else _BODY_SINCE
