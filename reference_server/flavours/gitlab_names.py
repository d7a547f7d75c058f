"""Names, versions and paths as GitLab reads them.

Source: GitLab, `lib/gitlab/regex/packages.rb`, `lib/uploaded_file.rb`, `lib/gitlab/path_traversal.rb` and the scopes of
its model of packages.
"""

from __future__ import annotations

import re

from reference_server.model.grammar import VERSION_EXPRESSION

MAX_REQUIRES_PYTHON = 255
ELLIPSIS = "..."

_NAME = re.compile(
    r"\A@?(?>(([\w.+-]*)/)*([\w.-]+))@?(?>(([\w.+-]*)/)*([\w.-]*))\Z",
    re.ASCII,
)
# Ruby's case folding: Python knows the Kelvin sign and the long s, and does not fold ligatures; Ruby has no dotless i.
_LIGATURES = "(po(?:st|[\ufb05\ufb06])|"
_VERSION = re.compile(
    r"(?!.*[\u0130\u0131])" + VERSION_EXPRESSION.replace("(post|", _LIGATURES), re.VERBOSE | re.IGNORECASE
)
_TRAVERSAL = re.compile(r"\A\.{1,2}\Z|\A\.\.[/\\]|[/\\]\.\.\Z|[/\\]\.\.[/\\]|\n")
_UNUSUAL = re.compile(r"[^a-zA-Z0-9.+_-]")


def is_valid_name(name: str) -> bool:
    """Return whether GitLab takes this name: the expression is for packages of every kind, and allows folders."""
    return _NAME.match(name) is not None


def is_valid_version(version: str) -> bool:
    """Return whether GitLab takes this version. Letters are compared as Ruby does."""
    return _VERSION.match(version) is not None


def is_valid_path(path: str) -> bool:
    """Return whether a path in a URL stays in its folder."""
    return _TRAVERSAL.search(path) is None


def sanitized(filename: str) -> str:
    """Return the file name under which GitLab stores a file with this one."""
    base = filename.replace("\\", "/").rsplit("/", 1)[-1]
    usual = _UNUSUAL.sub("_", base)
    if usual and not usual.strip("."):
        usual = f"_{usual}"
    return usual or "unnamed"


def truncated(text: str, limit: int) -> str:
    """Return a text that ends with an ellipsis if it was longer than the limit in characters."""
    return text if len(text) <= limit else text[: limit - len(ELLIPSIS)] + ELLIPSIS
