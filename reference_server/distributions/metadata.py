"""Core metadata as a document, and as the fields of an upload form."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Metadata:
    """What a distribution says about itself.

    `name` and `version` are written as given, also where they are not valid:
    a registry has to be shown the invalid ones too.
    Source: Core metadata specifications.
    """

    name: str
    version: str
    metadata_version: str = "2.1"
    summary: str | None = None
    requires_python: str | None = None
    requires_dist: tuple[str, ...] = ()

    def fields(self) -> tuple[tuple[str, str], ...]:
        """Return the fields in the specification's order, under their names in the document."""
        single = (
            ("Metadata-Version", self.metadata_version),
            ("Name", self.name),
            ("Version", self.version),
            ("Summary", self.summary),
            ("Requires-Python", self.requires_python),
        )
        present = tuple((key, value) for key, value in single if value is not None)
        return present + tuple(("Requires-Dist", value) for value in self.requires_dist)

    def document(self) -> bytes:
        """Return the METADATA or PKG-INFO file."""
        return "".join(f"{key}: {value}\n" for key, value in self.fields()).encode()

    def form_fields(self) -> tuple[tuple[str, str], ...]:
        """Return the fields as the legacy upload form names them: lower case, `-` as `_`."""
        return tuple((key.lower().replace("-", "_"), value) for key, value in self.fields())
