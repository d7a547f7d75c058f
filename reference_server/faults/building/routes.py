"""Routes, in the groups that faults apply to."""

from __future__ import annotations

PAGES = frozenset({"root_page", "project_page"})
FILES = frozenset({"file", "metadata_file"})
READING = PAGES | FILES
