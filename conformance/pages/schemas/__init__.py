"""JSON Schemas (draft 2020-12) of the simple pages, for users of any language: one per page and API version.

They hold what the specification demands of a single page; what it recommends, and what has to agree with
files or other pages, is in the catalogue. A schema takes the pages of every later minor version.
Source: Simple repository API, JSON Serialization; PEP 691, 700, 714, 740 and 792.
"""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any, Literal

VERSIONS = ("1.0", "1.1", "1.3", "1.4")
"""The versions that changed JSON."""


def schema(page: Literal["root", "project"], version: str) -> dict[str, Any]:
    """Return the schema of the list of projects, or of a project's page, at one of `VERSIONS`."""
    text = files(__name__).joinpath(f"{page}-{version}.json").read_text(encoding="utf-8")
    document: dict[str, Any] = json.loads(text)
    return document
