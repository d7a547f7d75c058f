"""A flavour at other URLs, such as those of a product that a client expects."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import unquote

from reference_server.flavours.flavour import REPOSITORY

if TYPE_CHECKING:
    from reference_server.flavours.flavour import Flavour

NEW = r"\g<rest>"


def moved(flavour: Flavour, *, upload: str = "", index: str = "") -> Flavour:
    """Return a flavour with another path for uploads, or for its index with the files; empty texts change nothing.

    The index is one folder below its files and provenance objects. All other URLs stay as well. Raises `ValueError`
    for a path that clients do not send as it is.
    """
    layout = flavour.layout
    routes = list(layout.routes)
    if upload:
        path = _absolute(upload)
        layout = replace(layout, upload=path)
        routes.insert(0, (f"{re.escape(path.rstrip('/'))}/?", REPOSITORY))
    if index:
        path = _absolute(index).rstrip("/")
        above = path.rpartition("/")[0]
        layout = replace(layout, index=f"{path}/", repository=f"{above}/")
        routes = [
            (f"{re.escape(path)}(?P<rest>/.*)?", f"{REPOSITORY}/simple{NEW}"),
            (f"{re.escape(above)}/(?P<rest>(?:files|integrity)/.*)", f"{REPOSITORY}/{NEW}"),
            *routes,
        ]
    return replace(flavour, layout=replace(layout, routes=tuple(routes)))


def _absolute(path: str) -> str:
    if {".", ".."} & set(unquote(path).split("/")):
        raise ValueError(f"{path!r} has a segment . or .., which clients remove")
    return "/" + path.lstrip("/")
