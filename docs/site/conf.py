"""The settings of Sphinx for the site; `build.py` gives it a folder with every page.

Sphinx reads Markdown as GitHub and GitLab do (MyST), can turn every warning into an error, and with furo loads nothing
from outside. MkDocs has had no release since 2024, and zensical is not at 1.0.
"""

from __future__ import annotations

project = "pypi-registry-conformance"
copyright = "The pypi-registry-conformance developers"  # noqa: A001 - the name of Sphinx

extensions = ["myst_parser", "docs.site.linked_ids"]
myst_enable_extensions = ["fieldlist"]
myst_heading_anchors = 4

smartquotes = False  # they turn `--skip-existing` into a dash
html_theme = "furo"
html_title = project
html_static_path = ["static"]
html_css_files = ["site.css"]
html_copy_source = False
html_use_index = False
html_show_sphinx = False
html_theme_options = {"navigation_with_keys": True, "top_of_page_buttons": []}
pygments_style = "friendly"
pygments_dark_style = "github-dark"
