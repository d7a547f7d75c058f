"""The templates of reports. Every value is escaped."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def render(template: str, *, beside: Path | None = None, **context: Any) -> str:
    """Fill in a template of this folder, or of another one whose templates extend these."""
    return _environment(beside).get_template(template).render(context)


@cache
def _environment(beside: Path | None) -> Environment:
    ours = PackageLoader("conformance.report")
    environment = Environment(
        loader=ChoiceLoader([ours, FileSystemLoader(beside)]) if beside else ours,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    functions: dict[str, Callable[..., str]] = {"inline": _inline, "digest": _digest}
    environment.globals |= functions
    environment.filters["prose"] = _prose
    return environment


def _inline(*names: str) -> Markup:
    """Return style sheets or scripts of this folder, to stand inside a page: our own text, not a registry's."""
    return Markup("".join(map(own, names)))  # noqa: S704


def _prose(text: str) -> Markup:
    """Return a text of ours, escaped, with what stands between backticks as code."""
    pieces = (escape(each) for each in text.split("`"))
    return Markup().join(
        Markup("<code>{}</code>").format(each) if number % 2 else each for number, each in enumerate(pieces)
    )


def _digest(*names: str) -> str:
    """Return the hash under which a content security policy lets what `_inline` returns pass (CSP 3)."""
    return "sha256-" + b64encode(hashlib.sha256(_inline(*names).encode()).digest()).decode()


@cache
def own(name: str) -> str:
    """Return a file of this folder."""
    return files(__name__).joinpath(name).read_text(encoding="utf-8")
