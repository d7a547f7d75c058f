"""Answers parsed into one model."""

from conformance.pages.html import read_project_page, read_root_page
from conformance.pages.model import FileLink, ProjectPage, RootPage

__all__ = ["FileLink", "ProjectPage", "RootPage", "read_project_page", "read_root_page"]
