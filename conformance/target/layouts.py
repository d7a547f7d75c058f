"""Where kinds of registries have their uploads, their index and their API: the table of layouts."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from conformance.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping

ANY_URL = r"https?://[^?#]+"
"""What a URL looks like in a layout without a pattern of its own."""

GITLAB = "gitlab-project"
INDEX = "index"
ANY = "root+simple"
"""A layout that takes any URL, with the most common places below it."""


class UnknownLayout(UserError):
    """No layout of that name ships with the suite."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no layout {name!r}", f"Choose one of: {', '.join(layouts())}.")


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Where one kind of registry has its uploads, index and APIs: templates over the groups of `pattern` and `url`.

    An empty `upload`, `api` or `json_api` has no address that the URL gives. `api` is GitLab's, `json_api` PyPI's.
    """

    name: str
    title: str
    example: str
    pattern: re.Pattern[str]
    index: str
    source: str
    upload: str = ""
    api: str = ""
    json_api: str = ""

    def fits(self, url: str) -> bool:
        """Tell whether a URL has the form of the layout."""
        return self.pattern.fullmatch(url) is not None

    def address(self, template: str, url: str) -> str:
        """Fill one of the templates; empty without a template, and for a URL of another form."""
        match = self.pattern.fullmatch(url)
        return template.format(url=url, **match.groupdict()) if match else ""


@cache
def layouts() -> Mapping[str, Layout]:
    """Return every layout by its name, the common ones first."""
    text = files("conformance.target").joinpath("layouts.toml").read_text(encoding="utf-8")
    return {
        name: Layout(**{**table, "name": name, "pattern": re.compile(table.get("pattern", ANY_URL))})
        for name, table in tomllib.loads(text).items()
    }


def layout(name: str) -> Layout:
    """Return a layout. Raises UnknownLayout."""
    if name not in layouts():
        raise UnknownLayout(name)
    return layouts()[name]
